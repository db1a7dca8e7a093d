// OpenSSL: TLS. Imported by the TLS target only. Declares what OpenSSL has as macros or variadic
// calls, and the few steps that are plainer in C.
#pragma once
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>

// A server context with everything that does not depend on files: TLS 1.2 and 1.3, forward-secret
// AEAD ciphers, no renegotiation, ALPN h2 and nothing else. NULL when memory has run out.
SSL_CTX *copenssl_server_context(void);

// What kept PEM text from being taken over.
enum copenssl_result {
  COPENSSL_OK,
  // No block of the kind that is needed.
  COPENSSL_NONE,
  // A block that cannot be read.
  COPENSSL_MALFORMED,
  // A key behind a passphrase, which nobody is there to type.
  COPENSSL_ENCRYPTED,
  // Read, and refused by OpenSSL: a weak key, say. The reason is its last error.
  COPENSSL_REFUSED,
};

// The first certificate becomes the server's, the others its chain.
enum copenssl_result copenssl_use_chain(SSL_CTX *context, const void *pem, int length);

enum copenssl_result copenssl_use_key(SSL_CTX *context, const void *pem, int length);

// From now on clients must present a certificate that chains to one of these.
enum copenssl_result copenssl_require_clients(SSL_CTX *context, const void *pem, int length);

// When the server's certificate is valid, in seconds since 1970; 0 when that cannot be told.
void copenssl_validity(const SSL_CTX *context, int64_t *begin, int64_t *end);

// A server's side of one connection on a socket that it does not close. NULL when memory has run out.
SSL *copenssl_accept(SSL_CTX *context, int socket);
