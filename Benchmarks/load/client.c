#include "client.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { told_failures = 50 };

uv_loop_t *loop;
connection *polling, *watching[watching_connections];
int64_t began;
unsigned streams_open;
latencies done;
unsigned failed, retried, messages, connects;

static struct sockaddr_in address;
static nghttp2_session_callbacks *callbacks;
static uv_prepare_t before_waiting;
// All that are not freed.
static connection *connections;
static int told;

void *allocate(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (memory == NULL) {
    fprintf(stderr, "keda: no memory\n");
    exit(2);
  }
  return memory;
}

int64_t now(void) { return (int64_t)(uv_hrtime() / 1000); }

void fail(call *self, const char *why) {
  if (self->has_failed) return;
  self->has_failed = 1;
  failed++;
  if (told++ < told_failures)
    fprintf(stderr, "keda: %.1f s: %s of object %d: %s (status %d)\n", (double)(now() - began) / 1e6,
            strrchr(method_paths[self->method], '/') + 1, self->object, why, self->status);
}

// What is wrong with an answer; NULL when it is well.
static const char *problem(const call *self) {
  if (self->status != 0) return "not OK";
  if (self->messages != 1) return "not one message";
  return answer_problem(self->method, self->answer, self->answer_length);
}

// --- Connections

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

void begin(connection *on, method method, int object) {
  call *self = allocate(1, sizeof *self);
  self->on = on;
  self->method = method;
  self->object = object;
  self->status = -1;
  self->written_at = now();
  self->body = (grpc_body){.bytes = self->request,
                           .length = encode_request(self->request, method, object)};
  if (grpc_submit(on->session, method_paths[method], "headstart:50051", &self->body, self) < 0) {
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

void leave(connection *self) {
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
  if (self != NULL) grpc_read_status(name, name_length, value, value_length, &self->status);
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
  const char *wrong = answer_problem(self->method, self->answer, self->answer_length);
  if (wrong != NULL) fail(self, wrong);
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
    if (wrong != NULL)
      fail(self, wrong);
    else
      latencies_add(&done, now() - self->written_at);
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

connection *open_connection(int watcher, int is_rude) {
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

void abandon(connection *self) {
  self->is_leaving = 1;
  call *next;
  for (call *each = self->calls; each != NULL; each = next) {
    next = each->next;
    each->status = 0;
    ended(each, 0);
  }
  close_connection(self);
}

void start_client(int port) {
  loop = uv_default_loop();
  uv_ip4_addr("127.0.0.1", port, &address);
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, header_received);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_received);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
  began = now();
  uv_prepare_init(loop, &before_waiting);
  uv_prepare_start(&before_waiting, flush_all);
}
