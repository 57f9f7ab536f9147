/* SPDX-License-Identifier: MIT */
/* Templates (FORMAT 8): `text ${expression} text`, parsed once at load, evaluated often, values never scanned
 * again. The position decides the encoding. Knows nothing of connectors: names are looked up through the scope
 * that the caller gives. Pure: time and uuid() come from the scope. Parsed templates are immutable and live in
 * the definition's arena. */
#ifndef TENON_TEMPLATE_TEMPLATE_H
#define TENON_TEMPLATE_TEMPLATE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "codec/yaml.h"

typedef enum {
    ROOT_CONNECTION, ROOT_INPUT, ROOT_STEPS, ROOT_RESPONSE, ROOT_TOKEN, ROOT_CALLBACK, ROOT_OAUTH,
    ROOT_ASSERTION, ROOT_REQUEST, ROOT_BODY, ROOT_ITEM, ROOT_COUNT
} template_root_t;
const char *template_root_name(template_root_t root);

/* One step behind the root: .name or ['any'] (name), or [0] (index). */
typedef struct template_step {
    str_t name; /* absent: an index */
    size_t index;
} template_step_t;

typedef struct template_function template_function_t;
typedef enum { EXPR_TEXT, EXPR_INT, EXPR_REF, EXPR_CALL } expr_kind_t;
typedef struct expr expr_t;
struct expr {
    expr_kind_t kind;
    bool is_bytes; /* the value is bytes: a digest, unhex… */
    str_t text;    /* EXPR_TEXT */
    int64_t number; /* EXPR_INT */
    template_root_t root; /* EXPR_REF */
    const template_step_t *steps;
    size_t step_count;
    const template_function_t *function; /* EXPR_CALL */
    const expr_t **arguments;
    size_t argument_count;
};
const char *template_function_name(const template_function_t *f);

typedef struct template_part {
    str_t text;         /* literal text, where expr is NULL; `$${` is undone */
    const expr_t *expr;
} template_part_t;

typedef struct template {
    str_t source;
    const template_part_t *parts;
    size_t count;          /* 0: the empty text */
    unsigned line, column; /* in the file */
} template_t;

enum { TEMPLATE_BYTES_MAX = 8192, TEMPLATE_EXPRESSIONS_MAX = 32, TEMPLATE_DEPTH_MAX = 8 };

/* Parses. Errors carry the place: template_syntax, template_function (unknown, with the nearest name; wrong number of
 * arguments), template_unknown_name (no such root, with the nearest), template_bytes (bytes that no hex(), base64()
 * or base64url() wraps; a text that is nothing but `${unhex(…)}` passes, as keys may be bytes: its expr is_bytes,
 * and only template_text takes it). The place is line and column as given; messages tell the character inside. */
const template_t *template_parse_in(arena_t *arena, str_t text, unsigned line, unsigned column, err_t *err);
/* No expression in it. */
bool template_is_constant(const template_t *t);
/* The text of a constant one. */
str_t template_constant(const template_t *t);
/* Visits every reference; sure is true where nothing around it (default, join) tolerates its absence. */
typedef void template_on_ref_t(void *context, const expr_t *ref, bool sure);
void template_visit(const template_t *t, template_on_ref_t *on_ref, void *context);
void expr_visit(const expr_t *e, template_on_ref_t *on_ref, void *context);
/* Whether the value of e can be absent, given whether a reference can (FORMAT 8: absent in, absent out, but default
 * and join). */
typedef bool template_ref_is_sure_t(void *context, const expr_t *ref);
bool expr_is_sure(const expr_t *e, template_ref_is_sure_t *is_sure, void *context);

/* What references mean and what time it is, for one request. */
typedef struct template_scope {
    void *context;
    /* Answers a new reference, or NULL where the value is absent. steps as in expr. */
    json_t *(*lookup)(void *context, template_root_t root, const template_step_t *steps, size_t count);
    int64_t wall_ms;    /* now(): fixed within one request */
    char uuid[37];      /* uuid(): the same; "" is drawn at first use */
} template_scope_t;

/* Walks the steps into a value: a borrowed reference or NULL. For lookups. */
const json_t *template_walk(const json_t *value, const template_step_t *steps, size_t count);

typedef enum { TEMPLATE_OK, TEMPLATE_ABSENT, TEMPLATE_FAILED } template_outcome_t;

