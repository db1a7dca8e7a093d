// libmicrohttpd for Swift, imported by the AdminHTTP target only.
//
// MHD_start_daemon and MHD_get_connection_info take variable arguments, which Swift cannot call;
// this module wraps them.
#pragma once
#include <microhttpd.h>
#include <stddef.h>

/// What a daemon is started with.
struct headstart_mhd_settings {
  /// Bound and listening. A daemon that starts takes it over and closes it when it stops.
  int listen_socket;
  /// Connections at one time; further ones wait in the listen queue.
  unsigned int connection_limit;
  /// Seconds without a byte after which a connection is closed.
  unsigned int timeout;
  /// Bytes of buffer per connection: bounds the request's head.
  size_t memory_limit;
  /// Handed to the three callbacks, which all run on the daemon's one thread.
  void *context;
  /// Called at least twice for each request: with its head, then with its body.
  MHD_AccessHandlerCallback handle;
  /// A request is over, whether it was answered or not.
  MHD_RequestCompletedCallback completed;
  /// A connection came or went.
  MHD_NotifyConnectionCallback notified;
};

/// Starts a daemon with one thread of its own; paths reach `handle` as they were sent, without
/// percent-decoding. NULL when it cannot be started.
struct MHD_Daemon *headstart_mhd_start(const struct headstart_mhd_settings *settings);

/// The connection's socket, or -1.
int headstart_mhd_socket(struct MHD_Connection *connection);
