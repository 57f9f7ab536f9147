/* SPDX-License-Identifier: MIT */
/* All endpoints, and the sending: one event at a time for each, in their order, each until it is taken (a 2xx answer) or all its
 * attempts have failed, over restarts. An event may come twice, with the same id; none is passed over unsaid. In the control
 * loop. */
#ifndef TENON_EVENT_WEBHOOKS_H
#define TENON_EVENT_WEBHOOKS_H

#include "base/map.h"
#include "event/webhook.h"

enum { WEBHOOKS_MAX = 100 };

typedef struct webhooks webhooks_t;
typedef struct webhooks_options {
    events_t *events;
    store_t *store;
    loop_t *loop;
    upstream_t *upstream;
} webhooks_options_t;
webhooks_t *webhooks_new(const webhooks_options_t *options);
/* Before the upstream; what is under way is broken off, and sent again by the next process. NULL is allowed. */
void webhooks_free(webhooks_t *all);
/* Nothing more is begun; who waits for a test is told. */
void webhooks_stop(webhooks_t *all);

/* One that the store holds by now, new or changed; record is stolen. A new one gets what happens from now on. */
void webhooks_put(webhooks_t *all, str_t id, json_t *record);
/* At the start: one of the store's, and then how far it had got. */
void webhooks_load(webhooks_t *all, str_t id, json_t *record);
void webhooks_resume(webhooks_t *all, str_t id, str_t progress);
/* It is gone from the store, but for its progress. */
void webhooks_remove(webhooks_t *all, str_t id);
/* One that was switched off is sent what it missed. */
void webhooks_enable(webhooks_t *all, str_t id);
/* NULL: there is none. */
webhook_t *webhooks_find(const webhooks_t *all, str_t id);
/* id -> webhook_t */
const map_t *webhooks_map(const webhooks_t *all);
json_t *webhooks_show(const webhooks_t *all, const webhook_t *h);

/* Sends an event of its own, once, whatever the state. status 0: no answer; detail: why. False: there is none of that id, or
 * the host ends. */
typedef void webhooks_on_tested_t(void *context, int status, const char *detail);
CHECKED bool webhooks_test(webhooks_t *all, str_t id, webhooks_on_tested_t *on_tested, void *context);

#endif
