/* SPDX-License-Identifier: MIT */
/* From an HTTP request to an action's checked input (DESIGN 4, Calling; FORMAT 4 and 7). Pure: the request comes
 * as plain data. */
#ifndef TENON_CALL_BIND_H
#define TENON_CALL_BIND_H

#include "codec/json_numbers.h"
#include "definition/value/check.h"
#include "request/draft.h"
#include "upstream/message.h"

typedef struct call_request {
    str_t query;        /* raw; absent: none */
    str_t body;
    str_t content_type, content_encoding;
    const message_header_t *headers; /* all, names in lower case */
    size_t header_count;
    const path_value_t *path_values;
    size_t path_value_count;
} call_request_t;

typedef struct bind_limits {
    value_limits_t values;
    size_t json_values; /* members and items of a body, all together */
    size_t form_parts;
} bind_limits_t;

/* Fills *input with name -> value of every declared field that came, defaults filled in, all checked. Binary form
 * fields and raw bodies are strings of bytes where they are UTF-8, and otherwise stay out of JSON: they are
 * in files either way. Undeclared query, form and JSON members are param_unknown; undeclared headers are
 * ignored. A flat body (json or form fields) is read as JSON or form (urlencoded or multipart), whichever the media
 * type says; labelled as a form but starting with `{`: JSON; no media type: JSON; others: media_type (415). A
 * content encoding is media_type. Errors: param_*, json_*, request_*, media_type; all faults are reported. */
typedef struct bound_input {
    json_t *values;  /* owned by the arena */
    bound_file_t *files; /* binary form fields, and the `in: body` field of format binary */
    size_t file_count;
    json_numbers_t *numbers; /* how those of a JSON body were spelt; the arena's; NULL: as they are written */
} bound_input_t;
/* NULL: none came. */
const bound_file_t *bound_file(const bound_input_t *input, const field_t *field);
/* No values at all; they live in the arena. */
void bind_nothing(arena_t *arena, bound_input_t *out);
/* Values that were checked before, in the action's present definition: those that it has no more go. values: an object,
 * stolen. Errors: param_*. */
CHECKED bool bind_kept(arena_t *arena, const action_t *action, json_t *values, const bind_limits_t *limits,
                        bound_input_t *out, err_t *err);
CHECKED bool bind_input(arena_t *arena, const action_t *action, const call_request_t *request,
                        const bind_limits_t *limits, bound_input_t *out, err_t *err);

#endif
