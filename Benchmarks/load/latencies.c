#include "latencies.h"

#include <stdlib.h>

void latencies_add(latencies *self, int64_t microseconds) {
  if (self->count == self->capacity) {
    self->capacity = self->capacity > 0 ? 2 * self->capacity : 1 << 14;
    self->values = realloc(self->values, self->capacity * sizeof *self->values);
    if (self->values == NULL) exit(2);
  }
  self->values[self->count++] = (uint32_t)microseconds;
}

static int by_value(const void *left, const void *right) {
  const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

void latencies_sort(latencies *self) {
  if (self->count > 0) qsort(self->values, self->count, sizeof *self->values, by_value);
}

uint32_t latencies_percentile(const latencies *self, double share) {
  if (self->count == 0) return 0;
  const size_t index = (size_t)((double)self->count * share);
  return self->values[index < self->count ? index : self->count - 1];
}
