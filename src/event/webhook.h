/* SPDX-License-Identifier: MIT */
/* One endpoint that events are sent to: what an admin wants of it, and how far it has got. Its record holds its secrets and is
 * sealed as a whole by whoever stores it; how far it has got is a record of its own, which is readable. In the control loop. */
#ifndef TENON_EVENT_WEBHOOK_H
#define TENON_EVENT_WEBHOOK_H

#include "event/events.h"
#include "upstream/upstream.h"

#define WEBHOOK_RECORD "webhook"
#define WEBHOOK_PROGRESS "webhook_progress"

typedef struct webhook {
    char id[16];
    json_t *record; /* url, types, connections, title, created_ms, secrets: [{secret, until_ms?}], the present one first */
    event_filter_t filter;
    /* how far it has got */
    bool is_off;
    uint64_t after;    /* the last event that it is done with */
    unsigned attempts; /* of the one behind that */
    int64_t next_wall_ms; /* not before then */
    int last_status;      /* 0: no answer */
    char last_error[200]; /* "": the last attempt went well */
    int64_t delivered_wall_ms; /* the last time one did; 0: never */
    /* what is under way (webhooks.c) */
    void *all;
    struct delivery *delivery;
    event_t *sending;
    loop_timer_t timer;
} webhook_t;

/* What an admin asks for {url, types?, connections?, title?} as the record of a new one, with a secret. NULL and err with its
 * faults: param_*. */
json_t *webhook_new_record(const json_t *input, const egress_t *egress, err_t *err);
/* The record with another secret; the one before holds for another day. A new reference. */
json_t *webhook_rotated_record(const json_t *record, int64_t wall_ms);
/* The present secret. Borrowed. */
str_t webhook_secret(const json_t *record);

/* record is stolen. */
webhook_t *webhook_new(str_t id, json_t *record);
void webhook_free(webhook_t *h);
void webhook_take_record(webhook_t *h, json_t *record);
/* waiting: events that it is still to get. New reference; no secret stands in it. */
json_t *webhook_show(const webhook_t *h, size_t waiting);

/* As JSON text, and back. */
void webhook_write_progress(const webhook_t *h, buf_t *to);
void webhook_read_progress(webhook_t *h, str_t text);

/* Which of the events is next for it; passes over those that it does not want. NULL: none. Borrowed. */
event_t *webhook_next(webhook_t *h, const event_ring_t *kept);
size_t webhook_waiting(const webhook_t *h, const event_ring_t *kept);
/* How long to wait after so many attempts, before a part is drawn; 0: there will be no other. */
int64_t webhook_pause_ms(unsigned attempts);

#endif
