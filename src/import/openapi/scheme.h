/* SPDX-License-Identifier: MIT */
/* Security schemes (OpenAPI 3.1, 4.8.27) as ways to sign in of FORMAT 5: one kind, one file, one
 * row. */
#ifndef TENON_IMPORT_OPENAPI_SCHEME_H
#define TENON_IMPORT_OPENAPI_SCHEME_H

#include "import/openapi/spec.h"

typedef struct scheme {
    spec_t *s;
    const char *name;   /* as the document calls it */
    str_t ours;         /* that as a name of ours */
    const json_t *from; /* the Security Scheme Object */
    json_t *ways;       /* ways to sign in, {name, auth}: what build adds */
} scheme_t;

typedef struct scheme_type {
    const char *name; /* `type` */
    /* Adds the ways that there are; none, and says why, where there is none. */
    void (*build)(scheme_t *scheme);
} scheme_type_t;

extern const scheme_type_t SCHEME_API_KEY, SCHEME_HTTP, SCHEME_OAUTH2, SCHEME_OPENID_CONNECT,
    SCHEME_MUTUAL_TLS;

/* Ways to sign in by that scheme: a new list of {name, auth}. */
json_t *scheme_ways(spec_t *s, const char *name, const json_t *from);

/* --- scheme_join.c --- */

/* Each of the ways with each of the others, where they go together. Steals both lists. */
json_t *scheme_join(spec_t *s, json_t *ways, json_t *more);
/* A way that another one may be added to: it gets no token and sets no Authorization of its own. */
bool scheme_is_light(const json_t *auth);

/* --- for the kinds --- */

/* A way of that type, with the scheme's description. suffix: of its name; NULL: none. Borrowed. */
json_t *scheme_add_way(scheme_t *scheme, const char *type, const char *suffix);
/* A text that is asked for, secret or not. Borrowed. */
json_t *scheme_add_parameter(json_t *auth, str_t name, const char *title, bool secret);
/* A header, query parameter or cookie that carries a template. */
void scheme_inject(const scheme_t *scheme, json_t *auth, const char *place, str_t name,
                   str_t template);

#endif
