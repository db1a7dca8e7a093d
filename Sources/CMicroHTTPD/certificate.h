// Inside of the module only: GnuTLS's types stay out of what Swift imports.
#pragma once
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

/// Gives GnuTLS the pair of the certificate that `headstart_mhd_use_certificate` named.
int headstart_mhd_retrieve_certificate(
  gnutls_session_t session, const struct gnutls_cert_retr_st *information,
  gnutls_pcert_st **chain, unsigned int *chain_length, gnutls_ocsp_data_st **responses,
  unsigned int *response_count, gnutls_privkey_t *key, unsigned int *flags);
