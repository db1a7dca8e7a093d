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
#include <arpa/inet.h>
#include <nghttp2/nghttp2.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
  watching_connections = 5,
  pacing = 5,
  longest_call = 5000000,
  told_failures = 50,
  kept_bytes = 96
};

typedef enum { is_active, get_metric_spec, get_metrics, stream_is_active } method;
static const char *const paths[] = {
    "/externalscaler.ExternalScaler/IsActive",
    "/externalscaler.ExternalScaler/GetMetricSpec",
    "/externalscaler.ExternalScaler/GetMetrics",
    "/externalscaler.ExternalScaler/StreamIsActive",
};

typedef struct call call;

typedef struct connection {
  struct connection *next;
  uv_tcp_t socket;
  uv_connect_t connecting;
  nghttp2_session *session;
  // Those that are open.
  call *calls;
  int is_connected;
  // Takes no more calls: it was exchanged, or the server said GOAWAY.
  int is_leaving;
  // Somebody who goes in the middle; nothing of it counts.
  int is_rude;
  int is_closing;
  // Which of `watching` it is or was; -1 for the others.
  int watcher;
} connection;

struct call {
  call *previous, *next;
  connection *on;
  method method;
  int object;
  int64_t written_at;
  int status;
  int has_failed;
  int messages;
  uint8_t body[256];
  size_t body_length, body_sent;
  uint8_t answer[kept_bytes];
  size_t answer_length;
};

static uv_loop_t *loop;
static struct sockaddr_in address;
static nghttp2_session_callbacks *callbacks;
static int object_count, stream_count;
static double interval;
static connection *polling, *watching[watching_connections];
// All that are not freed.
static connection *connections;
static int64_t began;
static uint64_t polls_started;
static int told;

// Since the last report.
static uint32_t *latencies;
static size_t latency_capacity, calls_done;
static unsigned failed, retried, messages, connects;
static unsigned streams_open;

static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (memory == NULL) {
    fprintf(stderr, "keda: no memory\n");
    exit(2);
  }
  return memory;
}

static int64_t now(void) { return (int64_t)(uv_hrtime() / 1000); }

static void fail(call *self, const char *why) {
  if (self->has_failed) return;
  self->has_failed = 1;
  failed++;
  if (told++ < told_failures)
    fprintf(stderr, "keda: %.1f s: %s of object %d: %s (status %d)\n", (double)(now() - began) / 1e6,
            strrchr(paths[self->method], '/') + 1, self->object, why, self->status);
}

// --- Messages

static size_t field(uint8_t *to, int number, const void *bytes, size_t length) {
  to[0] = (uint8_t)(number << 3 | 2);
  to[1] = (uint8_t)length;
  memcpy(to + 2, bytes, length);
  return 2 + length;
}

static size_t entry(uint8_t *to, const char *key, const char *value) {
  uint8_t pair[100];
  size_t length = field(pair, 1, key, strlen(key));
  length += field(pair + length, 2, value, strlen(value));
  return field(to, 3, pair, length);
}

// A gRPC message of a ScaledObjectRef or a GetMetricsRequest. Every length fits into one byte.
static void encode(call *self) {
  uint8_t reference[200];
  char name[32];
  snprintf(name, sizeof name, "workload-%06d", self->object);
  size_t length = field(reference, 1, name, strlen(name));
  length += field(reference + length, 2, "default", 7);
  length += entry(reference + length, "scalerAddress", "headstart:50051");
  length += entry(reference + length, "workload", name);
  uint8_t *to = self->body + 5;
  if (self->method == get_metrics) {
    size_t size = field(to, 1, reference, length);
    length = size + field(to + size, 2, "desired_replicas", 16);
  } else {
    memcpy(to, reference, length);
  }
  self->body[4] = (uint8_t)length;
  self->body_length = 5 + length;
}

