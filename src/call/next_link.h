/* SPDX-License-Identifier: MIT */
/* The part of next links that knows no call: finding the link in an answer, and another in its
 * place. Pure. */
#ifndef TENON_CALL_NEXT_LINK_H
#define TENON_CALL_NEXT_LINK_H

#include <jansson.h>

#include "codec/json_numbers.h"
#include "definition/model.h"

/* The https address at a place without []; absent where there is none. Borrows the body. */
str_t next_link_find(const place_t *place, const json_t *body);
/* Appends the text, in which `from` stands as a JSON string, with `to` there. All else stays as the
 * service wrote it, unless it wrote the link in an unusual way: then the whole is written anew from
 * body, which is changed for that; numbers: how its own were spelt, or NULL. */
void next_link_replace(str_t text, const place_t *place, json_t *body, str_t to,
                       const json_numbers_t *numbers, buf_t *out);

#endif
