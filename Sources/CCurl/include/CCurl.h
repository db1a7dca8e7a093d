// Imported by the Upstreams target only.
#pragma once
#include <curl/curl.h>
