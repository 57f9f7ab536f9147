/* SPDX-License-Identifier: MIT */
#include "event/kinds.h"

const event_kind_info_t EVENT_INFO[EVENT_KIND_COUNT] = {
#define EVENT_ROW(id, name, lasting, members, meaning) {name, EVENT_##lasting, members},
    EVENT_KINDS(EVENT_ROW)
#undef EVENT_ROW
};
_Static_assert(EVENT_KIND_COUNT <= 64, "a set of kinds has 64 bits");

event_kinds_t event_kinds_lasting(event_lasting_t lasting)
{
    event_kinds_t kinds = 0;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        kinds |= EVENT_INFO[kind].lasting == lasting ? event_bit((event_kind_t)kind) : 0;
    }
    return kinds;
}

event_kinds_t event_kinds_named(str_t name)
{
    event_kinds_t kinds = 0;
    str_t group = str_ends(name, STR(".*")) ? str_slice(name, 0, name.n - 1) : STR_NONE;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        str_t one = str_of(EVENT_INFO[kind].name);
        bool meant = group.p ? str_starts(one, group) : str_eq(one, name);
        kinds |= meant ? event_bit((event_kind_t)kind) : 0;
    }
    return kinds;
}
