// The descriptors of all services that are served, for reflection.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// A serialized google.protobuf.FileDescriptorSet.
const uint8_t *headstart_descriptor_set(void);
size_t headstart_descriptor_set_size(void);
