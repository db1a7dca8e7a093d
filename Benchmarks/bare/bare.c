// The limit: what nghttp2 and libuv alone can do on one thread.
//
//   bare PORT MESSAGE
//
// Answers every request on 127.0.0.1:PORT (HTTP/2 without TLS) with the same gRPC response: headers,
// one message, trailers. MESSAGE is that message in hexadecimal, without gRPC's prefix. Nothing of
// the request is looked at. One read buffer, one write per batch that was read, header blocks that
// nghttp2 need not copy.
#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum {
  read_size = 256 * 1024,
  write_size = 256 * 1024,
  max_message = 1024,
  prefix_size = 5,
  window_size = 1 << 30,
};

typedef struct {
  uv_tcp_t tcp;
  nghttp2_session *session;
  // Bytes are waiting for the socket; nothing more is taken from the session before they are gone.
  int blocked;
  int closing;
} connection;

typedef struct {
  uv_write_t request;
  connection *owner;
  char bytes[];
} pending_write;

// Shared by all connections: there is one thread, and no callback leaves anything in them.
static char read_buffer[read_size];
static char write_buffer[write_size];
static uint8_t answer[prefix_size + max_message];
static size_t answer_length;

static nghttp2_session_callbacks *callbacks;
static nghttp2_option *options;

#define FIELD(name, value)                                                                     \
  {                                                                                            \
    (uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, sizeof(value) - 1,                \
        NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE                           \
  }

static const nghttp2_nv headers[] = {FIELD(":status", "200"),
                                     FIELD("content-type", "application/grpc")};
static const nghttp2_nv trailers[] = {FIELD("grpc-status", "0")};

static void fail(const char *what, int code) {
  fprintf(stderr, "bare: %s: %s\n", what, uv_strerror(code));
  exit(1);
}

// --- The answer

static ssize_t read_answer(nghttp2_session *session, int32_t stream, uint8_t *buffer,
                           size_t length, uint32_t *flags, nghttp2_data_source *source,
                           void *context) {
  (void)source;
  (void)context;
  if (length < answer_length) return NGHTTP2_ERR_CALLBACK_FAILURE;
  memcpy(buffer, answer, answer_length);
  *flags = NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
  if (nghttp2_submit_trailer(session, stream, trailers, 1) != 0)
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  return (ssize_t)answer_length;
}

static int frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
  (void)context;
  if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) return 0;
  if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
  const nghttp2_data_provider provider = {.read_callback = read_answer};
  return nghttp2_submit_response(session, frame->hd.stream_id, headers, 2, &provider);
}

// --- The connection

static void closed(uv_handle_t *handle) {
  connection *self = handle->data;
  nghttp2_session_del(self->session);
  free(self);
}

static void shut(connection *self) {
  if (self->closing) return;
  self->closing = 1;
  uv_close((uv_handle_t *)&self->tcp, closed);
}

static void flush(connection *self);

static void written(uv_write_t *request, int status) {
  pending_write *write = (pending_write *)request;
  connection *self = write->owner;
  free(write);
  self->blocked = 0;
  if (status < 0)
    shut(self);
  else
    flush(self);
}

// Writes at once what the socket takes; leaves the rest to libuv.
static void send_bytes(connection *self, const char *bytes, size_t length) {
  uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)length);
  int sent = uv_try_write((uv_stream_t *)&self->tcp, &buffer, 1);
  if (sent == UV_EAGAIN) sent = 0;
  if (sent < 0) {
    shut(self);
    return;
  }
  if ((size_t)sent == length) return;
  const size_t rest = length - (size_t)sent;
  pending_write *write = malloc(sizeof *write + rest);
  if (write == NULL) {
    shut(self);
    return;
  }
  write->owner = self;
  memcpy(write->bytes, bytes + sent, rest);
  buffer = uv_buf_init(write->bytes, (unsigned)rest);
  if (uv_write(&write->request, (uv_stream_t *)&self->tcp, &buffer, 1, written) != 0) {
    free(write);
    shut(self);
    return;
  }
  self->blocked = 1;
}

