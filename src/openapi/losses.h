/* SPDX-License-Identifier: MIT */
/* What OpenAPI 2.0 cannot say of a definition as it is, and how the document says it instead: for
 * those who want to know what a maker will not see. Pure. */
#ifndef TENON_OPENAPI_LOSSES_H
#define TENON_OPENAPI_LOSSES_H

#include "definition/model.h"

typedef struct openapi_loss {
    str_t action;     /* absent: of a named schema */
    const char *what; /* a fixed word to count by: "oneOf" */
    str_t place;      /* "input body.owner", "answer 404", "schema Pet.name" */
    const char *how;
} openapi_loss_t;

/* In the order of the file: actions, then named schemas. The strings live until on_loss returns. */
void openapi_losses(const connector_t *c,
                    void (*on_loss)(void *context, const openapi_loss_t *loss), void *context);

#endif