// What is wrong with an answer; NULL when it is well.
static const char *problem(const call *self) {
  if (self->status != 0) return "not OK";
  if (self->messages != 1) return "not one message";
  if (self->method == is_active &&
      (self->answer_length != 7 || memcmp(self->answer + 5, "\x08\x01", 2) != 0))
    return "not active";
  if (self->method == get_metrics) {
    // The prefix, the field of the list, the name and then the value.
    const size_t at = 5 + 2 + 2 + 16;
    if (self->answer_length < at + 2 || self->answer[at] != 0x10 || self->answer[at + 1] == 0)
      return "zero";
  }
  return NULL;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t length,
                         uint32_t *flags, nghttp2_data_source *source, void *context) {
  (void)session;
  (void)stream;
  (void)context;
  call *self = source->ptr;
  size_t part = self->body_length - self->body_sent;
  if (part > length) part = length;
  memcpy(buffer, self->body + self->body_sent, part);
  self->body_sent += part;
  if (self->body_sent == self->body_length) *flags = NGHTTP2_DATA_FLAG_EOF;
  return (ssize_t)part;
}

// --- Connections

static connection *open_connection(int watcher, int is_rude);

static void closed(uv_handle_t *handle) {
  connection *self = handle->data;
  connection **place = &connections;
  while (*place != self) place = &(*place)->next;
  *place = self->next;
  nghttp2_session_del(self->session);
  for (call *next, *each = self->calls; each != NULL; each = next) {
    next = each->next;
    free(each);
  }
  free(self);
}

static void unlink_call(call *self) {
  if (self->previous != NULL)
    self->previous->next = self->next;
  else
    self->on->calls = self->next;
  if (self->next != NULL) self->next->previous = self->previous;
}

static void close_connection(connection *self) {
  if (self->is_closing) return;
  self->is_closing = 1;
  if (!self->is_rude || uv_tcp_close_reset(&self->socket, closed) != 0)
    uv_close((uv_handle_t *)&self->socket, closed);
}

static void written(uv_write_t *request, int status) {
  (void)status;
  free(request);
}

// Never from within a callback of nghttp2, which does not stand that.
static void flush(connection *self) {
  if (!self->is_connected || self->is_closing) return;
  const uint8_t *bytes;
  ssize_t length;
  while ((length = nghttp2_session_mem_send(self->session, &bytes)) > 0) {
    uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)length);
    ssize_t sent = uv_try_write((uv_stream_t *)&self->socket, &buffer, 1);
    if (sent < 0) sent = 0;
    if (sent == length) continue;
    uv_write_t *request = allocate(1, sizeof *request + (size_t)(length - sent));
    buffer = uv_buf_init((char *)(request + 1), (unsigned)(length - sent));
    memcpy(buffer.base, bytes + sent, buffer.len);
    if (uv_write(request, (uv_stream_t *)&self->socket, &buffer, 1, written) != 0) free(request);
  }
  if (self->is_leaving && self->calls == NULL) close_connection(self);
}

static void flush_all(uv_prepare_t *prepare) {
  (void)prepare;
  for (connection *each = connections; each != NULL; each = each->next) flush(each);
}

