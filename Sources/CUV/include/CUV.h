// libuv: loops, timers, sockets, signals and file watching. Imported by the EventLoop target only.
#pragma once
#include <uv.h>
