/* SPDX-License-Identifier: MIT */
/* Single values of a token request. For the grant folder only. */
#ifndef TENON_GRANT_TEXT_H
#define TENON_GRANT_TEXT_H

#include "grant/grant.h"

enum { GRANT_TEXT_MAX = 64 * 1024 };

/* A buffer that is wiped and dies with the arena. */
buf_t *grant_buf_in(arena_t *arena, size_t ceiling);
/* Evaluates; an absent value (or no template) answers an absent str. In the arena. */
CHECKED bool grant_text(grant_build_t *build, const template_t *t, str_t *out, err_t *err);
/* A credential; absent where it has no value and needs none, else reported. */
CHECKED bool grant_slot_text(grant_build_t *build, credential_slot_t slot, str_t *out, err_t *err);
/* A URL, into the arena; absent where there is none. */
CHECKED bool grant_url(grant_build_t *build, const url_template_t *t, str_t *out, err_t *err);
/* Its value, or part of it, is input of the call. */
bool grant_comes_with_call(const template_t *t);
/* Whoever gives what t (NULL: nobody) is to hold is told: param_missing (of the call), else parameter_missing (of the
 * connection). Always false. */
bool grant_report_missing(const template_t *t, const char *name, err_t *err);
/* RFC 6749 3.3, joined by the definition's separator; empty where no scope has a value. */
CHECKED bool grant_scope_text(grant_build_t *build, str_t *out, err_t *err);

#endif