/* As text, without encoding: bool and number as JSON, null is absent, an object or list is template_type. Where `to` is to hold
 * secrets, give a wiping buffer. In part on ABSENT and FAILED. */
template_outcome_t template_text(const template_t *t, template_scope_t *scope, buf_t *to, err_t *err);
/* As a header value: other bytes than tab and 0x20-0x7E are param_control_char. */
template_outcome_t template_header(const template_t *t, template_scope_t *scope, buf_t *to, err_t *err);
/* As JSON: exactly one `${…}` keeps its type, else a string. *out is a new reference. */
template_outcome_t template_json(const template_t *t, template_scope_t *scope, json_t **out, err_t *err);
/* One expression's value. */
template_outcome_t expr_json(const expr_t *e, template_scope_t *scope, json_t **out, err_t *err);

/* --- trees: JSON whose strings may be templates (json, form, query, params … in FORMAT) --- */
typedef struct template_tree template_tree_t;
typedef struct template_member {
    str_t name; /* never a template */
    const template_tree_t *value;
    unsigned line, column; /* of the name */
} template_member_t;
struct template_tree {
    enum { TREE_VALUE, TREE_TEMPLATE, TREE_LIST, TREE_OBJECT } kind;
    json_t *value;              /* TREE_VALUE: null, bool, number or a constant string; owned by the arena */
    const template_t *template; /* TREE_TEMPLATE */
    size_t count;
    union {
        const template_tree_t **items;
        const template_member_t *members;
    };
    unsigned line, column; /* of the name it stands under; of a root or an item: its own */
};
/* From YAML: plain scalars in JSON spelling are null, bool and numbers, all others are templates or strings.
 * text_only: every scalar but a plain null is text as written (headers). Faults come to on_fault, at the place of
 * the tree; the tree is complete anyway. */
const template_tree_t *template_tree_in(arena_t *arena, const yaml_node_t *node, bool text_only,
                                        yaml_on_fault_t *on_fault, void *context);
void template_tree_visit(const template_tree_t *tree, template_on_ref_t *on_ref, void *context);
/* Absent members and items go, and a map or list so emptied (ABSENT where all goes). *out is a new reference. */
template_outcome_t template_tree_json(const template_tree_t *tree, template_scope_t *scope, json_t **out,
                                      err_t *err);

/* --- URLs (FORMAT 9) --- */
typedef enum {
    URL_ABSOLUTE, /* https://authority… */
    URL_RELATIVE, /* /… behind base_url */
    URL_WHOLE     /* ${…} is a whole URL, then nothing, /… or ?… */
} url_template_kind_t;
typedef struct url_template {
    url_template_kind_t kind;
    str_t scheme;               /* URL_ABSOLUTE: "https" or "http" */
    const template_t *source;
    /* The parts by position; an authority or path part is text or one expression. */
    const template_part_t *authority; /* URL_ABSOLUTE; URL_WHOLE: the one expression */
    size_t authority_count;
    bool *label_dots;           /* one a part, set by the loader: dots are allowed (a value out of choices) */
    const template_part_t *path; /* with its leading `/`; none: empty */
    size_t path_count;
    const template_part_t *query; /* behind `?`; */
    size_t query_count;
    bool has_query;
    str_t fragment;             /* constant, behind `#`; absent where there is none */
} url_template_t;
/* Errors: definition_bad_url (another scheme, user information, an expression in the fragment, …). */
const url_template_t *url_template_in(arena_t *arena, const template_t *t, err_t *err);
/* The host where it is constant (without port), else absent; port 0 where none is written. */
str_t url_template_constant_host(const url_template_t *u, uint16_t *port);
/* Appends the URL, encoded by position. base: without trailing `/`, for URL_RELATIVE. Errors: param_host (a value
 * that may not stand in a host, or a whole URL that is none), param_empty, param_dot_segment; ABSENT where a value
 * is missing. */
template_outcome_t url_template_text(const url_template_t *u, template_scope_t *scope, str_t base, buf_t *to,
                                     err_t *err);
/* What stands before its path: scheme and authority, base, or the whole address that a value is. */
template_outcome_t url_template_front(const url_template_t *u, template_scope_t *scope, str_t base, buf_t *to,
                                      err_t *err);

#endif
