#include "scaler.h"

#include <stdio.h>
#include <string.h>

enum { prefix = 5 };

const char *const method_paths[] = {
    "/externalscaler.ExternalScaler/IsActive",
    "/externalscaler.ExternalScaler/GetMetricSpec",
    "/externalscaler.ExternalScaler/GetMetrics",
    "/externalscaler.ExternalScaler/StreamIsActive",
};

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

// Every length fits into one byte.
size_t encode_request(uint8_t *to, method method, int object) {
  uint8_t reference[200];
  char name[32];
  snprintf(name, sizeof name, "workload-%06d", object);
  size_t length = field(reference, 1, name, strlen(name));
  length += field(reference + length, 2, "default", 7);
  length += entry(reference + length, "scalerAddress", "headstart:50051");
  length += entry(reference + length, "workload", name);
  uint8_t *message = to + prefix;
  if (method == get_metrics) {
    size_t size = field(message, 1, reference, length);
    length = size + field(message + size, 2, "desired_replicas", 16);
  } else {
    memcpy(message, reference, length);
  }
  memset(to, 0, prefix - 1);
  to[prefix - 1] = (uint8_t)length;
  return prefix + length;
}

const char *answer_problem(method method, const uint8_t *answer, size_t length) {
  if (method == is_active || method == stream_is_active) {
    const int active = length == prefix + 2 && memcmp(answer + prefix, "\x08\x01", 2) == 0;
    return active ? NULL : "not active";
  }
  if (method == get_metrics) {
    // The field of the list, the name and then the value.
    const size_t at = prefix + 2 + 2 + 16;
    if (length < at + 2 || answer[at] != 0x10 || answer[at + 1] == 0) return "zero";
  }
  return NULL;
}
