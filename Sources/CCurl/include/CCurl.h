// libcurl: HTTP clients on a loop of ours. Imported by the HTTPClient target only.
#pragma once
#include <curl/curl.h>

// libcurl's setters and getters take an argument of any type (they are variadic), which Swift
// cannot call. Here is one function for each type of argument.

CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value);
// libcurl copies the text.
CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value);
// libcurl borrows the memory until the transfer is over.
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value);
CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value);
// libcurl copies the bytes.
CURLcode ccurl_set_body(CURL *easy, const void *bytes, curl_off_t count);

// libcurl copies the bytes of a PEM file's content.
CURLcode ccurl_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t count);

typedef size_t (*ccurl_data_function)(char *bytes, size_t size, size_t count, void *context);
CURLcode ccurl_set_data_function(CURL *easy, CURLoption option, ccurl_data_function function,
                                 CURLoption context_option, void *context);

// Whether an address is that of a cloud's metadata service, which hands out keys.
int ccurl_is_metadata_address(const struct curl_sockaddr *address);
// A socket for an address that may be connected to.
curl_socket_t ccurl_open_socket(const struct curl_sockaddr *address);
CURLcode ccurl_set_socket_function(CURL *easy, curl_opensocket_callback function, void *context);

// 0 when libcurl does not know.
long ccurl_get_long(CURL *easy, CURLINFO info);
// Microseconds for times; 0 when libcurl does not know.
curl_off_t ccurl_get_size(CURL *easy, CURLINFO info);
// Owned by the easy handle; null when libcurl does not know.
const char *ccurl_get_text(CURL *easy, CURLINFO info);

CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
// Either function may be null, for none.
void ccurl_multi_set_functions(CURLM *multi, curl_socket_callback on_socket,
                               curl_multi_timer_callback on_timer, void *context);

// The result of a finished transfer, which is in a union that Swift imports awkwardly.
CURLcode ccurl_message_result(const CURLMsg *message);
