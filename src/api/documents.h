/* SPDX-License-Identifier: MIT */
/* Documents of connectors as text. One thread of its own renders them, so that no data loop waits for a large one, and
 * keeps what was asked for: each once for a version of its connector, the least recently used going first where the
 * ceiling is reached, and all that nobody asked for in a while. */
#ifndef TENON_API_DOCUMENTS_H
#define TENON_API_DOCUMENTS_H

#include "base/exchange.h"
#include "openapi/openapi.h"

typedef struct documents documents_t;
/* bytes_max: of all documents that are kept. Error: configuration. */
documents_t *documents_start(size_t bytes_max, err_t *err);
/* The threads of those who ask have ended. NULL is allowed. */
void documents_stop(documents_t *d);

/* A rendered document, for the time of the answer. */
typedef struct document_text {
    str_t text;
    str_t etag; /* strong (RFC 9110 8.8.3), with its quotes; the same for the same text */
} document_text_t;

typedef struct document_ask document_ask_t;
/* What is made of a connector: one const struct each. */
typedef struct document_kind {
    const char *name;
    str_t media_type;
    bool (*write)(const document_ask_t *ask, buf_t *to, err_t *err);
} document_kind_t;
extern const document_kind_t DOCUMENT_JSON, DOCUMENT_YAML, DOCUMENT_POWERPLATFORM;

struct document_ask {
    const connector_t *connector; /* kept by reference */
    const document_kind_t *kind;
    openapi_options_t options; /* the connection is copied; server: the same in every ask, outlives d */
};
/* text NULL: err says why (internal_error). Borrowed. */
typedef void documents_on_text_t(void *context, const document_text_t *text, const err_t *err);
/* From a data loop; the answer comes in its thread. */
void documents_get(documents_t *d, const document_ask_t *ask, documents_on_text_t *on_text, void *context);

#endif
