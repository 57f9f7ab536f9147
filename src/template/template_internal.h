/* SPDX-License-Identifier: MIT */
/* Private to template: what parsing, functions and evaluation share. */
#ifndef TENON_TEMPLATE_TEMPLATE_INTERNAL_H
#define TENON_TEMPLATE_TEMPLATE_INTERNAL_H

#include "template/template.h"

/* Reads a template from left to right. Functions that answer NULL or false have reported. */
typedef struct parser {
    arena_t *arena;
    str_t text;
    size_t at;
    unsigned depth; /* of calls */
    unsigned line, column;
    err_t *err;
} parser_t;
/* NUL at the end. */
char parse_peek(const parser_t *p);
/* What is left at p->at begins with it. */
bool parse_comes(const parser_t *p, str_t what);
/* Passes the character, if it comes. */
bool parse_take(parser_t *p, char c);
void parse_skip_blanks(parser_t *p);
/* [A-Za-z0-9_-]*, may be empty. */
str_t parse_name(parser_t *p);
/* A quoted text, from behind its first quote. */
bool parse_string(parser_t *p, str_t *out);
bool parse_integer(parser_t *p, int64_t *out);
const expr_t *parse_expr(parser_t *p);
/* Reports template_syntax. Answers NULL, for `return parse_fail(…)`. */
void *parse_fail(parser_t *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Reports template_bytes and answers false. */
bool parse_refuse_bytes(parser_t *p, const expr_t *e);

/* What a value may take while it is made; a request's body passes through digests and encodings. */
enum { VALUE_BYTES_MAX = 64 << 20 };
/* Functions with more arguments evaluate them themselves (call_own_t). */
enum { STRICT_ARGUMENTS_MAX = 3 };

/* The value of an expression while it is evaluated. Zeroed: nothing. */
typedef struct value {
    json_t *json; /* owned; NULL where the value is bytes */
    buf_t bytes;  /* wiping; also the text of a json that is a bool or number */
} value_t;
void value_fini(value_t *v);

template_outcome_t expr_evaluate(const expr_t *e, template_scope_t *scope, value_t *out,
                                 err_t *err);
/* Appends the value as text; bytes as they are. null counts as absent. */
template_outcome_t expr_text(const expr_t *e, template_scope_t *scope, buf_t *to, err_t *err);
/* Gives a fault of evaluation the place of its template. */
template_outcome_t placed(const template_t *t, template_outcome_t outcome, err_t *err);

/* A call whose arguments are all there, as text or bytes. */
typedef struct call {
    const expr_t *expr;
    template_scope_t *scope;
    str_t texts[STRICT_ARGUMENTS_MAX];
    err_t *err;
} call_t;
typedef template_outcome_t call_text_t(const call_t *call, buf_t *to);
/* A call that evaluates its arguments itself. */
typedef template_outcome_t call_own_t(const expr_t *e, template_scope_t *scope, value_t *out,
                                      err_t *err);

enum { ARGUMENTS_ANY = 4096, TOLERATES_NONE = ARGUMENTS_ANY };
struct template_function {
    const char *name;
    size_t least, most;   /* arguments */
    unsigned takes_bytes; /* bit i: argument i may be bytes */
    bool gives_bytes;
    bool bytes_may_be_key; /* bytes that a template may consist of: a key */
    size_t number_at;      /* argument that is a whole number; 0: none */
    int64_t number_least;
    size_t tolerates_from; /* from here on arguments may be absent, if one of them is present */
    call_text_t *text;     /* either this */
    call_own_t *own;       /* or this */
    bool (*check)(const expr_t *e,
                  err_t *err); /* constant arguments, at load; NULL: nothing to check */
};
/* NULL where there is none. */
const template_function_t *template_function_find(str_t name);
/* For suggestions: NULL behind the last one. */
const template_function_t *template_function_at(size_t index);

/* Whether a segment of the path (encoded) is `.` or `..`. */
bool url_has_dot_segment(str_t path);

/* now(): format is unix, unix_ms, iso, http or strftime's; offset is [+-]N(ms|s|m|h|d). */
bool now_is_format(str_t format);
CHECKED bool now_read_offset(str_t text, int64_t *offset_ms);
/* False where the year or the length leaves what can be written. */
CHECKED bool now_write(buf_t *to, str_t format, int64_t at_ms);

#endif
