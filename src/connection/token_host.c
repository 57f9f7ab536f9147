/* SPDX-License-Identifier: MIT */
#include "connection/token_host.h"

#include <stddef.h>

static void take(token_place_t *p)
{
    p->host->taken++;
    p->is_taken = true;
    p->on_taken(p);
}

void token_place_enter(token_place_t *p, token_host_t *host, unsigned most)
{
    p->host = host;
    if (host->taken < most) {
        take(p);
        return;
    }
    *(host->last ? &host->last->next : &host->first) = p;
    host->last = p;
}

static void stop_waiting(token_host_t *host, token_place_t *p)
{
    token_place_t **at = &host->first, *before = NULL;
    while (*at && *at != p) {
        before = *at;
        at = &(*at)->next;
    }
    if (*at) {
        *at = p->next;
        host->last = host->last == p ? before : host->last;
    }
}

static void pass_on(token_host_t *host)
{
    token_place_t *next = host->first;
    host->taken--;
    if (next) {
        host->first = next->next;
        host->last = next->next ? host->last : NULL;
        next->next = NULL;
        take(next);
    }
}

void token_place_leave(token_place_t *p)
{
    token_host_t *host = p->host;
    bool is_taken = p->is_taken;
    p->host = NULL;
    p->is_taken = false;
    if (host && is_taken) {
        pass_on(host);
    } else if (host) {
        stop_waiting(host, p);
    }
}
