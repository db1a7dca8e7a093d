// Imported by the HTTP2Server target only.
#pragma once
#include <nghttp2/nghttp2.h>

// Memory for nghttp2 that is handed out again instead of being given back to malloc: one pool for
// each loop, no locks. A call costs nghttp2 eight allocations, all of them short-lived and of a few
// sizes.
typedef struct cng_pool cng_pool;

// Where malloc fails, the pool ends the process, as Swift does: nghttp2 1.52 frees an item twice when
// an allocation fails between sending the headers of an answer and queueing its body.

// NULL when memory has run out.
cng_pool *cng_pool_new(void);

// Frees the pool and what it holds. Every block must have come back before.
void cng_pool_del(cng_pool *pool);

// Allocator functions over the pool, which must outlive the sessions that use them.
nghttp2_mem *cng_pool_mem(cng_pool *pool);
