// Imported by the HTTP2Server target only.
#pragma once
#include <nghttp2/nghttp2.h>
