/* SPDX-License-Identifier: MIT */
/* One issuer, as the files of issuers share it. */
#ifndef TENON_CONNECTION_ISSUER_INTERNAL_H
#define TENON_CONNECTION_ISSUER_INTERNAL_H

#include "connection/issuer.h"
#include "connection/manager_internal.h"

enum { ISSUER_URL_MAX = 4096, ISSUER_LIFE_MOST_MS = 24 * 60 * 60 * 1000 };

typedef struct issuer {
    manager_t *manager;
    buf_t key;  /* how its name is compared, by whom it is asked, and its name */
    str_t name; /* as the definition has it */
    bool is_resource; /* it is that of a resource, which is asked first who its issuer is (RFC 9728) */
    buf_t server;     /* of a resource: the issuer that it named; empty: not known yet */
    connection_t
        *connection; /* whose certificate and authorities the fetch under way uses; a reference */
    bool loses_slash;
    grant_metadata_t *metadata;                          /* NULL: never had any */
    int64_t fresh_until_ms, paused_until_ms, used_at_ms; /* clock_boot_ms */
    unsigned failures;                                   /* in a row */
    err_t failure;                                       /* the latest */
    issuer_ask_t *waiters;
    upstream_call_t *call; /* NULL: nothing is under way */
    unsigned place;        /* of the well-known ones, that is being asked at */
    int64_t deadline_ms;
    err_t err; /* of the fetch under way: the first place's word counts */
} issuer_t;

/* All who wait; each may ask again, and leave others. */
void issuer_tell(issuer_t *i, const err_t *err);
/* On behalf of the connection, by its certificate. Who waits is told what came of it, with time left to send what it is
 * for. */
void issuer_fetch(issuer_t *i, const connection_t *c);

#endif
