// The descriptors of all services that are served, for reflection.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// A serialized google.protobuf.FileDescriptorSet.
extern const uint8_t headstart_descriptor_set[];
extern const size_t headstart_descriptor_set_size;
