#include "CMicroHTTPD.h"

#include <stdint.h>
#include <string.h>

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
  return MHD_start_daemon(
    MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, settings->handle,
    settings->context, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

int headstart_mhd_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}
