#include "CYAML.h"
// The module has no code of its own: it only gives libyaml's header to Swift.
