#define _GNU_SOURCE
#include "CCurl.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}

CURLcode ccurl_set_body(CURL *easy, const void *bytes, curl_off_t count) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, count);
  if (code != CURLE_OK) return code;
  // A null pointer would mean a body that a callback delivers.
  return curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes ? bytes : "");
}

CURLcode ccurl_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t count) {
  struct curl_blob blob = {.data = (void *)bytes, .len = count, .flags = CURL_BLOB_COPY};
  return curl_easy_setopt(easy, option, &blob);
}

CURLcode ccurl_set_data_function(CURL *easy, CURLoption option, ccurl_data_function function,
                                 CURLoption context_option, void *context) {
  CURLcode code = curl_easy_setopt(easy, option, function);
  if (code != CURLE_OK) return code;
  return curl_easy_setopt(easy, context_option, context);
}

// AWS, Azure and Google; ECS; EKS.
static int is_metadata4(uint32_t address) {
  return address == 0xA9FEA9FE || address == 0xA9FEAA02 || address == 0xA9FEAA17;
}

int ccurl_is_metadata_address(const struct curl_sockaddr *address) {
  if (address->family == AF_INET) {
    struct sockaddr_in four;
    memcpy(&four, &address->addr, sizeof four);
    return is_metadata4(ntohl(four.sin_addr.s_addr));
  }
  if (address->family != AF_INET6) return 0;
  struct sockaddr_in6 six;
  memcpy(&six, (const void *)&address->addr, sizeof six);
  const unsigned char *bytes = six.sin6_addr.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) {
    uint32_t four;
    memcpy(&four, bytes + 12, sizeof four);
    return is_metadata4(ntohl(four));
  }
  // fd00:ec2::254 and fd00:ec2::23.
  static const unsigned char amazon[14] = {0xFD, 0x00, 0x0E, 0xC2};
  return memcmp(bytes, amazon, sizeof amazon) == 0 &&
         ((bytes[14] == 0x02 && bytes[15] == 0x54) || (bytes[14] == 0x00 && bytes[15] == 0x23));
}

curl_socket_t ccurl_open_socket(const struct curl_sockaddr *address) {
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

CURLcode ccurl_set_socket_function(CURL *easy, curl_opensocket_callback function, void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
  if (code != CURLE_OK) return code;
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
}

long ccurl_get_long(CURL *easy, CURLINFO info) {
  long value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

curl_off_t ccurl_get_size(CURL *easy, CURLINFO info) {
  curl_off_t value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

const char *ccurl_get_text(CURL *easy, CURLINFO info) {
  char *value = NULL;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : NULL;
}

CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

void ccurl_multi_set_functions(CURLM *multi, curl_socket_callback on_socket,
                               curl_multi_timer_callback on_timer, void *context) {
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}

CURLcode ccurl_message_result(const CURLMsg *message) { return message->data.result; }
