// A gRPC client that stays for hours: its connections and their calls, for keda.c.
#pragma once
#include <nghttp2/nghttp2.h>
#include <stdint.h>
#include <uv.h>

#include "grpc.h"
#include "latencies.h"
#include "scaler.h"

enum { watching_connections = 5, longest_call = 5000000, kept_bytes = 96 };

typedef struct call call;

typedef struct connection {
  struct connection *next;
  uv_tcp_t socket;
  uv_connect_t connecting;
  nghttp2_session *session;
  // Those that are open.
  call *calls;
  int is_connected;
  // Takes no more calls: it was exchanged, or the server said GOAWAY.
  int is_leaving;
  // Somebody who goes in the middle; nothing of it counts.
  int is_rude;
  int is_closing;
  // Which of `watching` it is or was; -1 for the others.
  int watcher;
} connection;

struct call {
  call *previous, *next;
  connection *on;
  method method;
  int object;
  int64_t written_at;
  int status;
  int has_failed;
  int messages;
  uint8_t request[request_size];
  grpc_body body;
  uint8_t answer[kept_bytes];
  size_t answer_length;
};

extern uv_loop_t *loop;
// The connection of the polls, and those of the streams.
extern connection *polling, *watching[watching_connections];
// When the client began, in microseconds of now().
extern int64_t began;
extern unsigned streams_open;

// Since the last report.
extern latencies done;
extern unsigned failed, retried, messages, connects;

// Microseconds of a clock that only runs forward.
int64_t now(void);
// Ends the process where there is no memory.
void *allocate(size_t count, size_t size);

// To be called once, before any other. Nothing is written before the loop runs.
void start_client(int port);
// `watcher` as in the connection. The process ends where the server takes no connection.
connection *open_connection(int watcher, int is_rude);
// Takes no more calls, and ends with its last one; another connection takes its place.
void leave(connection *self);
// Ends at once, with its calls.
void abandon(connection *self);
void begin(connection *on, method method, int object);
void fail(call *self, const char *why);
