/* SPDX-License-Identifier: MIT */
/* Journals of two loops in threads of their own, asked from a third. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "call/journal.h"

enum { KEPT = 8, LOOPS = 2, FOUND_MAX = 64 };

static void write_call(journal_t *j, const char *id, const char *connection, int status,
                       int64_t ended_us)
{
    journal_entry_t e = {
        .began_us = ended_us - 50, .ended_us = ended_us, .status = (uint16_t)status};
    memset(e.request_id, '.', sizeof e.request_id);
    memcpy(e.request_id, id, strlen(id));
    e.connection = journal_add_text(&e, str_of(connection));
    e.connection_uid = (unsigned char)connection[0];
    journal_write(j, &e);
}

/* --- asking --- */

typedef struct found {
    char ids[1024]; /* of what was found, each to its first dot */
    bool more, done;
    journal_entry_t last;
} found_t;

static void on_calls(void *context, const journal_entry_t *list, size_t count, bool more)
{
    found_t *f = context;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const char *dot = memchr(list[i].request_id, '.', JOURNAL_ID_BYTES);
        n += (size_t)snprintf(f->ids + n, sizeof f->ids - n, "%s%.*s", n ? " " : "",
                              (int)(dot - list[i].request_id), list[i].request_id);
        f->last = list[i];
    }
    f->more = more;
    f->done = true;
}

typedef struct host {
    loop_t *asker, *loops[LOOPS];
    pthread_t threads[LOOPS];
    journals_t *all;
    journal_t *journals[LOOPS];
} host_t;

static void *run_loop(void *loop)
{
    loop_run(loop);
    return NULL;
}

static void run_threads(host_t *h)
{
    for (int i = 0; i < LOOPS; i++) {
        assert_int_equal(pthread_create(&h->threads[i], NULL, run_loop, h->loops[i]), 0);
    }
}

static int up(void **state)
{
    host_t *h = mem_new(host_t);
    h->asker = loop_new();
    loop_set_current(h->asker);
    h->all = journals_new(KEPT);
    for (int i = 0; i < LOOPS; i++) {
        h->loops[i] = loop_new();
        h->journals[i] = journals_add(h->all, h->loops[i]);
    }
    *state = h;
    return 0;
}

static int down(void **state)
{
    host_t *h = *state;
    for (int i = 0; i < LOOPS; i++) {
        if (h->threads[i]) {
            loop_stop(h->loops[i]);
            pthread_join(h->threads[i], NULL);
        }
        loop_free(h->loops[i]);
    }
    journals_free(h->all);
    loop_set_current(NULL);
    loop_free(h->asker);
    free(h);
    return 0;
}

static journal_query_t any(void)
{
    return (journal_query_t){.status_to = UINT16_MAX, .limit = FOUND_MAX};
}

static found_t ask(host_t *h, const journal_query_t *q)
{
    found_t f = {.done = false};
    journals_ask(h->all, q, on_calls, &f);
    while (!f.done) {
        loop_turn(h->asker, 1000);
    }
    return f;
}

static void assert_found(host_t *h, const journal_query_t *q, const char *ids)
{
    found_t f = ask(h, q);
    assert_string_equal(f.ids, ids);
}

/* --- what is kept --- */

static void calls_of_all_loops_come_the_newest_first(void **state)
{
    host_t *h = *state;
    write_call(h->journals[0], "a", "acme", 200, 1000);
    write_call(h->journals[1], "b", "acme", 200, 1001);
    write_call(h->journals[0], "c", "acme", 500, 1002);
    write_call(h->journals[1], "d", "other", 404, 1003);
    write_call(h->journals[0], "e", "acme", 429, 1004);
    run_threads(h);
    journal_query_t q = any();
    assert_found(h, &q, "e d c b a");
    q = any();
    snprintf(q.connection, sizeof q.connection, "acme");
    assert_found(h, &q, "e c b a");
    q = any();
    q.trouble_only = true;
    assert_found(h, &q, "d c");
    q = any();
    q.status_from = 400;
    q.status_to = 499;
    assert_found(h, &q, "e d");
    q = any();
    snprintf(q.request_id, sizeof q.request_id, "c.....................");
    assert_found(h, &q, "c");
}

/* Page by page all of them, each once, also those that ended at the same moment. */
static void pages_meet(void **state)
{
    host_t *h = *state;
    char whole[2048] = "";
    for (int i = 0; i < 2 * KEPT; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        write_call(h->journals[i % LOOPS], id, "acme", 200, 1000 + i / 4);
    }
    run_threads(h);
    found_t f = {.more = true};
    for (bool is_before = false; f.more; is_before = true) {
        journal_query_t q = any();
        q.limit = 3;
        q.is_before = is_before;
        q.ended_us = f.last.ended_us;
        q.loop = f.last.loop;
        f = ask(h, &q);
        size_t n = strlen(whole);
        snprintf(whole + n, sizeof whole - n, "%s%s", n ? " " : "", f.ids);
    }
    int seen = 1;
    for (const char *p = whole; *p; p++) {
        seen += *p == ' ';
    }
    assert_int_equal(seen, 2 * KEPT);
    for (int i = 0; i < 2 * KEPT; i++) {
        char padded[2050], id[16];
        snprintf(padded, sizeof padded, " %s ", whole);
        snprintf(id, sizeof id, " %d ", i);
        const char *first = strstr(padded, id);
        assert_non_null(first);
        assert_null(strstr(first + 1, id));
    }
}

