/* SPDX-License-Identifier: MIT */
#include "event/pace.h"

bool event_pace_takes(event_pace_t *p, unsigned most, int64_t now_ms, unsigned *skipped)
{
    if (p->second != now_ms / 1000) {
        p->second = now_ms / 1000;
        p->told = 0;
    }
    if (p->told >= most) {
        p->skipped++;
        return false;
    }
    p->told++;
    *skipped = p->skipped;
    p->skipped = 0;
    return true;
}
