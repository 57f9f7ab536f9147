/* SPDX-License-Identifier: MIT */
/* Policy templates: each is a file and a row. Those of the request change an operation's state one
 * after the other; those of bodies become policies of FORMAT 10. */
#ifndef TENON_IMPORT_POWERPLATFORM_POLICY_TEMPLATE_H
#define TENON_IMPORT_POWERPLATFORM_POLICY_TEMPLATE_H

#include "import/powerplatform/operation.h"

/* A body template at work: for all its operations at once, seen by the first of them. */
typedef struct body_work {
    operation_t *o;
    const json_t *parameters;
    bool response;  /* else the request's body */
    json_t *arrays; /* place -> true or false, where earlier policies made it one or no more */
} body_work_t;

typedef struct policy_template {
    const char *id;       /* without case */
    const char *needs[4]; /* parameters that are texts, by what stands behind their prefix */
    const char *knows[5]; /* others */
    /* One of the two. False: it cannot be said, and is reported. */
    void (*request)(operation_t *o, const json_t *parameters);
    json_t *(*body)(body_work_t *b); /* {verb: {…}}, or NULL */
} policy_template_t;

extern const policy_template_t TEMPLATE_HEADER, TEMPLATE_QUERY, TEMPLATE_HOST, TEMPLATE_SUBDOMAIN,
    TEMPLATE_ROUTE, TEMPLATE_VALUE_FROM_URL, TEMPLATE_POLLING, TEMPLATE_NEXT_LINK, TEMPLATE_STATUS,
    TEMPLATE_SET_PROPERTY, TEMPLATE_STRING_REPLACE, TEMPLATE_ENCODE, TEMPLATE_STRING_TO_ARRAY,
    TEMPLATE_ARRAY_TO_OBJECT, TEMPLATE_OBJECT_TO_ARRAY, TEMPLATE_MOVE;

/* x-ms-apimTemplateParameter.NAME; absent where it is missing or no text. */
str_t instance_text(const json_t *parameters, const char *name);
const json_t *instance_value(const json_t *parameters, const char *name);
/* x-ms-apimTemplate-policySection */
bool is_of_response(const json_t *parameters);

/* --- place.c --- */
/* A place of FORMAT 10 for the paths of the parameters of these names ("@body().a" and "b" or
 * "['b']"), `[]` where the schema, or a policy before, says array. sub may be NULL. Absent where it
 * is no path: reported. */
str_t place_in(body_work_t *b, const char *parent, const char *sub);
/* Of a path that begins with @item(): an element of the list at parent. */
str_t place_new_in(body_work_t *b, const char *parent, const char *path);
void place_is_array(body_work_t *b, str_t place, bool array);
/* `.a[0]` behind @name(); absent where text is no such path. */
str_t place_tail(str_t text);

#endif