static void what_failed_outlives_what_went_well(void **state)
{
    host_t *h = *state;
    write_call(h->journals[0], "bad", "acme", 502, 1000);
    for (int i = 0; i < 3 * KEPT; i++) {
        write_call(h->journals[0], i % 2 ? "ok" : "held", "acme", i % 2 ? 200 : 429, 1001 + i);
    }
    run_threads(h);
    journal_query_t q = any();
    assert_found(h, &q, "ok held ok held ok held ok held bad");
}

static journal_query_t bound_to(uint64_t a, uint64_t b)
{
    journal_query_t q = any();
    q.is_bound = true;
    q.connections = mem_array(2, sizeof *q.connections);
    q.connections[0] = a;
    q.connections[1] = b;
    q.connection_count = 2;
    return q;
}

/* By what each is, not by its name: that may have been another's. */
static void who_is_bound_sees_calls_of_its_connections(void **state)
{
    host_t *h = *state;
    write_call(h->journals[0], "a", "mine", 200, 1000);
    write_call(h->journals[1], "b", "other", 200, 1001);
    write_call(h->journals[1], "c", "", 404, 1002); /* met no connection */
    write_call(h->journals[0], "d", "third", 200, 1003);
    run_threads(h);
    journal_query_t q = bound_to('m', 't');
    assert_found(h, &q, "d a");
    q = bound_to('m', 't');
    snprintf(q.connection, sizeof q.connection, "mine");
    assert_found(h, &q, "a");
    q = bound_to('x', 'y');
    assert_found(h, &q, "");
    q = any();
    q.is_bound = true; /* to none */
    assert_found(h, &q, "");
}

/* Nothing is kept where nobody wants it, and nothing breaks. */
static void none_is_kept(void **state)
{
    (void)state;
    journals_t *all = journals_new(0);
    loop_t *loop = loop_new();
    journal_t *j = journals_add(all, loop);
    write_call(j, "a", "acme", 200, 1000);
    assert_null(journal_next(j, false, 1));
    assert_null(journals_add(NULL, loop));
    write_call(NULL, "a", "acme", 200, 1000);
    journals_free(all);
    loop_free(loop);
}

/* --- an entry --- */

static void legs_follow_each_other(void **state)
{
    (void)state;
    journal_entry_t e = {.began_us = 5000};
    journal_add_leg(&e, LEG_IDENTIFY, LEG_DONE, 5010);
    journal_add_leg(&e, LEG_BIND, LEG_DONE, 5010);
    journal_add_leg(&e, LEG_SEND, LEG_FAILED, 9010);
    assert_true(e.legs[1].at_us == 10 && e.legs[1].took_us == 0);
    assert_true(e.legs[2].at_us == 10 && e.legs[2].took_us == 4000);
    for (int i = 0; i < JOURNAL_LEGS_MAX; i++) {
        journal_add_leg(&e, LEG_PAUSE, LEG_DONE, 9010 + i);
    }
    journal_add_leg(&e, LEG_ANSWER, LEG_DONE, 10000);
    assert_true(e.is_cut && e.leg_count == JOURNAL_LEGS_MAX);
    assert_int_equal(e.legs[JOURNAL_LEGS_MAX - 1].kind, LEG_ANSWER);
}

static void texts_have_an_end(void **state)
{
    (void)state;
    static const char LONG[JOURNAL_TEXT_BYTES - 100] = "x";
    journal_entry_t e = {.began_us = 0};
    journal_text_t a = journal_add_text(&e, str_at(LONG, sizeof LONG));
    journal_text_t b = journal_add_text(&e, str_at(LONG, sizeof LONG));
    journal_text_t c = journal_add_text(&e, STR("none is left"));
    assert_true(a.n == sizeof LONG && b.n == 100 && c.n == 0);
    assert_null(journal_read_text(&e, c).p);
    assert_true(str_eq(journal_read_text(&e, a), str_at(LONG, sizeof LONG)));
}

/* However many services a call asks, the names of its own are whole. */
static void hosts_leave_room_for_names(void **state)
{
    (void)state;
    static const char LONG[80] = "y";
    journal_entry_t e = {.began_us = 0};
    for (int i = 0; i < 2 * JOURNAL_LEGS_MAX; i++) {
        char host[101];
        (void)snprintf(host, sizeof host, "%0100d", i);
        journal_add_leg(&e, LEG_SEND, LEG_DONE, i)->host = journal_add_host(&e, str_of(host));
    }
    assert_int_equal(e.legs[0].host.n, 100);
    const size_t sizes[] = {64, 63, 80, 15, 32};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(journal_add_text(&e, str_at(LONG, sizes[i])).n, sizes[i]);
    }
}

static void a_host_stands_once(void **state)
{
    (void)state;
    journal_entry_t e = {.began_us = 0};
    for (int i = 0; i < 4; i++) {
        str_t host = i % 2 ? STR("a.example") : STR("b.example");
        journal_leg_t *leg = journal_add_leg(&e, LEG_SEND, LEG_DONE, i);
        leg->host = journal_add_host(&e, host);
        assert_true(str_eq(journal_read_text(&e, leg->host), host));
    }
    assert_int_equal(e.text_count, 18);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(calls_of_all_loops_come_the_newest_first),
        CASE(pages_meet),
        CASE(what_failed_outlives_what_went_well),
        CASE(who_is_bound_sees_calls_of_its_connections),
        cmocka_unit_test(none_is_kept),
        cmocka_unit_test(legs_follow_each_other),
        cmocka_unit_test(texts_have_an_end),
        cmocka_unit_test(hosts_leave_room_for_names),
        cmocka_unit_test(a_host_stands_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
