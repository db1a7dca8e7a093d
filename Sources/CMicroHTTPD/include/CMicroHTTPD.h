// libmicrohttpd for Swift, imported by the SidePort target only.
//
// MHD_start_daemon and MHD_get_connection_info take variable arguments, which Swift cannot call;
// this module wraps them. TLS is GnuTLS's, which libmicrohttpd is built on.
#pragma once
#include <microhttpd.h>
#include <stddef.h>
#include <stdint.h>

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
  /// What connections are secured with, which must outlive the daemon; NULL for plain text.
  struct headstart_mhd_certificate *certificate;
};

/// Starts a daemon with one thread of its own; paths reach `handle` as they were sent, without
/// percent-decoding. NULL when it cannot be started.
struct MHD_Daemon *headstart_mhd_start(const struct headstart_mhd_settings *settings);

/// The connection's socket, or -1.
int headstart_mhd_socket(struct MHD_Connection *connection);

/// Milliseconds since the peer last sent a byte, give or take a few; -1 where it is not known.
int64_t headstart_socket_silence(int socket);

/// The certificate and key of a daemon, which may be exchanged while it runs: a handshake takes
/// those of its moment. Locks itself.
struct headstart_mhd_certificate;

/// Without a pair as yet: handshakes fail. NULL when memory has run out.
struct headstart_mhd_certificate *headstart_mhd_certificate_new(void);
void headstart_mhd_certificate_free(struct headstart_mhd_certificate *certificate);

/// Takes a pair over: PEM, the certificate first and then its chain of up to 15. Returns NULL, or
/// why GnuTLS has no use for it; the pair before stays then.
const char *headstart_mhd_certificate_set(
  struct headstart_mhd_certificate *certificate, const void *chain, size_t chain_size,
  const void *key, size_t key_size);

/// Has the handshakes of this thread's daemon use the certificate: to be called, on that thread,
/// when a connection has come.
void headstart_mhd_use_certificate(struct headstart_mhd_certificate *certificate);
