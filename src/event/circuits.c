/* SPDX-License-Identifier: MIT */
/* Every loop has a circuit breaker of its own; what is told is the host's. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "event/events_internal.h"

typedef struct circuit_message {
    loop_message_t message;
    events_t *events;
    bool is_open;
    char host[272]; /* with its port */
    char detail[200];
} circuit_message_t;

static void note(events_t *e, const circuit_message_t *c)
{
    str_t host = str_of(c->host);
    uintptr_t before = (uintptr_t)map_get(e->circuits, host);
    if (c->is_open) {
        (void)map_set(e->circuits, host, (void *)(before + 1));
    } else if (before > 1) {
        (void)map_set(e->circuits, host, (void *)(before - 1));
    } else {
        (void)map_remove(e->circuits, host);
    }
    if (c->is_open && before == 0) {
        event_tell(e, EVENT_UPSTREAM_OPENED, STR_NONE, LOG_S("host", host),
                   LOG_S("detail", str_of(c->detail)));
    } else if (!c->is_open && before == 1) {
        event_tell(e, EVENT_UPSTREAM_CLOSED, STR_NONE, LOG_S("host", host));
    }
}

static void run(loop_message_t *message)
{
    circuit_message_t *c = STRUCT_OF(message, circuit_message_t, message);
    note(c->events, c);
    free(c);
}

void events_tell_circuit(void *events, str_t host, bool is_open, const char *detail)
{
    events_t *e = events;
    circuit_message_t *c = mem_new(circuit_message_t);
    *c = (circuit_message_t){.events = e, .is_open = is_open};
    (void)snprintf(c->host, sizeof c->host, "%.*s", STR_ARG(host));
    (void)snprintf(c->detail, sizeof c->detail, "%s", is_open ? detail : "");
    c->message.run = run;
    loop_post(e->options.loop, &c->message);
}
