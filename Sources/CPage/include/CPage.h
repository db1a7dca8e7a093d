// The files of the page at `/`, as they are in Web/, embedded when the binary is built. Imported by
// the SidePort target only.
#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

struct headstart_page_file {
  /// The path that it is served at, and its media type without the charset.
  const char *path, *type;
  const uint8_t *bytes;
  size_t size;
};

size_t headstart_page_file_count(void);

/// The index counts from 0 and is below the count.
struct headstart_page_file headstart_page_file_at(size_t index);

#pragma clang assume_nonnull end
