/* SPDX-License-Identifier: MIT */
/* What the files of bind share. */
#ifndef TENON_CALL_BIND_INTERNAL_H
#define TENON_CALL_BIND_INTERNAL_H

#include "call/bind.h"
#include "codec/form.h"

typedef struct binding {
    arena_t *arena;
    const action_t *action;
    const call_request_t *request;
    const bind_limits_t *limits;
    bound_input_t *out;
    bool *faulty; /* one a field: something was said about it already */
    err_t *err;
} binding_t;

/* Steals values: an object, kept by the arena from now on. Once. */
void bind_values(binding_t *b, json_t *values);
/* Steals value. */
void bind_value(binding_t *b, const field_t *field, json_t *value);
/* Borrowed; NULL: none came. */
json_t *bound_value(const binding_t *b, const field_t *field);
/* A value that came as text, in the field's type. A name comes again only where its list is spelt that way. */
void bind_text(binding_t *b, const field_t *field, str_t text);
void bind_file(binding_t *b, bound_file_t file);

void bind_fault(binding_t *b, const field_t *field, err_code_t code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void bind_unknown(binding_t *b, str_t name);

/* bind_body.c: the body into values and files. */
CHECKED bool bind_body(binding_t *b);

#endif
