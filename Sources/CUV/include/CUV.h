// libuv: loops, timers, sockets, signals and file watching. Imported by the EventLoop target only.
#pragma once
#include <uv.h>

// Names the calling thread, as `top -H` and debuggers show it: at most 15 bytes.
void cuv_set_thread_name(const char *name);

// accept4, which is no part of POSIX, with the flags that every socket here has.
int cuv_accept(int listener);

// A descriptor that is readable from `cuv_event_set` to `cuv_event_clear`; below 0 it is libuv's error.
// Both may be called on any thread, and neither blocks.
int cuv_event(void);
void cuv_event_set(int event);
void cuv_event_clear(int event);

// Unmaps the pages of the program and of its libraries that were never written: code, constants, tables
// of symbols. A touch maps them again from the file.
void cuv_give_back_file_pages(void);
