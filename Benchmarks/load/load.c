// A paced gRPC client: a fixed number of calls per second however fast the server answers, and
// streams that are held open. h2load does neither for many different requests.
//
//   load calls PORT CONNECTIONS RATE SECONDS FILE
//   load streams PORT CONNECTIONS SECONDS FILE
//
// Each line of FILE is a request: the method of externalscaler.ExternalScaler, a blank, the message
// in hexadecimal without gRPC's prefix. `calls` takes them in turn, again and again. It prints JSON:
// calls, failures, and microseconds of latency from the moment that a call was written, and of the
// lateness of that moment itself. `streams` opens every line once, prints `open` when the server has
// read all requests, and one line for each message: the number of its line in FILE, from 0, and its
// arrival in microseconds since 1970.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "grpc.h"
#include "latencies.h"

enum { read_size = 256 * 1024, line_size = 8192, max_events = 64, window_size = 1 << 30 };

typedef struct {
  char path[96];
  // The prefixed message.
  uint8_t *body;
  size_t body_length;
} request;

typedef struct {
  const request *what;
  grpc_body body;
  int64_t written_at;
  int64_t lateness;
  int messages;
  int status;
} call;

typedef struct {
  int socket;
  nghttp2_session *session;
  // What the socket did not take.
  uint8_t *unsent;
  size_t unsent_length, unsent_capacity;
  // Requests of `streams` that are not sent yet.
  size_t unopened;
} connection;

static request *requests;
static size_t request_count;
static connection *connections;
static int connection_count;
static int holding_streams;

static latencies waits, latenesses;
static size_t started, finished, failed;
static int connections_open;

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count > 0 ? count : 1, size);
  if (memory == NULL) fail("memory");
  return memory;
}

// Microseconds of a clock.
static int64_t now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

// --- Requests

static void read_requests(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) fail(path);
  static char line[line_size];
  size_t capacity = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    if (request_count == capacity) {
      capacity = capacity > 0 ? 2 * capacity : 1024;
      requests = realloc(requests, capacity * sizeof *requests);
      if (requests == NULL) fail("memory");
    }
    request *self = &requests[request_count++];
    const char *method = strtok(line, " \n");
    const char *message = strtok(NULL, " \n");
    if (method == NULL) exit(2);
    const size_t length = message != NULL ? strlen(message) / 2 : 0;
    snprintf(self->path, sizeof self->path, "/externalscaler.ExternalScaler/%s", method);
    self->body = allocate(5 + length, 1);
    self->body_length = 5 + length;
    self->body[3] = (uint8_t)(length >> 8);
    self->body[4] = (uint8_t)length;
    for (size_t index = 0; index < length; index++) {
      unsigned byte = 0;
      sscanf(message + 2 * index, "%2x", &byte);
      self->body[5 + index] = (uint8_t)byte;
    }
  }
  fclose(file);
  if (request_count == 0) {
    fprintf(stderr, "load: %s holds no request\n", path);
    exit(2);
  }
}

static void submit(connection *self, const request *what, int64_t lateness) {
  call *made = allocate(1, sizeof *made);
  made->what = what;
  made->status = -1;
  made->lateness = lateness;
  made->written_at = now(CLOCK_MONOTONIC);
  made->body = (grpc_body){.bytes = what->body, .length = what->body_length};
  if (grpc_submit(self->session, what->path, "localhost:50051", &made->body, made) < 0) {
    fprintf(stderr, "load: the request was refused\n");
    exit(1);
  }
  started++;
}

// --- Answers

static int header_received(nghttp2_session *session, const nghttp2_frame *frame,
                           const uint8_t *name, size_t name_length, const uint8_t *value,
                           size_t value_length, uint8_t flags, void *context) {
  (void)flags;
  (void)context;
  call *self = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (self != NULL) grpc_read_status(name, name_length, value, value_length, &self->status);
  return 0;
}