#define FIELD(name, value, length)                                                             \
  {                                                                                            \
    (uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, length,                           \
        NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE                           \
  }

static void begin(connection *on, method method, int object) {
  call *self = allocate(1, sizeof *self);
  self->on = on;
  self->method = method;
  self->object = object;
  self->status = -1;
  self->written_at = now();
  encode(self);
  const nghttp2_nv headers[] = {
      FIELD(":method", "POST", 4),
      FIELD(":scheme", "http", 4),
      FIELD(":path", paths[method], strlen(paths[method])),
      FIELD(":authority", "headstart:50051", 15),
      FIELD("content-type", "application/grpc", 16),
      FIELD("user-agent", "grpc-go/1.75.1", 14),
      FIELD("te", "trailers", 8),
  };
  const nghttp2_data_provider provider = {.source.ptr = self, .read_callback = read_body};
  if (nghttp2_submit_request(on->session, NULL, headers, sizeof headers / sizeof *headers, &provider,
                             self) < 0) {
    fail(self, "could not be sent");
    free(self);
    return;
  }
  self->next = on->calls;
  if (on->calls != NULL) on->calls->previous = self;
  on->calls = self;
}

// The connection for further calls in place of one that takes no more.
static connection *current(connection *self) {
  return self->watcher < 0 ? polling : watching[self->watcher];
}

static void leave(connection *self) {
  if (self->is_leaving) return;
  self->is_leaving = 1;
  if (self->is_rude) return;
  if (self->watcher < 0)
    polling = open_connection(-1, 0);
  else
    watching[self->watcher] = open_connection(self->watcher, 0);
}

// --- Answers

static int header_received(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                           size_t name_length, const uint8_t *value, size_t value_length,
                           uint8_t flags, void *context) {
  (void)flags;
  (void)context;
  call *self = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (self != NULL && name_length == 11 && memcmp(name, "grpc-status", 11) == 0)
    self->status = value_length == 1 ? value[0] - '0' : 99;
  return 0;
}

static int data_received(nghttp2_session *session, uint8_t flags, int32_t stream,
                         const uint8_t *bytes, size_t length, void *context) {
  (void)flags;
  (void)context;
  call *self = nghttp2_session_get_stream_user_data(session, stream);
  if (self == NULL) return 0;
  if (length > kept_bytes - self->answer_length) length = kept_bytes - self->answer_length;
  memcpy(self->answer + self->answer_length, bytes, length);
  self->answer_length += length;
  return 0;
}

static int frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
  connection *on = context;
  if (frame->hd.type == NGHTTP2_GOAWAY) leave(on);
  if (frame->hd.type != NGHTTP2_DATA || frame->hd.length == 0) return 0;
  call *self = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (self == NULL) return 0;
  // The messages are small: each comes in one frame of its own.
  self->messages++;
  if (self->method != stream_is_active || on->is_rude) return 0;
  messages++;
  if (self->messages == 1) streams_open++;
  if (self->answer_length != 7 || self->answer[6] != 1) fail(self, "not active");
  self->answer_length = 0;
  return 0;
}

static void ended(call *self, uint32_t code) {
  connection *on = self->on;
  unlink_call(self);
  if (self->method == stream_is_active && self->messages > 0 && !on->is_rude) streams_open--;
  if (on->is_rude) {
    // Nothing of it counts.
  } else if (code == NGHTTP2_REFUSED_STREAM && on->is_leaving) {
    retried++;
    begin(current(on), self->method, self->object);
  } else if (self->method == stream_is_active) {
    // The server ends streams in order before it leaves, and never without leaving.
    if (self->status != 0 || code != 0 || !on->is_leaving) fail(self, "the stream ended");
    begin(current(on), self->method, self->object);
  } else {
    const char *wrong = code != 0 ? "reset" : problem(self);
    if (now() - self->written_at > longest_call) wrong = "too late";
    if (wrong != NULL) {
      fail(self, wrong);
    } else {
      if (calls_done == latency_capacity) {
        latency_capacity = latency_capacity > 0 ? 2 * latency_capacity : 1 << 14;
        latencies = realloc(latencies, latency_capacity * sizeof *latencies);
        if (latencies == NULL) exit(2);
      }
      latencies[calls_done++] = (uint32_t)(now() - self->written_at);
    }
    if (self->method != get_metrics) begin(current(on), self->method + 1, self->object);
  }
  free(self);
}

static int stream_closed(nghttp2_session *session, int32_t stream, uint32_t code, void *context) {
  (void)context;
  call *self = nghttp2_session_get_stream_user_data(session, stream);
  if (self != NULL) ended(self, code);
  return 0;
}

// The server, or the way to it, has gone.
static void lost(connection *self, const char *why) {
  if (self->is_closing) return;
  leave(self);
  call *next;
  for (call *each = self->calls; each != NULL; each = next) {
    next = each->next;
    if (!self->is_rude) fail(each, why);
    ended(each, NGHTTP2_CANCEL);
  }
  close_connection(self);
}

static void take_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buffer) {
  (void)handle;
  (void)size;
  static char bytes[65536];
  *buffer = uv_buf_init(bytes, sizeof bytes);
}

