/* SPDX-License-Identifier: MIT */
/* One attempt to hand an event to an endpoint: a signed POST, under the egress rule. */
#ifndef TENON_EVENT_DELIVERY_H
#define TENON_EVENT_DELIVERY_H

#include <jansson.h>

#include "event/event.h"
#include "upstream/upstream.h"

typedef struct delivery delivery_t;
typedef struct delivery_result {
    int status;             /* 0: no answer */
    const char *detail;     /* what is wrong with it; "": nothing */
    int64_t retry_after_ms; /* that the endpoint asks for; 0: it does not */
} delivery_result_t;
typedef void delivery_on_done_t(void *context, const delivery_result_t *result);
/* record: as webhook.h has it. on_done comes later, once; then the delivery is gone. */
delivery_t *delivery_send(upstream_t *upstream, const json_t *record, const event_t *event,
                          delivery_on_done_t *on_done, void *context);
/* on_done will not come. */
void delivery_cancel(delivery_t *d);

#endif
