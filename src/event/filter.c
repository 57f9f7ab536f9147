/* SPDX-License-Identifier: MIT */
#include "event/filter.h"

bool event_filter_takes(const event_filter_t *f, const event_t *e)
{
    return (f->kinds & event_bit(e->kind)) && !(f->present_only && e->is_past) &&
           (!f->connections || json_object_get(f->connections, e->connection));
}

void event_filter_fini(event_filter_t *f)
{
    json_decref(f->connections);
    f->connections = NULL;
}

bool event_filter_read_kinds(event_filter_t *f, str_t types, err_t *err)
{
    f->kinds = types.p ? 0 : ~event_kinds_lasting(EVENT_LIVE);
    while (types.p) {
        str_t name = str_trim(str_cut(&types, ','));
        event_kinds_t kinds = event_kinds_named(name);
        if (!kinds) {
            return err_add_detail(err, ERR_param_value, "/type", "there are no events `%.*s`",
                                  STR_ARG(name));
        }
        f->kinds |= kinds;
    }
    return true;
}
