/* SPDX-License-Identifier: MIT */
/* The ordered parameters of a token request. For the grant folder only. */
#ifndef TENON_GRANT_PARAMETERS_H
#define TENON_GRANT_PARAMETERS_H

#include "grant/grant.h"

/* Appends; steals value, which the arena frees. */
void parameters_add(grant_build_t *build, str_t name, json_t *value);
/* The same, of a JWT that was minted here. */
void parameters_add_minted(grant_build_t *build, str_t name, json_t *value);
/* Evaluates tree (an object, or NULL): an entry replaces the standard parameter of its name in place, null
 * removes it, a list repeats it (as one list where lists are kept), anything else goes to the end. */
CHECKED bool parameters_override(grant_build_t *build, const template_tree_t *tree, bool keep_lists, err_t *err);
/* Appends name=value&…, each part encoded. Error: param_too_long. */
typedef void parameters_encode_t(buf_t *to, str_t text);
CHECKED bool parameters_write(const grant_build_t *build, parameters_encode_t *encode, buf_t *to, err_t *err);
/* Whether one of that name is there. */
bool parameters_have(const grant_build_t *build, str_t name);
/* Appends the value as text: strings as they are, other JSON as JSON. */
void parameter_text(const json_t *value, buf_t *to);

/* --- what several requests of a grant say --- */
/* The client's proof (RFC 6749 2.3), as parameters or as the value of the header Authorization; absent: none. */
CHECKED bool grant_add_client(grant_build_t *build, str_t *authorization, err_t *err);
/* RFC 8707 2: every `resource`. Error: param_value (it is no absolute URI, or has a fragment). */
CHECKED bool grant_add_resources(grant_build_t *build, err_t *err);
/* What the server says to a request that goes before a sign-in, where it is no success (RFC 9126 2.3, RFC 7591 3.2.2). */
typedef struct ahead_refusal {
    const char *what; /* was refused */
    str_t error, description;
} ahead_refusal_t;
/* Always false; errors of grant_ahead_url. */
bool grant_refuse_ahead(const upstream_answer_t *answer, const ahead_refusal_t *refusal, err_t *err);
extern const grant_ahead_t grant_pushed;
/* All that a person's sign-in is asked for with (RFC 6749 4.1.1). */
CHECKED bool grant_add_authorization(grant_build_t *build, err_t *err);
/* The address to sign in at, with the parameters that were added. */
CHECKED bool grant_write_authorization(grant_build_t *build, buf_t *to, err_t *err);

#endif
