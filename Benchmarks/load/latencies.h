// Microseconds that calls took.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint32_t *values;
  size_t count, capacity;
} latencies;

// Ends the process where there is no memory.
void latencies_add(latencies *self, int64_t microseconds);
// To be called before latencies_percentile.
void latencies_sort(latencies *self);
// 0 when there are none; a share of 1 is the largest.
uint32_t latencies_percentile(const latencies *self, double share);
