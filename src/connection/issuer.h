/* SPDX-License-Identifier: MIT */
/* The metadata of issuers (grant/metadata.h): fetched when it is first needed, by one request an issuer whoever asks, and
 * kept for as long as its answer says. Where it cannot be had anew the one before serves on; that it failed is remembered,
 * too, so that a server that is down is asked now and then only. In memory, under a ceiling. The control loop's. */
#ifndef TENON_CONNECTION_ISSUER_H
#define TENON_CONNECTION_ISSUER_H

#include "connection/connection.h"
#include "connection/manager.h"
#include "grant/grant.h"

typedef struct issuers issuers_t;
issuers_t *issuers_new(void);
/* Nobody waits, no fetch is under way any more (upstream is gone). */
void issuers_free(issuers_t *all);
/* Drops those that nobody has asked for a while. */
void issuers_sweep(issuers_t *all, int64_t now_ms);
/* The host ends: all who wait are told. */
void issuers_end(issuers_t *all);

/* Stands in who asks. */
typedef struct issuer_ask {
    struct issuer_ask *next, **at; /* while it waits; at NULL: it does not */
    /* metadata: borrowed; NULL with err: metadata_unavailable, metadata_unusable, egress_denied, draining, those of URLs. */
    void (*on_metadata)(struct issuer_ask *ask, grant_metadata_t *metadata, const err_t *err);
} issuer_ask_t;
/* For the connection's issuer; build has its definition and scope. on_metadata comes from inside the call where the
 * answer is known. The issuer itself must be one of the connector's `hosts`; who uses an endpoint checks that, too
 * (connection_check_host). */
void issuer_ask(manager_t *m, const connection_t *c, grant_build_t *build, issuer_ask_t *ask);
/* It does not want to know any more; harmless where it does not wait. */
void issuer_leave(issuer_ask_t *ask);

#endif
