// The messages of externalscaler.ExternalScaler, as far as the client of scripts/soak needs them.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef enum { is_active, get_metric_spec, get_metrics, stream_is_active } method;

// The path of each method.
extern const char *const method_paths[];

enum { request_size = 256 };

// Writes the request of a workload, prefix included: a ScaledObjectRef or a GetMetricsRequest.
// Returns its length, at most request_size.
size_t encode_request(uint8_t *to, method method, int object);

// What is wrong with an answer's only message, prefix included; NULL when it is active and not zero.
const char *answer_problem(method method, const uint8_t *answer, size_t length);
