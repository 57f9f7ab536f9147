/* SPDX-License-Identifier: MIT */
/* The one way to look into a secret_t. Include it only where a secret goes onto a wire or under a seal. */
#ifndef TENON_BASE_SECRET_PEEK_H
#define TENON_BASE_SECRET_PEEK_H

#include "base/secret.h"

/* Borrowed for the life of the reference; NUL-terminated. */
str_t secret_peek(const secret_t *s);

#endif
