/* SPDX-License-Identifier: MIT */
/* The TLS certificate that a host shows, and its renewal: read again when it is asked to, and when its files have
 * changed by themselves. Belongs to the main thread. */
#ifndef TENON_APP_CERTIFICATE_H
#define TENON_APP_CERTIFICATE_H

#include "http/http.h"

typedef struct certificate certificate_t;

/* Error: configuration. Both paths must outlive it. */
certificate_t *certificate_open(const char *certificate_file, const char *key_file, err_t *err);
void certificate_free(certificate_t *c);
/* For connections to come; lives as long as c. */
const http_tls_t *certificate_tls(const certificate_t *c);
/* Reads both files again; where that fails, the old one stays. The log is told either way. */
void certificate_reload(certificate_t *c);
/* Looks whether the files have changed, and reloads once they have been the same for two looks: certificate and key are
 * two files, and whoever renews them writes one after the other. Two calls of stat(2). */
void certificate_look(certificate_t *c);

#endif
