// libuv: loops, timers, sockets, signals and file watching. Imported by the EventLoop target only.
#pragma once
#include <uv.h>

// Names the calling thread, as `top -H` and debuggers show it: at most 15 bytes.
void cuv_set_thread_name(const char *name);

// accept4, which is no part of POSIX, with the flags that every socket here has.
int cuv_accept(int listener);

// Unmaps the pages of the program and of its libraries that were never written: code, constants, tables
// of symbols. A touch maps them again from the file.
void cuv_give_back_file_pages(void);
