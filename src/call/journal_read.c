/* SPDX-License-Identifier: MIT */
/* A question about the latest calls: it goes to every loop, each copies what fits from its own
 * journal, and the asker puts the copies in order. */
#include <stdlib.h>

#include "base/exchange.h"
#include "base/mem.h"
#include "call/journal_internal.h"

typedef struct question {
    journal_query_t query;
    journal_on_calls_t *on_calls;
    void *context;
    unsigned missing;
    journal_entry_t *found;
    size_t count;
} question_t;

typedef struct part {
    exchange_t exchange;
    question_t *question; /* read by all loops, written by the asker's only */
    const journal_t *journal;
    journal_entry_t *found;
    size_t count;
} part_t;

/* --- in a loop --- */

static bool is_older(const journal_query_t *q, const journal_entry_t *e)
{
    return !q->is_before || e->ended_us < q->ended_us ||
           (e->ended_us == q->ended_us && e->loop < q->loop);
}

static bool is_of(const journal_query_t *q, uint64_t uid)
{
    size_t i = 0;
    while (i < q->connection_count && q->connections[i] != uid) {
        i++;
    }
    return i < q->connection_count;
}

static bool fits(const journal_query_t *q, const journal_entry_t *e)
{
    str_t connection = journal_read_text(e, e->connection);
    return is_older(q, e) && e->status >= q->status_from && e->status <= q->status_to &&
           (!q->trouble_only || journal_is_trouble(e->status, e->is_broken)) &&
           (!q->connection[0] || str_is(connection, q->connection)) &&
           (!q->request_id[0] || memcmp(q->request_id, e->request_id, JOURNAL_ID_BYTES) == 0) &&
           (!q->is_bound || is_of(q, e->connection_uid));
}

/* The i-th of a ring, the newest first; NULL behind the last. */
static const journal_entry_t *entry_at(const journal_t *j, size_t ring, size_t i)
{
    const journal_ring_t *r = &j->rings[ring];
    return i < r->count ? &r->list[(r->next + j->kept - 1 - i) % j->kept] : NULL;
}

/* The newest that is left in either ring. */
static const journal_entry_t *take_newest(const journal_t *j, size_t taken[JOURNAL_RINGS])
{
    const journal_entry_t *a = entry_at(j, 0, taken[0]), *b = entry_at(j, 1, taken[1]);
    bool second = b && (!a || b->ended_us > a->ended_us);
    taken[second]++;
    return second ? b : a;
}

/* Of a call on the shortest way one knows how it went. */
static void add_known_legs(journal_entry_t *e)
{
    if (e->is_recognised) {
        journal_add_leg(e, LEG_RECOGNISE, LEG_DONE, e->ended_us);
        journal_add_leg(e, LEG_TOKEN, LEG_CACHED, e->ended_us);
        journal_add_leg(e, LEG_ADMIT, e->code ? LEG_FAILED : LEG_DONE, e->ended_us);
    }
}

static void find(part_t *p)
{
    size_t taken[JOURNAL_RINGS] = {0}, most = p->question->query.limit + 1, room = 0;
    const journal_entry_t *e;
    while (p->count < most && (e = take_newest(p->journal, taken))) {
        if (!fits(&p->question->query, e)) {
            continue;
        }
        if (p->count == room) {
            room = room ? 2 * room : 16;
            p->found = mem_resize(p->found, room * sizeof *p->found);
        }
        p->found[p->count] = *e;
        add_known_legs(&p->found[p->count++]);
    }
}

static void work(exchange_t *x)
{
    find(STRUCT_OF(x, part_t, exchange));
    exchange_answer(x);
}

/* --- in the asker's loop --- */

static int newest_first(const void *left, const void *right)
{
    const journal_entry_t *a = left, *b = right;
    if (a->ended_us != b->ended_us) {
        return a->ended_us < b->ended_us ? 1 : -1;
    }
    return (int)b->loop - (int)a->loop;
}

static void end(question_t *q)
{
    if (q->count) {
        qsort(q->found, q->count, sizeof *q->found, newest_first);
    }
    bool more = q->count > q->query.limit;
    q->on_calls(q->context, q->found, more ? q->query.limit : q->count, more);
    free(q->query.connections);
    free(q->found);
    free(q);
}

static void answer(exchange_t *x)
{
    part_t *p = STRUCT_OF(x, part_t, exchange);
    question_t *q = p->question;
    if (p->count) {
        q->found = mem_resize(q->found, (q->count + p->count) * sizeof *q->found);
        memcpy(q->found + q->count, p->found, p->count * sizeof *q->found);
        q->count += p->count;
    }
    if (--q->missing == 0) {
        end(q);
    }
}

static void release(exchange_t *x)
{
    part_t *p = STRUCT_OF(x, part_t, exchange);
    free(p->found);
    free(p);
}

void journals_ask(journals_t *all, const journal_query_t *query, journal_on_calls_t *on_calls,
                  void *context)
{
    question_t *q = mem_new(question_t);
    *q = (question_t){.query = *query, .on_calls = on_calls, .context = context};
    q->missing = all ? all->count : 0;
    if (!q->missing) {
        end(q);
        return;
    }
    for (unsigned i = 0; i < all->count; i++) {
        part_t *p = mem_new(part_t);
        p->exchange = (exchange_t){.work = work, .answer = answer, .release = release};
        p->question = q;
        p->journal = all->list[i];
        exchange_ask(&p->exchange, p->journal->loop);
    }
}
