#include "CNGHTTP2.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  // Sizes are rounded up to whole grains; a grain is also what keeps blocks aligned.
  GRAIN = 16,
  // Blocks of up to 1 KiB are kept. Larger ones are rare: header tables, settings, long values.
  CLASSES = 64,
  // The pool keeps up to 2 MiB, which 16 connections with 32 calls each do not reach.
  KEPT_BYTES = 2 << 20,
  // Where a block belongs that is in no list.
  MALLOCED = CLASSES,
};

// In front of every block: which list it goes back to, or MALLOCED.
typedef struct header {
  union {
    struct header *next;
    size_t size;
  };
  uintptr_t class;
} header;

_Static_assert(sizeof(header) == GRAIN, "blocks would lose their alignment");

struct cng_pool {
  header *free[CLASSES];
  size_t kept;
  nghttp2_mem mem;
};

static void *pool_malloc(size_t size, void *context) {
  cng_pool *pool = context;
  size_t class = size == 0 ? 0 : (size - 1) / GRAIN;
  header *block;
  if (class < CLASSES && pool->free[class]) {
    block = pool->free[class];
    pool->free[class] = block->next;
    pool->kept -= (class + 1) * GRAIN;
  } else {
    if (class > CLASSES) class = MALLOCED;
    size_t usable = class < CLASSES ? (class + 1) * GRAIN : size;
    if (usable > SIZE_MAX - sizeof(header)) abort();
    block = malloc(sizeof(header) + usable);
    if (!block) abort();
  }
  block->class = class;
  block->size = size;
  return block + 1;
}

static void pool_free(void *pointer, void *context) {
  cng_pool *pool = context;
  if (!pointer) return;
  header *block = (header *)pointer - 1;
  size_t bytes = (block->class + 1) * GRAIN;
  if (block->class >= CLASSES || pool->kept + bytes > KEPT_BYTES) {
    free(block);
    return;
  }
  block->next = pool->free[block->class];
  pool->free[block->class] = block;
  pool->kept += bytes;
}

static void *pool_calloc(size_t count, size_t size, void *context) {
  if (size != 0 && count > SIZE_MAX / size) abort();
  return memset(pool_malloc(count * size, context), 0, count * size);
}

static void *pool_realloc(void *pointer, size_t size, void *context) {
  if (!pointer) return pool_malloc(size, context);
  header *block = (header *)pointer - 1;
  if (block->class < CLASSES && size <= (block->class + 1) * GRAIN) {
    block->size = size;
    return pointer;
  }
  void *moved = pool_malloc(size, context);
  memcpy(moved, pointer, block->size < size ? block->size : size);
  pool_free(pointer, context);
  return moved;
}

cng_pool *cng_pool_new(void) {
  cng_pool *pool = calloc(1, sizeof(cng_pool));
  if (!pool) return NULL;
  pool->mem.mem_user_data = pool;
  pool->mem.malloc = pool_malloc;
  pool->mem.free = pool_free;
  pool->mem.calloc = pool_calloc;
  pool->mem.realloc = pool_realloc;
  return pool;
}

void cng_pool_del(cng_pool *pool) {
  for (size_t class = 0; class < CLASSES; class++) {
    while (pool->free[class]) {
      header *block = pool->free[class];
      pool->free[class] = block->next;
      free(block);
    }
  }
  free(pool);
}

nghttp2_mem *cng_pool_mem(cng_pool *pool) { return &pool->mem; }
