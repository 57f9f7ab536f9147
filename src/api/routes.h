/* SPDX-License-Identifier: MIT */
/* Every address of Tenon itself, once: method, path, who may, what does it. Matching is pure. */
#ifndef TENON_API_ROUTES_H
#define TENON_API_ROUTES_H

#include "api/resource.h"

typedef enum {
    ACCESS_PUBLIC, /* no key is looked at */
    ACCESS_CALLER, /* any valid key; what it may see the handler decides */
    ACCESS_TOKEN,  /* a key with the right `token` */
    ACCESS_METRICS, /* a key with the right `metrics` */
    ACCESS_ADMIN,
    ACCESS_LOCAL /* the command line beside the host, by its socket: no key opens that */
} access_t;

struct route {
    const char *method;
    const char *pattern; /* "/v1/keys/{id}" */
    access_t access;
    const body_t *body; /* the JSON object that it takes; NULL: none */
    void (*handle)(resource_t *r);
};
extern const route_t ROUTES[];
extern const size_t ROUTE_COUNT;
/* The line that it leaves in the audit trail (route_lines.c); AUDIT_NONE: none, as most of GET. */
audit_what_t route_what(const route_t *route);

typedef struct route_match {
    const route_t *route;                 /* NULL: none */
    str_t variables[ROUTE_VARIABLES_MAX]; /* decoded, in the arena */
    bool path_known;                      /* another method has the path */
    str_t allow;                          /* its methods, in the arena */
} route_match_t;
/* HEAD is answered by what answers GET. A segment that cannot be decoded, or is empty, matches no
 * variable. */
void route_match(arena_t *arena, str_t method, str_t path, route_match_t *out);

#endif
