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
/* RFC 6749 3.3, joined by the definition's separator; empty where no scope has a value. */
CHECKED bool grant_scope_text(grant_build_t *build, str_t *out, err_t *err);

#endif
