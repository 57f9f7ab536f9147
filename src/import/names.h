/* SPDX-License-Identifier: MIT */
/* Names of a source made into names of FORMAT. Pure; in the arena. */
#ifndef TENON_IMPORT_NAMES_H
#define TENON_IMPORT_NAMES_H

#include <jansson.h>

#include "base/arena.h"

/* An id (FORMAT 3): lower-case letters, digits and single hyphens, at most 64. "connector" where
 * nothing is left. */
str_t name_id_in(arena_t *arena, str_t name);
/* The id, or with -2, -3 … behind it, so that it is none of ids, to which it is added. */
str_t name_id_free_in(arena_t *arena, str_t id, json_t *ids);
/* Letters, digits and `_`, beginning with a letter, at most max: of actions and parameters. */
str_t name_plain_in(arena_t *arena, str_t name, size_t max);
/* The same with `.` and `-`, too: of schemas. */
str_t name_schema_in(arena_t *arena, str_t name);
/* The name, or with _2, _3 … behind it, so that taken (an object) has none that is equal without
 * case. */
str_t name_free_in(arena_t *arena, str_t name, const json_t *taken);
/* The same of a long list, which given (at first an empty object) remembers. */
str_t name_give_in(arena_t *arena, str_t name, json_t *given);
/* ASCII letters in lower case. */
str_t name_lower_in(arena_t *arena, str_t text);
/* How templates refer to an input of that name: `input.NAME` or `input['NAME']`. */
str_t name_of_input_in(arena_t *arena, str_t name);
/* Services are less strict than RFC 6265 4.1.1, which asks for a token: all but what would end a
 * name, or a cookie. */
bool name_is_cookie(str_t name);
/* Headers that are Tenon's own, or the connection's (FORMAT 4). */
bool name_is_reserved_header(str_t name);
/* Of an answer: a number, or `default`. */
bool name_is_status(str_t name);
/* MAJOR.MINOR.PATCH of what looks like one: "1", "v1.2", "1.0.0.3". */
str_t name_version_in(arena_t *arena, str_t text);

#endif
