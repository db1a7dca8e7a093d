// What every gRPC client says in HTTP/2.
#pragma once
#include <nghttp2/nghttp2.h>
#include <stddef.h>
#include <stdint.h>

// A message with its prefix, and how much of it is sent.
typedef struct {
  const uint8_t *bytes;
  size_t length, sent;
} grpc_body;

// Submits a call; path and body stay where they are until the stream is closed. Returns less than 0
// when nghttp2 refuses it.
int32_t grpc_submit(nghttp2_session *session, const char *path, const char *authority,
                    grpc_body *body, void *call);

// Sets `status` when the field is grpc-status: a digit's value, or 99.
void grpc_read_status(const uint8_t *name, size_t name_length, const uint8_t *value,
                      size_t value_length, int *status);
