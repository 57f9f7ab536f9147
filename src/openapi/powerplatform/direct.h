/* SPDX-License-Identifier: MIT */
/* Private to the package that leads directly to the service: what its parts share. Templates become
 * expressions, requests and policies become policy templates, ways to sign in become parameters of
 * a connection. What cannot be said is noted; an action whose request cannot be said is left out.
 */
#ifndef TENON_OPENAPI_POWERPLATFORM_DIRECT_H
#define TENON_OPENAPI_POWERPLATFORM_DIRECT_H

#include "openapi/flavour.h"
#include "openapi/powerplatform/powerplatform.h"

/* Policy templates stand in this order, so that what goes with a fetch, and its host, are known
 * before it, and what is fetched before it is set. */
typedef enum {
    PHASE_FIRST,
    PHASE_STEP_HOST,
    PHASE_STEP,
    PHASE_HOST,
    PHASE_VALUES,
    PHASE_ROUTE,
    PHASE_BODY,
    PHASE_ANSWER,
    PHASE_COUNT
} direct_phase_t;

typedef struct direct {
    const connector_t *c;
    arena_t *arena;
    json_t *notes, *properties;
    json_t *left_out;           /* actions, as members */
    json_t *before_sign_in;     /* parameters that ways to sign in mention, as members */
    json_t *schemes, *security; /* securityDefinitions, and what of them a call needs */
    json_t *carried; /* {header, query} of what goes with every call and no scheme says */
    str_t host_url;  /* scheme, host and base path of the document */
    str_t base;      /* the connector's, as a text with expressions */
    json_t *instances[PHASE_COUNT]; /* key -> {templateId, parameters, actions} */
    size_t body_policy; /* which of the list is said: its place among the others counts */
} direct_t;

extern const openapi_flavour_t OPENAPI_POWERPLATFORM;

/* --- direct.c --- */
void direct_note(direct_t *x, const char *reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Always false: the action goes, with that reason. */
bool direct_leave_out(direct_t *x, const action_t *a, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool direct_says(const direct_t *x, const action_t *a);

/* --- direct_say.c: templates as texts with expressions; in the arena, absent where they cannot be
 * said --- */
typedef enum { SAY_VALUE, SAY_URL, SAY_BODY, SAY_TRIGGER } say_place_t;
/* a: whose inputs they mention; NULL: none. */
str_t say_template(direct_t *x, const action_t *a, const template_t *t, say_place_t place);
/* A member of a query, header or body: a text, or absent where it is no text. */
str_t say_tree(direct_t *x, const action_t *a, const template_tree_t *tree, say_place_t place);
/* The one reference that a template is; NULL: it is more. */
const expr_t *say_only(const template_t *t);
/* `token:NAME` of what is asked before one signs in. */
str_t say_parameter(const direct_t *x, str_t name);
/* @root() and the steps from..to of a place; an each is not written: the platform goes through
 * every list on its way. */
str_t say_place(direct_t *x, const char *root, const place_t *p, size_t from, size_t to);
/* Where its last step is, if that is a name; else how many there are. */
size_t place_last(const place_t *p);
/* `.a[0]['b']` */
void say_steps(buf_t *to, const template_step_t *steps, size_t count);

/* --- direct_instances.c --- */
/* Members of a policy template. */
#define PARAMETER(name) "x-ms-apimTemplateParameter." name
#define POLICY_SECTION "x-ms-apimTemplate-policySection"
#define POLICY_OPERATIONS "x-ms-apimTemplate-operationName"
/* One use of a policy template by one action, or by all (NULL); parameters is stolen. */
void instance_add(direct_t *x, direct_phase_t phase, const action_t *a, const char *id,
                  json_t *parameters);
/* policyTemplateInstances: those that are equal stand once. Not of actions that are left out. */
json_t *instances_write(const direct_t *x);

/* --- direct_sign_in.c, direct_scheme.c, direct_provider.c --- */
/* Finds the parameters that ways to sign in mention: before anything is said of one. */
void direct_before_sign_in(direct_t *x);
/* False where no way to sign in can be said: noted. */
bool direct_sign_ins(direct_t *x);
/* Adds what a call needs to requirement, and where one signs in, `token` to parameters. False where
 * it cannot be said: noted. */
bool direct_scheme(direct_t *x, const auth_t *auth, json_t *requirement, json_t *parameters);
/* oAuthSettings; NULL where the grant cannot be said: noted. */
json_t *direct_provider(direct_t *x, const auth_t *auth);
/* What the grant has in itself, and no connection asks for: an application's ID and secret. */
bool direct_is_application(const auth_t *auth, const field_t *field);

/* --- direct_request.c, direct_values.c, direct_body.c, direct_answers.c --- */
/* Sets base and host_url. */
void direct_base(direct_t *x);
/* False where the action is left out. */
bool direct_request(direct_t *x, const action_t *a);
bool direct_values(direct_t *x, const action_t *a);
/* What an input of query or header is called where the service sees it. */
str_t direct_wire_name(const connector_t *c, const field_t *f);
/* Whether a step sends no headers but those that the call has, as the platform does it. */
bool direct_step_is_usual(const direct_t *x, const action_t *a, const step_t *step);
void direct_bodies(direct_t *x);
bool direct_answers(direct_t *x, const action_t *a);

#endif
