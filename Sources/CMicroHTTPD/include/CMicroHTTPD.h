// Imported by the AdminHTTP target only.
#pragma once
#include <microhttpd.h>
