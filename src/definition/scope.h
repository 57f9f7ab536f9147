/* SPDX-License-Identifier: MIT */
/* What the references of a connector's templates mean (FORMAT 8, table of roots): plain values behind a
 * template_scope_t. Fill in what is there, leave the rest NULL: absent. Pure. */
#ifndef TENON_DEFINITION_SCOPE_H
#define TENON_DEFINITION_SCOPE_H

#include "definition/model.h"

typedef struct value_scope {
    template_scope_t scope; /* give &scope to the template functions */
    const connector_t *connector;
    const auth_t *auth;     /* whose parameters count beside the connector's; may be NULL */
    /* Objects; borrowed. */
    const json_t *connection, *input, *steps, *response, *token, *callback, *oauth, *request, *body, *item;
    str_t assertion;
} value_scope_t;

/* Sets everything absent. wall_ms: what now() answers. */
void value_scope_init(value_scope_t *s, const connector_t *connector, const auth_t *auth, int64_t wall_ms);
/* The field of a connection parameter: the auth's, else the connector's; NULL where there is none. */
const field_t *connection_field(const connector_t *connector, const auth_t *auth, str_t name);

#endif
