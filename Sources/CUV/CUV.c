#define _GNU_SOURCE
#include "CUV.h"

#include <pthread.h>

void cuv_set_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }
