/* SPDX-License-Identifier: MIT */
/* A request in the making (FORMAT 6): what a definition says of it, evaluated and put in its places, and the bytes at the
 * end. Steps, `verify` and the requests of actions are all made of these parts. Pure: everything lives in the arena. */
#ifndef TENON_REQUEST_DRAFT_H
#define TENON_REQUEST_DRAFT_H

#include "codec/json_numbers.h"
#include "definition/scope.h"
#include "upstream/message.h"

/* What came with a call as a file. */
typedef struct bound_file {
    const field_t *field;
    str_t bytes, file_name, type; /* borrowed of the body */
} bound_file_t;

/* name=value of a query or form. */
typedef struct pair {
    str_t name, value;
    str_t encoded;            /* of a query: the whole pair as it goes out; absent: made of name and value */
    const bound_file_t *file; /* of a form: this file is the value; NULL: none */
} pair_t;
typedef struct pairs {
    pair_t *list;
    size_t count, capacity;
} pairs_t;

typedef enum { CONTENT_NONE, CONTENT_JSON, CONTENT_FORM, CONTENT_BYTES } content_kind_t;
typedef struct content {
    content_kind_t kind;
    json_t *json; /* CONTENT_JSON: owned by somebody else; copied before it changes */
    pairs_t form; /* CONTENT_FORM */
    bool multipart;
    str_t bytes, type; /* CONTENT_BYTES; type also of the others once they are written */
} content_t;

typedef struct draft {
    arena_t *arena;
    value_scope_t values; /* &values.scope goes to templates */
    const bound_file_t *files; /* of the input */
    size_t file_count;
    const json_numbers_t *numbers; /* how those of the caller's body were spelt; NULL: as they are written */
    const field_t *body_field; /* the input that is the whole body; NULL: none */
    upstream_request_t *out;
    str_t front; /* of the URL: all before the query */
    pairs_t query;
    content_t content;
    size_t header_room;
    err_t *err;
} draft_t;

/* --- a whole request (request.c) --- */

/* A step of a way to sign in: as it stands there, without credential and without the top-level request. scope is copied:
 * its steps, its time. base_url: for relative URLs, without trailing `/`. Errors: param_*, parameter_missing,
 * upstream_answer_incomplete (an answer did not bring what the address needs). */
CHECKED bool request_build(arena_t *arena, const value_scope_t *scope, str_t base_url,
                           const request_definition_t *definition, upstream_request_t *out, err_t *err);
/* Headers, query and body of a definition, on top of what is there. */
CHECKED bool draft_request(draft_t *d, const request_definition_t *definition);

/* --- values (value.c) --- */

/* A wiping buffer that dies with the arena. */
buf_t *draft_buf(draft_t *d);
/* A fault where it met its ceiling. */
CHECKED bool draft_check_buf(draft_t *d, const buf_t *b);
/* Keeps the reference until the arena goes; answers it. */
json_t *draft_keep(draft_t *d, json_t *value);
/* An input's value; NULL: absent. */
const json_t *draft_input(const draft_t *d, const field_t *field);
/* Text of a value. False where it is too long. */
CHECKED bool draft_value_text(draft_t *d, const json_t *value, str_t *out);
/* Absent values answer true with an absent str or NULL. A fault is told as the caller of the action must hear it:
 * 400 where an input is at fault, 502 where an answer is. The JSON is kept by the arena. */
CHECKED bool draft_text(draft_t *d, const template_t *t, str_t *out);
CHECKED bool draft_header_text(draft_t *d, const template_t *t, str_t *out);
CHECKED bool draft_tree(draft_t *d, const template_tree_t *tree, json_t **out);
/* The same where only a scalar or a list of them can stand (FORMAT 8: objects in text are an error). */
CHECKED bool draft_tree_of_texts(draft_t *d, const template_tree_t *tree, json_t **out);
/* A value that is missing is a fault, as nothing of a URL can go:
 * param_missing (input), upstream_answer_incomplete (steps, token), parameter_missing (connection). */
CHECKED bool draft_url(draft_t *d, const url_template_t *url, str_t base, str_t *out);
/* A fault of one input, with its pointer. */
bool draft_fault(draft_t *d, str_t name, err_code_t code, const char *text);

/* --- headers (header.c) --- */

/* Replaces a header of that name. Empty ones hold their place until draft_headers_end. */
void draft_header(draft_t *d, str_t name, str_t value);
bool draft_has_header(const draft_t *d, const char *name);
CHECKED bool draft_headers(draft_t *d, const named_templates_t *headers);
/* FORMAT 8: an empty header is not sent. */
void draft_headers_end(draft_t *d);

/* --- pairs (pairs.c) --- */

/* Appends. */
void pairs_add(draft_t *d, pairs_t *pairs, pair_t pair);
/* Before what stands at `at`. */
void pairs_insert(draft_t *d, pairs_t *pairs, size_t at, pair_t pair);
/* Removes all of that name; answers where the first of them stood, or the end. */
size_t pairs_take_out(pairs_t *pairs, str_t name);
/* A later name replaces an earlier one in its place; lists repeat it. */
CHECKED bool pairs_put(draft_t *d, pairs_t *pairs, str_t name, const json_t *value);
/* The members of a tree (an object, or NULL); null removes a name. */
CHECKED bool pairs_put_tree(draft_t *d, pairs_t *pairs, const template_tree_t *tree);
/* One pair of a query, as it stands there. */
void pairs_add_encoded(draft_t *d, pairs_t *pairs, str_t encoded);
/* Those of a URL. */
void pairs_add_query(draft_t *d, pairs_t *pairs, str_t query);
void pairs_write_query(const pairs_t *pairs, buf_t *to);

/* --- the URL (url.c): d->front and the URL's own query --- */

/* A whole one. */
void draft_split_url(draft_t *d, str_t url);
CHECKED bool draft_request_url(draft_t *d, const url_template_t *url, str_t base);
/* out->url, once the query is complete. */
CHECKED bool draft_write_url(draft_t *d);

/* --- the body (content.c) --- */

CHECKED bool content_of_request(draft_t *d, const request_definition_t *request);
/* members (an object, or NULL) of a credential; bodies that are no JSON, and methods without body, are left alone. */
CHECKED bool content_inject(draft_t *d, const template_tree_t *members);
/* out->body, and its Content-Type unless that is set. */
CHECKED bool content_write(draft_t *d);

#endif
