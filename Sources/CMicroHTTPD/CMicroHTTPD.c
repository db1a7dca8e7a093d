#include "CMicroHTTPD.h"

#include "certificate.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

/// Leaves the text as it is. Decoding belongs to the routing, which refuses what is malformed;
/// the library would let it pass.
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
  (void)context;
  (void)connection;
  return strlen(text);
}

struct MHD_Daemon *headstart_mhd_start(const struct headstart_mhd_settings *settings) {
  struct MHD_OptionItem options[] = {
    {MHD_OPTION_LISTEN_SOCKET, settings->listen_socket, NULL},
    {MHD_OPTION_CONNECTION_LIMIT, settings->connection_limit, NULL},
    {MHD_OPTION_CONNECTION_TIMEOUT, settings->timeout, NULL},
    {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)settings->memory_limit, NULL},
    {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escapes, NULL},
    {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)settings->completed, settings->context},
    {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)settings->notified, settings->context},
    {MHD_OPTION_END, 0, NULL},
  };
  // With epoll, which it uses edge-triggered, the library misses the end of a stream that arrives
  // together with the last bytes, and keeps such connections until they time out. So few of them
  // cost poll nothing.
  const unsigned int flags =
    MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME;
  if (settings->certificate == NULL)
    return MHD_start_daemon(
      flags, 0, NULL, NULL, settings->handle, settings->context, MHD_OPTION_ARRAY, options,
      MHD_OPTION_END);
  return MHD_start_daemon(
    flags | MHD_USE_TLS, 0, NULL, NULL, settings->handle, settings->context, MHD_OPTION_ARRAY,
    options, MHD_OPTION_HTTPS_CERT_CALLBACK2, headstart_mhd_retrieve_certificate,
    // TLS 1.2 and 1.3 with ephemeral keys and AEAD, as the gRPC port has them.
    MHD_OPTION_HTTPS_PRIORITIES,
    "SECURE128:%SERVER_PRECEDENCE:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:"
    "+ECDHE-RSA:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:"
    "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1",
    MHD_OPTION_END);
}

int headstart_mhd_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}

int64_t headstart_socket_silence(int socket) {
  struct tcp_info info;
  socklen_t size = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return -1;
  return info.tcpi_last_data_recv;
}
