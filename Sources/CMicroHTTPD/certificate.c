#include "certificate.h"

#include "CMicroHTTPD.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { longest_chain = 16 };

struct headstart_mhd_certificate {
  pthread_mutex_t lock;
  // PEM; the data is NULL as long as there is none.
  gnutls_datum_t chain;
  gnutls_datum_t key;
};

// A daemon has one thread, and GnuTLS tells its callback nothing of the daemon.
static _Thread_local struct headstart_mhd_certificate *in_use;

// Reads a pair. What it returns belongs to GnuTLS's allocator, so that GnuTLS can free it.
static int load(
  const gnutls_datum_t *pem, const gnutls_datum_t *key_pem, gnutls_pcert_st **chain,
  unsigned int *length, gnutls_privkey_t *key) {
  *length = longest_chain;
  *chain = gnutls_malloc(longest_chain * sizeof **chain);
  if (*chain == NULL) return GNUTLS_E_MEMORY_ERROR;
  int code = gnutls_pcert_list_import_x509_raw(*chain, length, pem, GNUTLS_X509_FMT_PEM, 0);
  if (code < 0) {
    gnutls_free(*chain);
    return code;
  }
  code = gnutls_privkey_init(key);
  if (code >= 0) {
    code = gnutls_privkey_import_x509_raw(*key, key_pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (code >= 0) return 0;
    gnutls_privkey_deinit(*key);
  }
  for (unsigned int index = 0; index < *length; index++) gnutls_pcert_deinit(&(*chain)[index]);
  gnutls_free(*chain);
  return code;
}

// Nothing may be written over a key that the compiler would leave out.
static void forget(gnutls_datum_t *datum) {
  if (datum->data != NULL) gnutls_memset(datum->data, 0, datum->size);
  free(datum->data);
  *datum = (gnutls_datum_t){NULL, 0};
}

static int copy(gnutls_datum_t *to, const void *bytes, size_t size) {
  to->data = malloc(size > 0 ? size : 1);
  if (to->data == NULL) return 0;
  memcpy(to->data, bytes, size);
  to->size = (unsigned int)size;
  return 1;
}

struct headstart_mhd_certificate *headstart_mhd_certificate_new(void) {
  struct headstart_mhd_certificate *self = calloc(1, sizeof *self);
  if (self != NULL) pthread_mutex_init(&self->lock, NULL);
  return self;
}

void headstart_mhd_certificate_free(struct headstart_mhd_certificate *self) {
  forget(&self->chain);
  forget(&self->key);
  pthread_mutex_destroy(&self->lock);
  free(self);
}

const char *headstart_mhd_certificate_set(
  struct headstart_mhd_certificate *self, const void *chain, size_t chain_size, const void *key,
  size_t key_size) {
  gnutls_datum_t new_chain = {NULL, 0}, new_key = {NULL, 0};
  int code = GNUTLS_E_MEMORY_ERROR;
  if (copy(&new_chain, chain, chain_size) && copy(&new_key, key, key_size)) {
    gnutls_pcert_st *certificates;
    gnutls_privkey_t private_key;
    unsigned int length;
    code = load(&new_chain, &new_key, &certificates, &length, &private_key);
    if (code >= 0) {
      for (unsigned int index = 0; index < length; index++)
        gnutls_pcert_deinit(&certificates[index]);
      gnutls_free(certificates);
      gnutls_privkey_deinit(private_key);
      pthread_mutex_lock(&self->lock);
      const gnutls_datum_t old_chain = self->chain, old_key = self->key;
      self->chain = new_chain;
      self->key = new_key;
      pthread_mutex_unlock(&self->lock);
      new_chain = old_chain;
      new_key = old_key;
    }
  }
  forget(&new_chain);
  forget(&new_key);
  return code < 0 ? gnutls_strerror(code) : NULL;
}

void headstart_mhd_use_certificate(struct headstart_mhd_certificate *certificate) {
  in_use = certificate;
}

int headstart_mhd_retrieve_certificate(
  gnutls_session_t session, const struct gnutls_cert_retr_st *information,
  gnutls_pcert_st **chain, unsigned int *chain_length, gnutls_ocsp_data_st **responses,
  unsigned int *response_count, gnutls_privkey_t *key, unsigned int *flags) {
  (void)session;
  (void)information;
  *responses = NULL;
  *response_count = 0;
  // Read again for every handshake, which costs a tenth of the handshake itself, and then GnuTLS's to
  // free: a handshake under way keeps its pair however often it is exchanged.
  *flags = GNUTLS_CERT_RETR_DEINIT_ALL;
  struct headstart_mhd_certificate *self = in_use;
  if (self == NULL) return -1;
  pthread_mutex_lock(&self->lock);
  const int code =
    self->chain.data == NULL ? -1 : load(&self->chain, &self->key, chain, chain_length, key);
  pthread_mutex_unlock(&self->lock);
  return code < 0 ? -1 : 0;
}
