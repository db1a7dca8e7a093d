#define _GNU_SOURCE
#include "CUV.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/socket.h>

void cuv_set_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }

int cuv_accept(int listener) {
  return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

void cuv_trim_memory(void) { malloc_trim(0); }
