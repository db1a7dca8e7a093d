// KEDA as Headstart sees it, for scripts/soak: a client that stays for hours.
//
//   keda PORT OBJECTS INTERVAL STREAMS REPORT SECONDS
//
// OBJECTS ScaledObjects are polled every INTERVAL seconds over one connection, spread evenly, each
// with KEDA's calls one after the other: IsActive, GetMetricSpec, GetMetrics. STREAMS of them are
// watched by StreamIsActive, on five connections. Every minute the connection of the polls and one
// of the streams are exchanged, as when KEDA restarts; every ten seconds somebody connects, calls,
// and resets the connection in the middle. What the server ends in order (GOAWAY, streams with OK,
// REFUSED_STREAM) is taken up again on a new connection, as gRPC does it.
//
// Every REPORT seconds a line of JSON: calls, failed, retried; p50, p99 and max in microseconds; the
// streams that are open, their messages, and the connections that were opened. A call fails when its
// status is not OK, when it takes more than five seconds, or when its answer is inactive or zero,
// which no ScaledObject of the soak ever is. The first failures are told on standard error.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"

// Milliseconds between two looks at what is due.
enum { pacing = 5 };

static int object_count, stream_count;
static double interval;
static uint64_t polls_started;

static void poll_due(uv_timer_t *timer) {
  (void)timer;
  const double elapsed = (double)(now() - began) / 1e6;
  const uint64_t due = (uint64_t)(elapsed * object_count / interval);
  for (; polls_started < due; polls_started++)
    begin(polling, is_active, (int)(polls_started % (uint64_t)object_count));
}

static void exchange(uv_timer_t *timer) {
  static int turn;
  (void)timer;
  leave(polling);
  // A client that goes takes its streams with it.
  connection *old = watching[turn % watching_connections];
  watching[turn % watching_connections] = open_connection(turn % watching_connections, 0);
  abandon(old);
  turn++;
}

static void be_rude(uv_timer_t *timer) {
  (void)timer;
  connection *self = open_connection(-1, 1);
  // It goes with the first bytes that come.
  for (int index = 0; index < 60; index++)
    begin(self, (method)(index % 4), index * 37 % object_count);
}

static void find_late(connection *self) {
  for (call *each = self->calls; each != NULL; each = each->next) {
    const int is_open = each->method == stream_is_active && each->messages > 0;
    if (!is_open && now() - each->written_at > longest_call) fail(each, "no answer in time");
  }
}

static void report(uv_timer_t *timer) {
  (void)timer;
  find_late(polling);
  for (int index = 0; index < watching_connections; index++) find_late(watching[index]);
  latencies_sort(&done);
  printf("{\"calls\": %zu, \"failed\": %u, \"retried\": %u, \"p50\": %u, \"p99\": %u, \"max\": %u, "
         "\"streams\": %u, \"messages\": %u, \"connections\": %u}\n",
         done.count, failed, retried, latencies_percentile(&done, 0.5), latencies_percentile(&done, 0.99),
         latencies_percentile(&done, 1), streams_open, messages, connects);
  fflush(stdout);
  done.count = 0;
  failed = retried = messages = connects = 0;
}

static void end(uv_timer_t *timer) {
  report(timer);
  exit(0);
}

static void every(double first, double repeat, uv_timer_cb callback) {
  uv_timer_t *timer = allocate(1, sizeof *timer);
  uv_timer_init(loop, timer);
  uv_timer_start(timer, callback, (uint64_t)(first * 1000), (uint64_t)(repeat * 1000));
}

int main(int count, char **arguments) {
  if (count != 7) {
    fprintf(stderr, "usage: keda PORT OBJECTS INTERVAL STREAMS REPORT SECONDS\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  object_count = atoi(arguments[2]);
  interval = atof(arguments[3]);
  stream_count = atoi(arguments[4]);
  if (object_count < 1 || interval <= 0 || stream_count < 0) return 2;

  start_client(atoi(arguments[1]));
  polling = open_connection(-1, 0);
  for (int index = 0; index < watching_connections; index++)
    watching[index] = open_connection(index, 0);
  for (int index = 0; index < stream_count; index++)
    begin(watching[index % watching_connections], stream_is_active, index % object_count);
  every(0, pacing / 1000.0, poll_due);
  every(60, 60, exchange);
  every(10, 10, be_rude);
  every(atof(arguments[5]), atof(arguments[5]), report);
  every(atof(arguments[6]), 0, end);
  uv_run(loop, UV_RUN_DEFAULT);
  return 0;
}