static int frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
  (void)context;
  const int answered =
      frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
  if (answered && ++connections_open == connection_count) {
    printf("open\n");
    fflush(stdout);
  }
  if (frame->hd.type != NGHTTP2_DATA) return 0;
  call *self = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (self == NULL) return 0;
  // The messages are small: each comes in one frame of its own.
  self->messages++;
  if (holding_streams)
    printf("%td %lld\n", self->what - requests, (long long)now(CLOCK_REALTIME));
  return 0;
}

// A server says nothing on a stream that is inactive. It answers a PING when it has read what was
// sent before.
static int frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
  connection *self = context;
  if (holding_streams && frame->hd.type == NGHTTP2_DATA &&
      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && --self->unopened == 0)
    nghttp2_submit_ping(session, NGHTTP2_FLAG_NONE, NULL);
  return 0;
}

static int stream_closed(nghttp2_session *session, int32_t stream, uint32_t code, void *context) {
  (void)context;
  call *self = nghttp2_session_get_stream_user_data(session, stream);
  if (self == NULL) return 0;
  finished++;
  if (code != 0 || self->status != 0 || self->messages != 1) {
    failed++;
  } else if (!holding_streams) {
    latencies_add(&waits, now(CLOCK_MONOTONIC) - self->written_at);
    latencies_add(&latenesses, self->lateness);
  }
  free(self);
  return 0;
}

// --- Connections

static void keep_unsent(connection *self, const uint8_t *bytes, size_t length) {
  if (self->unsent_length + length > self->unsent_capacity) {
    self->unsent_capacity = 2 * (self->unsent_length + length);
    self->unsent = realloc(self->unsent, self->unsent_capacity);
    if (self->unsent == NULL) fail("memory");
  }
  memcpy(self->unsent + self->unsent_length, bytes, length);
  self->unsent_length += length;
}

static void flush(connection *self) {
  const uint8_t *bytes;
  ssize_t length;
  while ((length = nghttp2_session_mem_send(self->session, &bytes)) > 0)
    keep_unsent(self, bytes, (size_t)length);
  if (self->unsent_length == 0) return;
  const ssize_t sent = write(self->socket, self->unsent, self->unsent_length);
  if (sent < 0 && errno != EAGAIN) fail("write");
  if (sent > 0) {
    self->unsent_length -= (size_t)sent;
    memmove(self->unsent, self->unsent + sent, self->unsent_length);
  }
}

static void receive(connection *self) {
  static uint8_t buffer[read_size];
  for (;;) {
    const ssize_t length = read(self->socket, buffer, sizeof buffer);
    if (length < 0 && errno == EAGAIN) break;
    if (length < 0) fail("read");
    if (length == 0) {
      fprintf(stderr, "load: the server closed a connection\n");
      exit(1);
    }
    if (nghttp2_session_mem_recv(self->session, buffer, (size_t)length) != length) {
      fprintf(stderr, "load: the server broke HTTP/2\n");
      exit(1);
    }
    if ((size_t)length < sizeof buffer) break;
  }
  flush(self);
}

static void connect_all(int poll, int port, nghttp2_session_callbacks *callbacks) {
  const struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)port),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int index = 0; index < connection_count; index++) {
    connection *self = &connections[index];
    self->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (self->socket < 0 ||
        connect(self->socket, (const struct sockaddr *)&address, sizeof address) != 0)
      fail("connect");
    const int yes = 1;
    setsockopt(self->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(self->socket, F_SETFL, O_NONBLOCK);
    if (nghttp2_session_client_new(&self->session, callbacks, self) != 0) fail("session");
    nghttp2_submit_settings(self->session, NGHTTP2_FLAG_NONE, NULL, 0);
    nghttp2_session_set_local_window_size(self->session, NGHTTP2_FLAG_NONE, 0, window_size);
    // Writability wakes the loop only when it returns: unsent bytes then go out.
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = self};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, self->socket, &event) != 0) fail("epoll");
    flush(self);
  }
}

