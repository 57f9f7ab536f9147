/* SPDX-License-Identifier: MIT */
/* The OpenAPI document of Tenon's own HTTP surface (openapi/tenon.openapi.yaml, which travels
 * inside the binary), as JSON. It is read once a process; only the server's address is put in each
 * time. Thread-safe. */
#ifndef TENON_API_OWN_DOCUMENT_H
#define TENON_API_OWN_DOCUMENT_H

#include "base/buf.h"

enum { OWN_DOCUMENT_BYTES_MAX = 4 * 1024 * 1024, OWN_DOCUMENT_TAG_BYTES = 19 };

/* Does now what the first request would wait for. */
void own_document_prepare(void);
/* Appends the JSON; server: the address that callers use. tag: its strong ETag with quotes and a
 * NUL (RFC 9110 8.8.3). */
void own_document_write(str_t server, buf_t *to, char tag[OWN_DOCUMENT_TAG_BYTES]);

#endif
