/* SPDX-License-Identifier: MIT */
/* What a person sees of connecting: the form, how it ended, and the pages that stand where nothing is left to do. From
 * plain values to a whole HTML document; no session, no HTTP, no clock. Needs no script; all style comes from
 * connect_style (`style-src 'self'` will do, `img-src` is not needed). Whatever a definition, a requester or a service
 * says is shown as text, and only http(s) links become links. Pure, any thread. */
#ifndef TENON_API_CONNECT_PAGE_H
#define TENON_API_CONNECT_PAGE_H

#include <jansson.h>

#include "base/buf.h"
#include "definition/model.h"

typedef enum {
    CONNECT_FORM,      /* to be filled in */
    CONNECT_WAITING,   /* for a person who signs in elsewhere by a code */
    CONNECT_DONE,      /* it went well */
    CONNECT_FAILED,    /* it was tried, and `outcome` says what came of it */
    CONNECT_GONE,      /* there is no such page (any more): `fault` says why */
    CONNECT_SIGNED_OUT /* where a service sends people who signed out */
} connect_stage_t;

/* All is borrowed for the call. NULL or absent: there is none. */
typedef struct connect_page {
    connect_stage_t stage;
    str_t style_url; /* where the browser finds connect_style: "/connect/style.css" below the public address's path */

    /* What it is about; all stages but GONE and SIGNED_OUT need a connector. */
    const connector_t *connector;
    str_t requester;  /* who asks for it */
    str_t name;       /* the connection's */
    str_t title;      /* the connection's */
    bool reconnects;  /* the connection was there before the link was made */
    str_t return_url; /* a link back, ready to be followed; http(s) */

    /* FORM */
    const json_t *auths;  /* array of the names of the ways that are offered; NULL: all */
    const auth_t *auth;   /* the chosen one; not NULL */
    const json_t *preset; /* object, name -> value: fixed by who made the link; shown as such, secrets left out */
    const json_t *stored; /* object, name -> value as /v1 shows a connection's parameters: a secret is {"set": true} */
    const json_t *given;  /* object, name -> text as it was sent and refused; secrets in it are not shown */
    const err_t *fault;   /* why it was refused; details with pointer /parameters/NAME stand at their field. In GONE: why */
    str_t action;         /* path of the form, and of WAITING; ways to sign in are links to `action?auth=NAME` */
    str_t csrf;
    str_t redirect_url, logout_url; /* this host's, to be entered at the service; shown where the way is authorization_code */

    /* WAITING: the code, as /v1/connections/{connection}/sign-in shows it */
    const json_t *device;
    unsigned refresh_s; /* the page comes again after so many seconds; 0: it does not */
    str_t watch_url;    /* path that shows the page which does */

    /* FAILED: as a step of a connection's test, {code, detail, error?, error_description?, explain?, status?} */
    const json_t *outcome;
    str_t again_url; /* path that shows the form again */
} connect_page_t;

/* A ceiling for *to: a definition file of a MiB stays below it. Check buf_ok afterwards. */
enum { CONNECT_PAGE_MAX = 16 * 1024 * 1024 };
void connect_page_write(buf_t *to, const connect_page_t *page);

/* Names in the form, which is sent as application/x-www-form-urlencoded by POST. A parameter is CONNECT_FIELD_PARAMETER and its
 * name. Of two parts of one name the LAST counts: a box that is not ticked is sent as "false", a ticked one as "false"
 * and then "true". Line ends of a pem arrive as CR LF. Empty: not given; of a stored secret: keep it. */
#define CONNECT_FIELD_CSRF "csrf"
#define CONNECT_FIELD_AUTH "auth"
#define CONNECT_FIELD_PARAMETER "p."

/* The style sheet, type `text/css; charset=utf-8`, and its strong ETag with quotes (RFC 9110 8.8.3). */
str_t connect_style(void);
str_t connect_style_etag(void);

#endif
