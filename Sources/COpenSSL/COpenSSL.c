#define _GNU_SOURCE
#include "COpenSSL.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

static const unsigned char h2[] = {2, 'h', '2'};

static int select_protocol(SSL *session, const unsigned char **out, unsigned char *out_length,
                           const unsigned char *offered, unsigned int offered_length, void *context) {
  (void)session;
  (void)context;
  unsigned char *selected = NULL;
  if (SSL_select_next_proto(&selected, out_length, h2, sizeof h2, offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

// A client that offers no protocol at all never comes to select_protocol.
static int require_alpn(SSL *session, int *alert, void *context) {
  (void)context;
  const unsigned char *extension;
  size_t length;
  if (SSL_client_hello_get0_ext(session, TLSEXT_TYPE_application_layer_protocol_negotiation,
                                &extension, &length))
    return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  return SSL_CLIENT_HELLO_ERROR;
}

SSL_CTX *copenssl_server_context(void) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  if (!context) return NULL;
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // A connection that waits for calls keeps no record buffers; what is written may have moved by
  // the time that it is tried again, and may be taken in part.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
  SSL_CTX_set_client_hello_cb(context, require_alpn, NULL);
  // Tickets are enough; a cache of sessions would only grow. The name is what a session with a
  // client certificate cannot be resumed without.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) &&
      // RFC 9113, 9.2.2: ephemeral key exchange and AEAD.
      SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") &&
      SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") &&
      SSL_CTX_set_session_id_context(context, (const unsigned char *)"headstart", 9))
    return context;
  SSL_CTX_free(context);
  return NULL;
}

// What the end of a sequence of PEM blocks means.
static enum copenssl_result end_of_pem(int count) {
  unsigned long code = ERR_peek_last_error();
  int is_end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!is_end) return COPENSSL_MALFORMED;
  return count > 0 ? COPENSSL_OK : COPENSSL_NONE;
}

enum copenssl_result copenssl_use_chain(SSL_CTX *context, const void *pem, int length) {
  ERR_clear_error();
  BIO *input = BIO_new_mem_buf(pem, length);
  if (!input) return COPENSSL_REFUSED;
  enum copenssl_result result = COPENSSL_OK;
  X509 *certificate;
  int count = 0;
  while (result == COPENSSL_OK && (certificate = PEM_read_bio_X509(input, NULL, NULL, NULL))) {
    int taken = count == 0 ? SSL_CTX_use_certificate(context, certificate)
                           : (int)SSL_CTX_add1_chain_cert(context, certificate);
    if (!taken) result = COPENSSL_REFUSED;
    X509_free(certificate);
    count++;
  }
  BIO_free(input);
  return result == COPENSSL_OK ? end_of_pem(count) : result;
}

static int no_passphrase(char *buffer, int size, int is_writing, void *asked) {
  (void)buffer;
  (void)size;
  (void)is_writing;
  *(int *)asked = 1;
  return -1;
}

enum copenssl_result copenssl_use_key(SSL_CTX *context, const void *pem, int length) {
  ERR_clear_error();
  BIO *input = BIO_new_mem_buf(pem, length);
  if (!input) return COPENSSL_REFUSED;
  int asked = 0;
  EVP_PKEY *key = PEM_read_bio_PrivateKey(input, NULL, no_passphrase, &asked);
  BIO_free(input);
  if (!key) {
    if (!asked) return end_of_pem(0);
    ERR_clear_error();
    return COPENSSL_ENCRYPTED;
  }
  int taken = SSL_CTX_use_PrivateKey(context, key);
  EVP_PKEY_free(key);
  return taken ? COPENSSL_OK : COPENSSL_REFUSED;
}

int copenssl_place_of_key(const void *chain, int chain_length, const void *key, int key_length) {
  BIO *key_input = BIO_new_mem_buf(key, key_length);
  BIO *input = BIO_new_mem_buf(chain, chain_length);
  int asked = 0;
  EVP_PKEY *own =
    key_input ? PEM_read_bio_PrivateKey(key_input, NULL, no_passphrase, &asked) : NULL;
  int place = 0;
  X509 *certificate;
  for (int count = 1; own && input && !place; count++) {
    certificate = PEM_read_bio_X509(input, NULL, NULL, NULL);
    if (!certificate) break;
    if (X509_check_private_key(certificate, own)) place = count;
    X509_free(certificate);
  }
  EVP_PKEY_free(own);
  BIO_free(input);
  BIO_free(key_input);
  ERR_clear_error();
  return place;
}

enum copenssl_result copenssl_require_clients(SSL_CTX *context, const void *pem, int length) {
  ERR_clear_error();
  BIO *input = BIO_new_mem_buf(pem, length);
  if (!input) return COPENSSL_REFUSED;
  enum copenssl_result result = COPENSSL_OK;
  X509 *certificate;
  int count = 0;
  while (result == COPENSSL_OK && (certificate = PEM_read_bio_X509(input, NULL, NULL, NULL))) {
    if (!X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate) ||
        !SSL_CTX_add_client_CA(context, certificate))
      result = COPENSSL_REFUSED;
    X509_free(certificate);
    count++;
  }
  BIO_free(input);
  if (result != COPENSSL_OK) return result;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  return end_of_pem(count);
}

static int64_t seconds(const ASN1_TIME *time) {
  struct tm parts;
  if (!time || !ASN1_TIME_to_tm(time, &parts)) return 0;
  return timegm(&parts);
}

void copenssl_validity(const SSL_CTX *context, int64_t *begin, int64_t *end) {
  const X509 *certificate = SSL_CTX_get0_certificate(context);
  *begin = certificate ? seconds(X509_get0_notBefore(certificate)) : 0;
  *end = certificate ? seconds(X509_get0_notAfter(certificate)) : 0;
}

int copenssl_sha256(const void *bytes, size_t count, unsigned char *digest) {
  return EVP_Digest(bytes, count, digest, NULL, EVP_sha256(), NULL);
}

int copenssl_hmac_sha256(const void *key, size_t key_count, const void *bytes, size_t count,
                         unsigned char *digest) {
  // A null key would mean that of the last call.
  return HMAC(EVP_sha256(), key ? key : "", (int)key_count, bytes, count, digest, NULL) != NULL;
}

size_t copenssl_sign_rs256(const void *pem, int length, const void *bytes, size_t count,
                           unsigned char *signature, size_t room) {
  BIO *input = BIO_new_mem_buf(pem, length);
  int asked = 0;
  EVP_PKEY *key = input ? PEM_read_bio_PrivateKey(input, NULL, no_passphrase, &asked) : NULL;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  size_t written = room;
  if (!key || !context || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA ||
      (size_t)EVP_PKEY_get_size(key) > room ||
      EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
      EVP_DigestSign(context, signature, &written, bytes, count) != 1)
    written = 0;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  BIO_free(input);
  ERR_clear_error();
  return written;
}

SSL *copenssl_accept(SSL_CTX *context, int socket) {
  SSL *session = SSL_new(context);
  if (!session) return NULL;
  if (!SSL_set_fd(session, socket)) {
    SSL_free(session);
    return NULL;
  }
  SSL_set_accept_state(session);
  return session;
}
