/* SPDX-License-Identifier: MIT */
/* One request to one of Tenon's own resources, from the route to its answer, and what the handlers
 * share. In the worker's thread. A handler leads to exactly one resource_answer, resource_nothing
 * or resource_fail, now or later; after it *r is gone. */
#ifndef TENON_API_RESOURCE_H
#define TENON_API_RESOURCE_H

#include <jansson.h>

#include "api/api.h"
#include "connection/browser_secret.h"

enum { ROUTE_VARIABLES_MAX = 2, PAGE_MAX = 1000, PAGE_DEFAULT = 100 };

typedef struct body_member {
    const char *name;
    json_type type; /* JSON_TRUE: a boolean */
    bool needed;
} body_member_t;
typedef struct body {
    const body_member_t *members;
    size_t count;
} body_t;
#define BODY_OF(list)                                                                              \
    {                                                                                              \
        (list), sizeof(list) / sizeof *(list)                                                      \
    }

typedef struct route route_t;
typedef struct resource {
    const api_options_t *api;
    worker_t *worker;
    http_request_t *request;
    const http_view_t *view;
    const route_t *route;
    caller_key_t *caller; /* NULL where the route is public */
    str_t variables[ROUTE_VARIABLES_MAX];
    json_t *body; /* an object whose members have the types of the route's body; NULL: none */
    int status;   /* of resource_admin's answer */
    void (*on_identified)(struct resource *r);
    void (*on_told)(struct resource *r);
    void (*on_output)(struct resource *r, json_t *output);
    void *handling;           /* the handler's own, or NULL */
    browser_digest_t session; /* of the console, by whose cookie it is known who asks… */
    const char *csrf;         /* …and its secret; NULL: not by a session */
    bool may_change;          /* something, whatever its method */
} resource_t;

/* Matches, identifies, checks access and body, and runs the handler. */
void resource_handle(const api_options_t *api, worker_t *w, http_request_t *request);

/* output is stolen. */
void resource_answer(resource_t *r, int status, json_t *output);
/* The same with one header more, such as Location. */
void resource_answer_with(resource_t *r, int status, json_t *output, const http_header_t *header);
/* 201 with Location: what was made is found at path and name (which needs no encoding). output is
 * borrowed. */
void resource_answer_made(resource_t *r, str_t path, str_t name, json_t *output);
/* 200 with a text of another media type; both are borrowed until it returns. */
void resource_answer_text(resource_t *r, str_t type, str_t text);
/* 200 with a text that a client may keep; it asks each time whether it still holds, by a strong ETag:
 * 304 where it does (RFC 9110 13.1.2). All is borrowed until it returns. */
typedef struct resource_document {
    str_t type, text;
    str_t tag;       /* quotes included */
    bool is_private; /* not for caches that others share */
} resource_document_t;
void resource_answer_document(resource_t *r, const resource_document_t *document);
/* If-None-Match names that strong ETag: 304 will do. */
bool resource_client_has(const resource_t *r, str_t tag);
/* Any other answer, with no further header; all is borrowed until it returns. */
void resource_answer_as(resource_t *r, int status, const http_header_t *headers, size_t count, str_t body);
/* For an answer in pieces: the request, which the caller answers from here on; all else is gone. */
http_request_t *resource_take_request(resource_t *r);
/* 204 */
void resource_nothing(resource_t *r);
void resource_fail(resource_t *r, const err_t *err);
void resource_refuse(resource_t *r, err_code_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Learns who asks, by a key or, below /v1, by a session of the console; then caller is set. Whoever is nobody, and a session's request
 * that changes something and is not the console's own, is refused, and on_identified never called. */
void resource_identify(resource_t *r, void (*on_identified)(resource_t *r));
/* 401, to a browser. */
void resource_refuse_signed_out(resource_t *r);
/* A line in the audit trail that the present request was refused. */
void resource_note_refusal(const resource_t *r, err_code_t code);

/* Who asks: the key's holder, or on a public address whoever holds a connect session, which is still to
 * be named. */
actor_t resource_actor(const resource_t *r);
/* Asks the control loop (input is stolen) and answers its output with status, 204 where there is
 * none. */
void resource_admin(resource_t *r, admin_verb_t verb, json_t *input, int status);
/* The same, but an output goes to on_output, borrowed. */
void resource_admin_then(resource_t *r, admin_verb_t verb, json_t *input,
                         void (*on_output)(resource_t *r, json_t *output));

/* For what no verb of the control loop does: a line in the audit trail, and then on_told, or the answer that the line could
 * not be written. what is the route's. refused: ERR_none, it was done. */
/* First: false, and refused, where no line can be written. */
CHECKED bool resource_can_tell(resource_t *r);
void resource_tell_then(resource_t *r, err_code_t refused, void (*on_told)(resource_t *r));

/* False, and refused as if there were no such connection, where the key is not bound to it. */
CHECKED bool resource_may_see(resource_t *r, str_t connection);

/* The values of the named query parameters, the last of each; where it is missing, the value stays. Errors: param_unknown,
 * request_*. */
CHECKED bool resource_query(resource_t *r, const char *const *names, size_t count, str_t *values, err_t *err);
/* A whole number; below 1 counts as 1, above PAGE_MAX as PAGE_MAX. Error: param_type. */
CHECKED bool resource_read_limit(str_t text, unsigned *limit, err_t *err);
/* Reads limit (1 to PAGE_MAX), after, and those further query parameters whose names are given;
 * absent where they are missing. Errors: param_unknown, param_type, request_*. */
typedef struct page {
    unsigned limit;
    str_t after;
    str_t filter; /* the further parameter */
} page_t;
CHECKED bool resource_page(resource_t *r, const char *filter, page_t *out, err_t *err);
/* The same with up to FILTERS_MAX further parameters; their values are absent where they are missing. */
enum { FILTERS_MAX = 8 };
CHECKED bool resource_page_with(resource_t *r, const char *const *filters, size_t count, str_t *values, page_t *out,
                                err_t *err);

/* Fills r->body by the route's body; what is not wanted is not looked at. Errors: media_type,
 * json_*, and those of body_check. */
CHECKED bool resource_read_body(resource_t *r, err_t *err);
/* The body's checks, for tests: an object with known members of the right types, the
 * needed ones among them. Errors: param_missing,
 * param_unknown, param_type. */
CHECKED bool body_check(const body_t *body, const json_t *value, err_t *err);

#endif
