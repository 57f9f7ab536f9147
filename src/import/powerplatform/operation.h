/* SPDX-License-Identifier: MIT */
/* One operation on its way to an action: what its request is, as the policies leave it one after
 * the other. */
#ifndef TENON_IMPORT_POWERPLATFORM_OPERATION_H
#define TENON_IMPORT_POWERPLATFORM_OPERATION_H

#include "import/powerplatform/source.h"

struct operation {
    source_t *s;
    str_t id;   /* operationId of the source, or method and path */
    str_t name; /* of its line of the report */
    str_t ours; /* of the action */
    const json_t *item, *from;
    str_t method; /* upper case */
    str_t path;   /* of the source */
    json_t *action;
    json_t *body; /* schema of its JSON body, or NULL; borrowed from the action */

    /* The request, as texts of templates. */
    json_t *headers, *query;             /* name -> text */
    json_t *first_headers, *first_query; /* before the policies */
    str_t base;                          /* scheme, host and base path */
    str_t route;                         /* path (and query) in place of the operation's, with its
                                            {variables}; absent */
    str_t route_method;                  /* absent: the operation's */
    json_t *steps;
    json_t *carried; /* {headers, query}: what mentions secrets, of the whole request */
};

/* --- collect.c --- */
bool operation_runs(const operation_t *o); /* not refused so far */

/* --- secrets.c --- */
/* Once all requests are there. */
void secrets_share(source_t *s, const operations_t *all);

/* --- input.c --- */
void input_import(operation_t *o);
/* --- media.c --- */
void media_import(operation_t *o);
/* `input.NAME` or `input['NAME']`. */
str_t input_reference(const operation_t *o, str_t name);

/* --- answers.c --- */
void answers_import(operation_t *o);

/* --- left_out.c --- */
void left_out_of_operation(operation_t *o);

/* --- dynamic.c --- */
/* An input of the source has another name, or is none any more (absent). */
void dynamic_note(operation_t *o, str_t wire, str_t ours);
/* Once all actions are there. */
void dynamic_follow(source_t *s);

/* --- expression.c --- */
typedef enum { EXPRESSION_IN_REQUEST, EXPRESSION_IN_URL, EXPRESSION_IN_BODY, EXPRESSION_IN_TRIGGER } expression_place_t;
/* A text with @expressions as a template. False where one is not understood: the operation is
 * refused. */
bool expression_translate(operation_t *o, str_t text, expression_place_t place, buf_t *to);
str_t expression_in(operation_t *o, str_t text, expression_place_t place); /* absent: refused */
/* `.a[0]['b']`, behind a root. */
bool expression_is_path(str_t tail);

/* --- policy_template.c --- */
/* Runs the policy templates of the request over the operation, in the order of the list. */
void policy_templates_apply(operation_t *o);
/* Those that reshape bodies, as `policies` of the definition. */
void policy_templates_write(source_t *s, operation_t *list, size_t count);

/* --- request.c --- */
void request_begin(operation_t *o);
/* What differs between the action and its request, as `request` of the action. */
void request_finish(operation_t *o, str_t common_base);
/* A path behind base, both templates; its {variables} become inputs. In the arena. */
str_t request_url_in(operation_t *o, str_t base, str_t path);
/* The current text of a header or query parameter, or absent. */
str_t request_value(const json_t *values, str_t name);
void request_set(json_t *values, str_t name, str_t text);

#endif
