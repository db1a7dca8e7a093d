// OpenSSL: TLS, digests and signatures. Imported by the TLS target only. Declares what OpenSSL has as macros or variadic
// calls, and the few steps that are plainer in C.
#pragma once
#include <errno.h>
#include <openssl/err.h>
#include <openssl/sha.h>
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
  // A key behind a passphrase, which no one is there to type.
  COPENSSL_ENCRYPTED,
  // Read, and refused by OpenSSL: a weak key, say. The reason is its last error.
  COPENSSL_REFUSED,
};

// The first certificate becomes the server's, the others its chain.
enum copenssl_result copenssl_use_chain(SSL_CTX *context, const void *pem, int length);

/// The place of the first certificate in the PEM text that the key belongs to, counted from 1; 0 where
/// it belongs to none, or something cannot be read.
int copenssl_place_of_key(const void *chain, int chain_length, const void *key, int key_length);

enum copenssl_result copenssl_use_key(SSL_CTX *context, const void *pem, int length);

// From now on clients must present a certificate that chains to one of these.
enum copenssl_result copenssl_require_clients(SSL_CTX *context, const void *pem, int length);

// When the server's certificate is valid, in seconds since 1970; 0 when that cannot be told.
void copenssl_validity(const SSL_CTX *context, int64_t *begin, int64_t *end);

// Each writes 32 bytes. 0 when memory has run out.
int copenssl_sha256(const void *bytes, size_t count, unsigned char *digest);
int copenssl_hmac_sha256(const void *key, size_t key_count, const void *bytes, size_t count,
                         unsigned char *digest);

// An RSA signature with SHA-256 (RFC 7518, section 3.3: RS256). Returns its length, at most `room`; 0
// for a key that cannot be read or is not RSA.
size_t copenssl_sign_rs256(const void *pem, int length, const void *bytes, size_t count,
                           unsigned char *signature, size_t room);

// A server's side of one connection on a socket that it does not close. NULL when memory has run out.
SSL *copenssl_accept(SSL_CTX *context, int socket);
