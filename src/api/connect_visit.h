/* SPDX-License-Identifier: MIT */
/* One request of the browser that holds a connect session's cookie, and what its steps share. In the worker's thread; it
 * dies with the request. */
#ifndef TENON_API_CONNECT_VISIT_H
#define TENON_API_CONNECT_VISIT_H

#include "api/browser.h"
#include "api/connect/page.h"

typedef struct visit visit_t;
struct visit {
    resource_t *r;
    arena_t *arena;
    str_t id, cookie;
    connector_t *connector; /* a reference */
    const auth_t *auth;     /* the way to sign in that is shown or was sent */
    json_t *session;        /* as it was shown */
    json_t *shown;          /* the connection as it is; NULL: not there yet */
    json_t *given;          /* of a form: name -> text */
    void (*on_open)(visit_t *v);
    void (*then)(visit_t *v, json_t *output); /* of the question under way; output is borrowed */
};

/* Finds the session by its cookie, then what it is for, and goes on with on_open; else the answer is given. */
void visit_open(resource_t *r, void (*on_open)(visit_t *v));
/* Asks the control loop in the name of the session, which has the power of whoever made its link (input is stolen). then comes where it went well, else the
 * form is shown again with the reason. */
void visit_ask(visit_t *v, admin_verb_t verb, json_t *input, void (*then)(visit_t *v, json_t *output));
/* Who holds the session, as the audit trail names them. */
actor_t visit_actor(const visit_t *v);
/* A question about the session itself: {id, cookie}, to be filled up. */
json_t *visit_key(const visit_t *v);

/* Each gives the answer. fault: why what was sent is refused; NULL: nothing was. */
void visit_show_form(visit_t *v, const err_t *fault);
void visit_show_waiting(visit_t *v);
/* The person asked the page to look by itself. */
bool visit_watches(const visit_t *v);
void visit_show_result(visit_t *v);
/* To its own page, by GET. */
void visit_go_on(visit_t *v);

/* The name of the session's cookie. In the arena. */
str_t visit_cookie_name(arena_t *arena, str_t id);

#endif