// Waits until the time or an event, whichever comes first, and handles the events.
static void wait_until(int poll, int timer, int64_t when) {
  const int64_t left = when - now(CLOCK_MONOTONIC);
  int timeout = 0;
  if (left > 0) {
    const struct itimerspec once = {
        .it_value = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000}};
    timerfd_settime(timer, 0, &once, NULL);
    timeout = -1;
  }
  struct epoll_event events[max_events];
  const int count = epoll_wait(poll, events, max_events, timeout);
  for (int index = 0; index < count; index++) {
    connection *self = events[index].data.ptr;
    uint64_t expirations;
    if (self == NULL) {
      if (read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) fail("timer");
    } else {
      receive(self);
    }
  }
}

static void make_calls(int poll, int timer, double rate, double seconds) {
  const size_t total = (size_t)(rate * seconds);
  const int64_t begin = now(CLOCK_MONOTONIC) + 100000;
  // Answers may take up to five seconds longer than the load itself.
  const int64_t end = begin + (int64_t)((seconds + 5) * 1e6);
  while (finished < total && now(CLOCK_MONOTONIC) < end) {
    int64_t due = end;
    while (started < total) {
      due = begin + (int64_t)((double)started / rate * 1e6);
      const int64_t late = now(CLOCK_MONOTONIC) - due;
      if (late < 0) break;
      connection *self = &connections[started % (size_t)connection_count];
      submit(self, &requests[started % request_count], late);
      flush(self);
    }
    wait_until(poll, timer, started < total ? due : end);
  }
  const size_t unanswered = total - finished;
  latencies_sort(&waits);
  latencies_sort(&latenesses);
  printf("{\"calls\": %zu, \"failed\": %zu, \"p50\": %u, \"p99\": %u, \"max\": %u, "
         "\"late_p50\": %u, \"late_p99\": %u}\n",
         total, failed + unanswered, latencies_percentile(&waits, 0.5), latencies_percentile(&waits, 0.99),
         latencies_percentile(&waits, 1), latencies_percentile(&latenesses, 0.5),
         latencies_percentile(&latenesses, 0.99));
}

static void hold_streams(int poll, int timer, double seconds) {
  holding_streams = 1;
  const int64_t end = now(CLOCK_MONOTONIC) + (int64_t)(seconds * 1e6);
  for (size_t index = 0; index < request_count; index++) {
    connection *self = &connections[index % (size_t)connection_count];
    self->unopened++;
    submit(self, &requests[index], 0);
  }
  for (int index = 0; index < connection_count; index++) flush(&connections[index]);
  while (now(CLOCK_MONOTONIC) < end) {
    wait_until(poll, timer, end);
    if (finished > 0) {
      fprintf(stderr, "load: the server ended a stream\n");
      exit(1);
    }
  }
}

int main(int count, char **arguments) {
  const int calls = count == 7 && strcmp(arguments[1], "calls") == 0;
  if (!calls && !(count == 6 && strcmp(arguments[1], "streams") == 0)) {
    fputs("usage: load calls PORT CONNECTIONS RATE SECONDS FILE\n"
          "       load streams PORT CONNECTIONS SECONDS FILE\n", stderr);
    return 2;
  }
  // Sleeps end when they should, not 50 µs later.
  prctl(PR_SET_TIMERSLACK, 1);
  connection_count = atoi(arguments[3]);
  if (connection_count < 1) return 2;
  connections = allocate((size_t)connection_count, sizeof *connections);
  read_requests(arguments[count - 1]);

  nghttp2_session_callbacks *callbacks;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, header_received);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);

  const int poll = epoll_create1(EPOLL_CLOEXEC);
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (poll < 0 || timer < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, timer, &event) != 0) fail("epoll");
  connect_all(poll, atoi(arguments[2]), callbacks);
  if (calls)
    make_calls(poll, timer, atof(arguments[4]), atof(arguments[5]));
  else
    hold_streams(poll, timer, atof(arguments[4]));
  return failed > 0;
}
