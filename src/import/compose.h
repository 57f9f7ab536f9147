/* SPDX-License-Identifier: MIT */
/* Templates of FORMAT 8 out of what a source says. Every text of a source that a definition
 * evaluates goes through here: what is literal there stays so, whatever stands in it, and what
 * becomes an expression is built here. (Titles, descriptions, defaults and other texts that are
 * never evaluated are written as they are.) Pure; in the arena. */
#ifndef TENON_IMPORT_COMPOSE_H
#define TENON_IMPORT_COMPOSE_H

#include "base/arena.h"
#include "base/buf.h"

/* --- pieces behind each other --- */

typedef void compose_t(buf_t *to, str_t text);

/* A text in which nothing is special. */
void compose_literal(buf_t *to, str_t text);
/* The same in a URL, in which braces cannot stand (RFC 3986 2): they are encoded. */
void compose_url(buf_t *to, str_t text);
/* `${expression}`. */
void compose_expression(buf_t *to, str_t expression);
/* A template that was composed before. */
void compose_template(buf_t *to, str_t template);

/* --- whole --- */
str_t compose_literal_in(arena_t *arena, str_t text);
str_t compose_url_in(arena_t *arena, str_t text);
str_t compose_expression_in(arena_t *arena, str_t expression);
/* `${connection.NAME}` of a parameter, by our name. */
str_t compose_parameter_in(arena_t *arena, str_t name);

/* --- within expressions --- */

/* A text in single quotes. */
str_t compose_quoted_in(arena_t *arena, str_t text);
/* What a path leads to: `response.body` and "data.my token" are `response.body.data['my token']`.
 */
str_t compose_path_in(arena_t *arena, str_t root, str_t path);

/* Where part stands in an expression outside of texts in quotes, from from on; SIZE_MAX: nowhere.
 */
size_t compose_find(str_t expression, str_t part, size_t from);

/* --- taken apart --- */

/* The next expression from at on, without its braces; at is set behind it. Absent: none, and at is
 * as it was. at stands at the beginning, or behind an expression. */
str_t compose_next(str_t template, size_t *at);
/* The expression that is the whole template; absent where there is more, or none. */
str_t compose_only(str_t template);
/* The text of a template without expressions; absent where it has one. */
str_t compose_text_in(arena_t *arena, str_t template);

#endif
