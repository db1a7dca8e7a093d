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
  // More than what nghttp2 allocates until it is next asked whether memory is short, unless a client
  // opens hundreds of streams at that very moment.
  RESERVE_BYTES = 256 << 10,
  // Where a block belongs, beside the lists: malloc, the reserve.
  MALLOCED = CLASSES,
  RESERVED = CLASSES + 1,
};

// In front of every block: which list it goes back to, MALLOCED or RESERVED.
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
  void *(*allocate)(size_t size);
  // Taken in ascending order, and free again once every block has come back.
  char *reserve;
  size_t reserve_used;
  size_t reserve_blocks;
  nghttp2_mem mem;
};

static header *take_reserve(cng_pool *pool, size_t size) {
  size = (size + GRAIN - 1) / GRAIN * GRAIN;
  if (size > RESERVE_BYTES - pool->reserve_used) return NULL;
  header *block = (header *)(pool->reserve + pool->reserve_used);
  pool->reserve_used += size;
  pool->reserve_blocks++;
  return block;
}

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
    if (usable > SIZE_MAX - sizeof(header) - GRAIN) return NULL;
    block = pool->allocate(sizeof(header) + usable);
    if (!block) {
      block = take_reserve(pool, sizeof(header) + usable);
      if (!block) return NULL;
      class = RESERVED;
    }
  }
  block->class = class;
  block->size = size;
  return block + 1;
}

static void pool_free(void *pointer, void *context) {
  cng_pool *pool = context;
  if (!pointer) return;
  header *block = (header *)pointer - 1;
  if (block->class == RESERVED) {
    if (--pool->reserve_blocks == 0) pool->reserve_used = 0;
    return;
  }
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
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  void *pointer = pool_malloc(count * size, context);
  if (pointer) memset(pointer, 0, count * size);
  return pointer;
}

static void *pool_realloc(void *pointer, size_t size, void *context) {
  if (!pointer) return pool_malloc(size, context);
  header *block = (header *)pointer - 1;
  if (block->class < CLASSES && size <= (block->class + 1) * GRAIN) {
    block->size = size;
    return pointer;
  }
  void *moved = pool_malloc(size, context);
  if (!moved) return NULL;
  memcpy(moved, pointer, block->size < size ? block->size : size);
  pool_free(pointer, context);
  return moved;
}

cng_pool *cng_pool_new(void *(*allocate)(size_t size)) {
  cng_pool *pool = calloc(1, sizeof(cng_pool));
  if (!pool) return NULL;
  // Its pages cost nothing until they are needed.
  pool->reserve = malloc(RESERVE_BYTES);
  if (!pool->reserve) {
    free(pool);
    return NULL;
  }
  pool->allocate = allocate ? allocate : malloc;
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
  free(pool->reserve);
  free(pool);
}

int cng_pool_is_short(const cng_pool *pool) { return pool->reserve_blocks > 0; }

nghttp2_mem *cng_pool_mem(cng_pool *pool) { return &pool->mem; }
