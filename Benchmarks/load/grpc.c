#include "grpc.h"

#include <string.h>

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t length,
                         uint32_t *flags, nghttp2_data_source *source, void *context) {
  (void)session;
  (void)stream;
  (void)context;
  grpc_body *self = source->ptr;
  size_t part = self->length - self->sent;
  if (part > length) part = length;
  memcpy(buffer, self->bytes + self->sent, part);
  self->sent += part;
  if (self->sent == self->length) *flags = NGHTTP2_DATA_FLAG_EOF;
  return (ssize_t)part;
}

#define FIELD(name, value, length)                                                             \
  {                                                                                            \
    (uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, length,                           \
        NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE                           \
  }

int32_t grpc_submit(nghttp2_session *session, const char *path, const char *authority,
                    grpc_body *body, void *call) {
  const nghttp2_nv headers[] = {
      FIELD(":method", "POST", 4),
      FIELD(":scheme", "http", 4),
      FIELD(":path", path, strlen(path)),
      FIELD(":authority", authority, strlen(authority)),
      FIELD("content-type", "application/grpc", 16),
      FIELD("user-agent", "grpc-go/1.75.1", 14),
      FIELD("te", "trailers", 8),
  };
  const nghttp2_data_provider provider = {.source.ptr = body, .read_callback = read_body};
  return nghttp2_submit_request(session, NULL, headers, sizeof headers / sizeof *headers, &provider,
                                call);
}

void grpc_read_status(const uint8_t *name, size_t name_length, const uint8_t *value,
                      size_t value_length, int *status) {
  if (name_length == 11 && memcmp(name, "grpc-status", 11) == 0)
    *status = value_length == 1 ? value[0] - '0' : 99;
}
