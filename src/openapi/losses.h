/* SPDX-License-Identifier: MIT */
/* What OpenAPI 2.0 cannot say of a definition as it is, and how the document says it instead: for
 * those who want to know what a maker will not see. Pure. */
#ifndef TENON_OPENAPI_LOSSES_H
#define TENON_OPENAPI_LOSSES_H

#include <jansson.h>

#include "definition/model.h"

typedef struct openapi_loss_kind {
    const char *what; /* a fixed word to count by: "oneOf" */
    const char *how;  /* it is said instead */
    const char *fix;  /* what one may write, so that nothing is lost */
    const char *rule; /* which Power Platform's validator names; NULL: that platform has its own
                         word for it, and reads that */
    bool direct; /* also of a package for that platform that leads directly to the service, which
                    says more of a definition */
} openapi_loss_kind_t;

typedef struct openapi_loss {
    const openapi_loss_kind_t *kind;
    str_t action;     /* absent: of a named schema */
    str_t place;      /* "input body.owner", "answer 404", "schema Pet.name" */
    const json_t *at; /* where the definition says it: keys from its root, indices as numbers */
} openapi_loss_t;

/* In the order of the file: actions, then named schemas. What a loss holds lives until on_loss
 * returns. */
void openapi_losses(const connector_t *c,
                    void (*on_loss)(void *context, const openapi_loss_t *loss), void *context);

#endif
