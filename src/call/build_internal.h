/* SPDX-License-Identifier: MIT */
/* A request in the making, as the files of build share it. Everything lives in the build's arena. */
#ifndef TENON_CALL_BUILD_INTERNAL_H
#define TENON_CALL_BUILD_INTERNAL_H

#include "call/build.h"

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
    build_t *b;
    value_scope_t values; /* &values.scope goes to templates */
    upstream_request_t *out;
    const inject_t *inject; /* of the credential; NULL: none is sent */
    str_t front;            /* of the URL: all before the query */
    pairs_t query;
    content_t content;
    size_t header_room;
    err_t *err;
} draft_t;

/* --- the whole (build.c) --- */

void draft_begin(draft_t *d, build_t *b, upstream_request_t *out, err_t *err);
/* The top-level request. */
CHECKED bool draft_common(draft_t *d);
/* Body, credential and URL, when all else is there. */
CHECKED bool draft_end(draft_t *d, str_t accept);

/* --- values (build_value.c) --- */

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

/* --- parts --- */

/* build_header.c: replaces a header of that name. Empty ones hold their place until draft_headers_end. */
void draft_header(draft_t *d, str_t name, str_t value);
bool draft_has_header(const draft_t *d, const char *name);
CHECKED bool draft_headers(draft_t *d, const named_templates_t *headers);
CHECKED bool draft_header_fields(draft_t *d);
/* FORMAT 8: an empty header is not sent. */
void draft_headers_end(draft_t *d);

/* build_pairs.c */
/* Appends. */
void pairs_add(draft_t *d, pairs_t *pairs, pair_t pair);
/* A later name replaces an earlier one in its place; lists repeat it. */
CHECKED bool pairs_put(draft_t *d, pairs_t *pairs, str_t name, const json_t *value);
/* The members of a tree (an object, or NULL); null removes a name. */
CHECKED bool pairs_put_tree(draft_t *d, pairs_t *pairs, const template_tree_t *tree);
/* An input, by its collectionFormat. in_query: its separators stay as they are there. */
CHECKED bool pairs_put_field(draft_t *d, pairs_t *pairs, const field_t *field, bool in_query);
/* One pair of a query, as it stands there. */
void pairs_add_encoded(draft_t *d, pairs_t *pairs, str_t encoded);
/* Those of a URL. */
void pairs_add_query(draft_t *d, pairs_t *pairs, str_t query);
void pairs_write_query(const pairs_t *pairs, buf_t *to);

/* build_url.c: d->front and the URL's own query. */
CHECKED bool draft_action_url(draft_t *d);
void draft_page_url(draft_t *d, str_t url);
CHECKED bool draft_request_url(draft_t *d, const url_template_t *url);
/* The base_url, with nothing behind it. */
CHECKED bool draft_base_url(draft_t *d, str_t *out);
/* out->url, once the query is complete. */
CHECKED bool draft_write_url(draft_t *d);

/* build_content.c */
/* The inputs that are the body. */
CHECKED bool content_of_fields(draft_t *d);
CHECKED bool content_of_request(draft_t *d, const request_definition_t *request);
/* members (an object, or NULL) of a credential; bodies that are no JSON, and methods without body, are left alone. */
CHECKED bool content_inject(draft_t *d, const template_tree_t *members);
/* out->body, and its Content-Type unless that is set. */
CHECKED bool content_write(draft_t *d);

/* build_credential.c: what goes last, in three strokes (FORMAT 5, inject). */
void credential_begin(draft_t *d);
CHECKED bool credential_json(draft_t *d);
CHECKED bool credential_query(draft_t *d);
CHECKED bool credential_headers(draft_t *d);

#endif
