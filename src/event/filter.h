/* SPDX-License-Identifier: MIT */
/* Which events somebody wants and may see. Pure. */
#ifndef TENON_EVENT_FILTER_H
#define TENON_EVENT_FILTER_H

#include <jansson.h>

#include "base/err.h"
#include "event/event.h"

typedef struct event_filter {
    event_kinds_t kinds;
    bool present_only;   /* nothing of connections that are gone where others have their names */
    json_t *connections; /* an object whose members' names they are; NULL: all, and events of none */
} event_filter_t;

bool event_filter_takes(const event_filter_t *f, const event_t *e);
void event_filter_fini(event_filter_t *f);
/* Of names and groups, separated by commas; absent: all but those that are told live only. Error: param_value. */
CHECKED bool event_filter_read_kinds(event_filter_t *f, str_t types, err_t *err);

#endif
