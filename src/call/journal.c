/* SPDX-License-Identifier: MIT */
#include "call/journal_internal.h"

#include <stdlib.h>

#include "base/fatal.h"
#include "base/mem.h"

/* --- an entry --- */

journal_text_t journal_add_text(journal_entry_t *e, str_t text)
{
    size_t left = sizeof e->texts - e->text_count;
    size_t n = text.n < left ? text.n : left;
    journal_text_t added = {e->text_count, (uint16_t)n};
    if (n) {
        memcpy(e->texts + e->text_count, text.p, n);
        e->text_count = (uint16_t)(e->text_count + n);
    }
    return added;
}

str_t journal_read_text(const journal_entry_t *e, journal_text_t text)
{
    return text.n ? str_at(e->texts + text.at, text.n) : STR_NONE;
}

journal_text_t journal_add_host(journal_entry_t *e, str_t host)
{
    for (size_t i = 0; i < e->leg_count; i++) {
        if (str_eq(journal_read_text(e, e->legs[i].host), host)) {
            return e->legs[i].host;
        }
    }
    bool fits = e->text_count + host.n + JOURNAL_NAMES_BYTES <= sizeof e->texts;
    return fits ? journal_add_text(e, host) : (journal_text_t){0};
}

static uint32_t microseconds(int64_t us)
{
    return us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

journal_leg_t *journal_add_leg(journal_entry_t *e, journal_leg_kind_t kind, journal_leg_end_t end,
                               int64_t now_us)
{
    const journal_leg_t *last = e->leg_count ? &e->legs[e->leg_count - 1] : NULL;
    uint32_t from = last ? last->at_us + last->took_us : 0,
             now = microseconds(now_us - e->began_us);
    e->is_cut = e->is_cut || e->leg_count == JOURNAL_LEGS_MAX;
    e->leg_count = (uint8_t)(e->leg_count < JOURNAL_LEGS_MAX ? e->leg_count + 1 : e->leg_count);
    journal_leg_t *leg = &e->legs[e->leg_count - 1];
    *leg = (journal_leg_t){.kind = (uint8_t)kind,
                           .end = (uint8_t)end,
                           .at_us = from,
                           .took_us = now > from ? now - from : 0};
    return leg;
}

/* --- a loop's journal --- */

journal_entry_t *journal_next(journal_t *j, bool is_trouble, int64_t ended_us)
{
    if (!j || !j->kept) {
        return NULL;
    }
    journal_ring_t *ring = &j->rings[is_trouble];
    journal_entry_t *e = &ring->list[ring->next];
    ring->next = ring->next + 1 == j->kept ? 0 : ring->next + 1;
    ring->count += ring->count < j->kept;
    j->last_us = ended_us > j->last_us ? ended_us : j->last_us + 1;
    e->ended_us = j->last_us;
    e->loop = j->number;
    __builtin_prefetch(&ring->list[ring->next], 1); /* until the next call it is at hand */
    return e;
}

void journal_write(journal_t *j, const journal_entry_t *e)
{
    journal_entry_t *to = journal_next(j, journal_is_trouble(e->status, e->is_broken), e->ended_us);
    if (to) {
        int64_t ended_us = to->ended_us;
        *to = *e;
        to->ended_us = ended_us;
        to->loop = j->number;
    }
}

/* --- all of them --- */

journals_t *journals_new(size_t kept)
{
    journals_t *all = mem_new(journals_t);
    all->kept = kept;
    return all;
}

void journals_free(journals_t *all)
{
    for (unsigned i = 0; all && i < all->count; i++) {
        for (size_t ring = 0; ring < JOURNAL_RINGS; ring++) {
            free(all->list[i]->rings[ring].list);
        }
        free(all->list[i]);
    }
    free(all);
}

/* Memory of a ring is the system's until it is written to. */
journal_t *journals_add(journals_t *all, loop_t *loop)
{
    if (!all) {
        return NULL;
    }
    if (all->count == JOURNALS_MAX) {
        fatal_abort("too many journals");
    }
    journal_t *j = mem_new(journal_t);
    j->loop = loop;
    j->number = (uint8_t)all->count;
    j->kept = all->kept;
    for (size_t ring = 0; ring < JOURNAL_RINGS && j->kept; ring++) {
        j->rings[ring].list = mem_array(j->kept, sizeof *j->rings[ring].list);
    }
    all->list[all->count++] = j;
    return j;
}
