/* SPDX-License-Identifier: MIT */
/* What goes to a person's browser rather than to a program: pages, ways on, cookies. No page runs a script, loads anything
 * from elsewhere, can be framed, or is kept; none tells where the person came from. */
#ifndef TENON_API_BROWSER_H
#define TENON_API_BROWSER_H

#include "api/connect/page.h"
#include "api/resource.h"

/* set_cookie, here and below: a Set-Cookie value; absent: none. */
/* The page; where it tells a fault, with the fault's status and code. Its style_url is set here. */
void browser_connect_page(resource_t *r, connect_page_t *page, str_t set_cookie);
/* CONNECT_GONE with err. */
void browser_fault(resource_t *r, const err_t *err, str_t set_cookie);
/* 303 See Other (RFC 9110 15.4.4), so that nothing of a form is sent on. */
void browser_send_to(resource_t *r, str_t location, str_t set_cookie);
/* For HEAD and prefetches, by which mail scanners and browsers look ahead: nothing happens. True where it was one and is
 * answered. */
CHECKED bool browser_only_looks(resource_t *r);

/* In the request's arena: an address of ours, as the browser knows it. */
str_t browser_address(const resource_t *r, const char *path, str_t rest);
/* The same without scheme and host, for cookies. */
str_t browser_path(const resource_t *r, const char *path);

typedef struct browser_cookie {
    str_t name, value; /* a value that is empty takes the cookie away */
    const char *path;  /* of ours */
    unsigned max_age_s;
} browser_cookie_t;
/* As Set-Cookie: HttpOnly, SameSite=Lax, and Secure where the public address has TLS. In the request's arena. */
str_t browser_set_cookie(const resource_t *r, const browser_cookie_t *cookie);
/* Of the request; absent where it has none. */
str_t browser_get_cookie(const resource_t *r, str_t name);
/* for (str_t rest = r->view->cookie; browser_next_cookie(&rest, &name, &value);) */
bool browser_next_cookie(str_t *rest, str_t *name, str_t *value);

/* prefix, and what tells this text from others: so many hexadecimal digits of its SHA-256. In the request's arena. */
str_t browser_name_of(const resource_t *r, const char *prefix, str_t text);
/* The cookie of the console's session, SameSite=Strict and until the browser ends. Its name is this host's, by its public
 * address: `__Host-tenon_…` behind TLS, `tenon_…` on a developer's machine. Absent where there is none. */
str_t browser_get_session(const resource_t *r);
/* As Set-Cookie; an empty value takes it away. In the request's arena. */
str_t browser_set_session(const resource_t *r, str_t value);
/* The browser says that the request comes from a page of ours (Origin, RFC 6454 7). Where we are known as a loopback address,
 * `localhost` will do for it, too. */
bool browser_is_own_origin(const resource_t *r);

/* The form was sent by a page of ours, as far as the browser tells (Origin, Sec-Fetch-Site). */
bool browser_is_own_form(const resource_t *r);

#endif
