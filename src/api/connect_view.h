/* SPDX-License-Identifier: MIT */
/* What people see of connecting: from connector, session and values to the page. Pure. */
#ifndef TENON_API_CONNECT_VIEW_H
#define TENON_API_CONNECT_VIEW_H

#include <jansson.h>

#include "definition/model.h"

enum { CONNECT_HTML_MAX = 4 * 1024 * 1024 };

typedef struct connect_view {
    const connector_t *connector;
    const auth_t *auth;    /* the way to sign in that is shown */
    const json_t *session; /* as ADMIN_SESSION_SHOW tells it */
    const json_t *shown;   /* the connection as it is; NULL: not there yet */
    const json_t *given;   /* what was filled in and refused: name -> text; NULL: nothing */
    const err_t *fault;    /* why, by field (`/parameters/NAME`) where it has details; NULL: none */
    str_t action;          /* where the form goes */
} connect_view_t;

void connect_write_form(buf_t *to, const connect_view_t *view);
/* How it ended: the session's outcome. again: where to try once more. */
void connect_write_result(buf_t *to, const connect_view_t *view, str_t again);
/* A page that cannot be shown. */
void connect_write_fault(buf_t *to, const err_t *err);
void connect_write_signed_out(buf_t *to);

/* The ways to sign in that a session offers: the name that is asked for, else the recommended one, else the first; NULL
 * where the definition has none of them any more. */
const auth_t *connect_auth(const connector_t *connector, const json_t *session, str_t asked);
/* Fixed by whoever made the link. */
bool connect_is_preset(const json_t *session, str_t parameter);
/* return_url with the outcome; nothing where there is none. */
void connect_write_return_url(buf_t *to, const json_t *session);

/* Names in the form. */
#define CONNECT_FIELD_CSRF "csrf"
#define CONNECT_FIELD_AUTH "auth"
#define CONNECT_FIELD_PARAMETER "p." /* and the parameter's name */

#endif