static void received(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer) {
  connection *self = stream->data;
  if (self->is_closing || length == 0) return;
  if (length < 0) {
    lost(self, "the connection ended");
    return;
  }
  if (nghttp2_session_mem_recv(self->session, (const uint8_t *)buffer->base, (size_t)length) !=
      length) {
    lost(self, "the server broke HTTP/2");
    return;
  }
  if (self->is_rude) close_connection(self);
}

static void connected(uv_connect_t *request, int status) {
  connection *self = request->data;
  if (status != 0) {
    if (self->is_closing) return;
    fprintf(stderr, "keda: the server takes no connection: %s\n", uv_strerror(status));
    exit(1);
  }
  self->is_connected = 1;
  uv_tcp_nodelay(&self->socket, 1);
  uv_read_start((uv_stream_t *)&self->socket, take_buffer, received);
}

static connection *open_connection(int watcher, int is_rude) {
  connection *self = allocate(1, sizeof *self);
  self->next = connections;
  connections = self;
  self->watcher = watcher;
  self->is_rude = is_rude;
  if (!is_rude) connects++;
  nghttp2_session_client_new(&self->session, callbacks, self);
  nghttp2_submit_settings(self->session, NGHTTP2_FLAG_NONE, NULL, 0);
  uv_tcp_init(loop, &self->socket);
  self->socket.data = self;
  self->connecting.data = self;
  if (uv_tcp_connect(&self->connecting, &self->socket, (const struct sockaddr *)&address,
                     connected) != 0) {
    fprintf(stderr, "keda: cannot connect\n");
    exit(2);
  }
  return self;
}

// --- Time

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
  old->is_leaving = 1;
  call *next;
  for (call *each = old->calls; each != NULL; each = next) {
    next = each->next;
    each->status = 0;
    ended(each, 0);
  }
  close_connection(old);
  turn++;
}

static void be_rude(uv_timer_t *timer) {
  (void)timer;
  connection *self = open_connection(-1, 1);
  // It goes with the first bytes that come.
  for (int index = 0; index < 60; index++)
    begin(self, (method)(index % 4), index * 37 % object_count);
}

static int by_value(const void *left, const void *right) {
  const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static uint32_t percentile(double share) {
  if (calls_done == 0) return 0;
  const size_t index = (size_t)((double)calls_done * share);
  return latencies[index < calls_done ? index : calls_done - 1];
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
  qsort(latencies, calls_done, sizeof *latencies, by_value);
  printf("{\"calls\": %zu, \"failed\": %u, \"retried\": %u, \"p50\": %u, \"p99\": %u, \"max\": %u, "
         "\"streams\": %u, \"messages\": %u, \"connections\": %u}\n",
         calls_done, failed, retried, percentile(0.5), percentile(0.99), percentile(1), streams_open,
         messages, connects);
  fflush(stdout);
  calls_done = 0;
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
  loop = uv_default_loop();
  uv_ip4_addr("127.0.0.1", atoi(arguments[1]), &address);
  object_count = atoi(arguments[2]);
  interval = atof(arguments[3]);
  stream_count = atoi(arguments[4]);
  if (object_count < 1 || interval <= 0 || stream_count < 0) return 2;

  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, header_received);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_received);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);

  began = now();
  polling = open_connection(-1, 0);
  for (int index = 0; index < watching_connections; index++)
    watching[index] = open_connection(index, 0);
  for (int index = 0; index < stream_count; index++)
    begin(watching[index % watching_connections], stream_is_active, index % object_count);
  uv_prepare_t before_waiting;
  uv_prepare_init(loop, &before_waiting);
  uv_prepare_start(&before_waiting, flush_all);
  every(0, pacing / 1000.0, poll_due);
  every(60, 60, exchange);
  every(10, 10, be_rude);
  every(atof(arguments[5]), atof(arguments[5]), report);
  every(atof(arguments[6]), 0, end);
  uv_run(loop, UV_RUN_DEFAULT);
  return 0;
}