static void flush(connection *self) {
  size_t filled = 0;
  while (!self->blocked && !self->closing) {
    const uint8_t *bytes;
    const ssize_t length = nghttp2_session_mem_send(self->session, &bytes);
    if (length < 0) {
      shut(self);
      return;
    }
    if (length == 0) break;
    // A frame is at most 16 KiB and its header: it fits into an empty buffer.
    if (filled + (size_t)length > write_size) {
      send_bytes(self, write_buffer, filled);
      filled = 0;
      if (self->closing) return;
      if (self->blocked) {
        // The frame in hand must not be lost; the session keeps no copy of it.
        send_bytes(self, (const char *)bytes, (size_t)length);
        return;
      }
    }
    memcpy(write_buffer + filled, bytes, (size_t)length);
    filled += (size_t)length;
  }
  if (filled > 0 && !self->closing) send_bytes(self, write_buffer, filled);
  if (!self->closing && !nghttp2_session_want_read(self->session) &&
      !nghttp2_session_want_write(self->session))
    shut(self);
}

static void provide_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  (void)handle;
  (void)suggested;
  *buffer = uv_buf_init(read_buffer, read_size);
}

static void bytes_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer) {
  connection *self = stream->data;
  if (length == 0 || self->closing) return;
  if (length < 0 || nghttp2_session_mem_recv(self->session, (const uint8_t *)buffer->base,
                                             (size_t)length) != length) {
    shut(self);
    return;
  }
  flush(self);
}

static void connected(uv_stream_t *listener, int status) {
  if (status < 0) return;
  connection *self = calloc(1, sizeof *self);
  if (self == NULL) return;
  uv_tcp_init(listener->loop, &self->tcp);
  self->tcp.data = self;
  if (nghttp2_session_server_new2(&self->session, callbacks, self, options) != 0 ||
      uv_accept(listener, (uv_stream_t *)&self->tcp) != 0) {
    shut(self);
    return;
  }
  uv_tcp_nodelay(&self->tcp, 1);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000}};
  nghttp2_submit_settings(self->session, NGHTTP2_FLAG_NONE, settings, 1);
  nghttp2_session_set_local_window_size(self->session, NGHTTP2_FLAG_NONE, 0, window_size);
  uv_read_start((uv_stream_t *)&self->tcp, provide_buffer, bytes_read);
  flush(self);
}

// --- The process

// Stores the prefixed message. Ends the process if the text is not hexadecimal.
static void prepare_answer(const char *text) {
  const size_t length = strlen(text) / 2;
  if (strlen(text) % 2 != 0 || length > max_message) fail("MESSAGE", UV_EINVAL);
  for (size_t index = 0; index < length; index++) {
    unsigned byte;
    if (sscanf(text + 2 * index, "%2x", &byte) != 1) fail("MESSAGE", UV_EINVAL);
    answer[prefix_size + index] = (uint8_t)byte;
  }
  answer[3] = (uint8_t)(length >> 8);
  answer[4] = (uint8_t)length;
  answer_length = prefix_size + length;
}

static void terminated(uv_signal_t *handle, int number) {
  (void)number;
  uv_stop(handle->loop);
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: bare PORT MESSAGE\n");
    return 2;
  }
  prepare_answer(arguments[2]);
  signal(SIGPIPE, SIG_IGN);

  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
  nghttp2_option_new(&options);
  // Closed streams are kept for priorities only, which gRPC does not use.
  nghttp2_option_set_no_closed_streams(options, 1);

  uv_loop_t *loop = uv_default_loop();
  uv_signal_t signals;
  uv_signal_init(loop, &signals);
  uv_signal_start(&signals, terminated, SIGTERM);

  struct sockaddr_in address;
  int code = uv_ip4_addr("127.0.0.1", atoi(arguments[1]), &address);
  if (code != 0) fail("PORT", code);
  uv_tcp_t listener;
  uv_tcp_init(loop, &listener);
  code = uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0);
  if (code == 0) code = uv_listen((uv_stream_t *)&listener, 1024, connected);
  if (code != 0) fail("listening", code);
  uv_run(loop, UV_RUN_DEFAULT);
  return 0;
}
