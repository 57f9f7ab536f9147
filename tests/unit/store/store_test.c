/* SPDX-License-Identifier: MIT */
#include "store/scratch.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/store_backend.h"

/* --- a backend in front of the real one: counts groups, and lets the disk be full --- */

static atomic_uint groups;
static atomic_uint largest_group;
static atomic_uint pages_limit;

static void watched_write(void *db, store_batch_t *const *batches, size_t count)
{
    atomic_fetch_add(&groups, 1);
    if (count > atomic_load(&largest_group)) {
        atomic_store(&largest_group, (unsigned)count);
    }
    store_sqlite_limit_pages(db, atomic_load(&pages_limit));
    store_sqlite.write(db, batches, count);
}

static bool watched_probe(void *db, err_t *err)
{
    store_sqlite_limit_pages(db, atomic_load(&pages_limit));
    return store_sqlite.probe(db, err);
}

static store_t *open_watched(scratch_t *scratch)
{
    static store_backend_t watched;
    err_t err = ERR_INIT;
    watched = store_sqlite;
    watched.write = watched_write;
    watched.probe = watched_probe;
    atomic_store(&groups, 0);
    atomic_store(&largest_group, 0);
    atomic_store(&pages_limit, 0);
    store_t *store = store_open_with(&watched, scratch->folder, &err);
    assert_non_null(store);
    return store;
}

static void turn_until(loop_t *loop, const answer_t *a, unsigned count)
{
    for (int64_t end_ms = clock_boot_ms() + 20000; a->count < count;) {
        assert_true(clock_boot_ms() < end_ms);
        loop_turn(loop, 1000);
    }
}

static void write_one(store_t *s, loop_t *loop, store_change_t change, bool durable, answer_t *a)
{
    store_write(s, loop, &change, 1, durable, answer_keep, a);
}

static bool is_there(store_t *s, const char *kind, const char *id)
{
    answer_t a = {.count = 0};
    store_get_now(s, str_of(kind), str_of(id), answer_keep, &a);
    assert_true(a.ok);
    size_t records = a.records;
    answer_fini(&a);
    return records == 1;
}

/* --- records --- */

static void test_put_and_get(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    store_t *s = open_store(&scratch);
    answer_t a = {.count = 0};
    store_get_now(s, STR("connection"), STR("acme"), answer_keep, &a);
    assert_true(a.ok && a.records == 0);

    store_change_t change = change_put("connection", "acme", 7, "{\"a\": \"\xc3\xa4\"}");
    change.record.sealed = STR("\x00\xff\x00secret");
    write_now(s, change, &a);
    assert_true(a.ok && !a.conflict && a.records == 0);
    store_get_now(s, STR("connection"), STR("acme"), answer_keep, &a);
    assert_true(a.ok && a.records == 1);
    assert_string_equal(a.ids, "acme ");
    assert_int_equal(a.generation, 7);
    assert_int_equal(a.changed_at_ms, 1700000000007);
    assert_string_equal(a.plain, "{\"a\": \"\xc3\xa4\"}");
    assert_int_equal(a.sealed_length, 9);
    assert_memory_equal(a.sealed, "\x00\xff\x00secret", 9);
    assert_false(is_there(s, "connection", "acm"));
    assert_false(is_there(s, "connectio", "acme"));
    answer_fini(&a);
    store_close(s);
    scratch_fini(&scratch);
}

static void test_absent_is_not_empty(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    store_t *s = open_store(&scratch);
    answer_t a = {.count = 0};
    store_change_t change = change_put("k", "absent", UINT64_MAX, NULL);
    write_now(s, change, &a);
    change = change_put("k", "empty", 1, "");
    change.record.sealed = STR("");
    write_now(s, change, &a);
    store_get_now(s, STR("k"), STR("absent"), answer_keep, &a);
    assert_true(a.generation == UINT64_MAX && !a.plain && !a.sealed);
    store_get_now(s, STR("k"), STR("empty"), answer_keep, &a);
    assert_string_equal(a.plain, "");
    assert_non_null(a.sealed);
    assert_int_equal(a.sealed_length, 0);

    /* a put replaces the whole record */
    write_now(s, change_put("k", "empty", 2, NULL), &a);
    store_get_now(s, STR("k"), STR("empty"), answer_keep, &a);
    assert_true(a.generation == 2 && !a.plain && !a.sealed);
    answer_fini(&a);
    store_close(s);
    scratch_fini(&scratch);
}

static void test_generations(void **state)
{
    (void)state;
    static const struct {
        store_verb_t verb;
        uint64_t generation;
        bool check;
        uint64_t expected;
        bool ok;
    } steps[] = {
        {STORE_PUT, 1, true, 1, false}, /* not there yet */
        {STORE_PUT, 1, true, 0, true},     {STORE_PUT, 1, true, 0, false},
        {STORE_PUT, 2, true, 1, true},     {STORE_PUT, 3, true, 1, false},
        {STORE_CHECK, 9, true, 2, true},   {STORE_CHECK, 9, true, 1, false},
        {STORE_CHECK, 9, true, 0, false},  {STORE_CHECK, 9, false, 1, true},
        {STORE_PUT, 3, true, 9, false}, /* a check has changed nothing */
        {STORE_CHECK, 9, true, 2, true},   {STORE_CHECK, 9, true, 1, false},
        {STORE_CHECK, 9, true, 0, false},  {STORE_CHECK, 9, false, 1, true},
        {STORE_PUT, 3, true, 9, false}, /* a check has changed nothing */
        {STORE_PUT, 9, false, 1, true},    {STORE_DELETE, 0, true, 2, false},
        {STORE_DELETE, 0, true, 0, false}, {STORE_DELETE, 0, true, 9, true},
        {STORE_DELETE, 0, true, 9, false}, {STORE_DELETE, 0, true, 0, true},
        {STORE_CHECK, 0, true, 9, false},  {STORE_CHECK, 0, true, 0, true},
        {STORE_CHECK, 0, true, 9, false},  {STORE_CHECK, 0, true, 0, true},
        {STORE_DELETE, 0, false, 0, true}, {STORE_PUT, 0, true, 0, true},
        {STORE_PUT, 1, true, 0, false}, /* generation 0 is there, too */
    };
    scratch_t scratch;
    scratch_init(&scratch);
    store_t *s = open_store(&scratch);
    answer_t a = {.count = 0};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        store_change_t change = change_put("k", "x", steps[i].generation, NULL);
        change.verb = steps[i].verb;
        change.check_generation = steps[i].check;
        change.expected = steps[i].expected;
        write_now(s, change, &a);
        if (a.ok != steps[i].ok || a.conflict == steps[i].ok || err_is_set(&a.err)) {
            fail_msg("step %zu: ok %d, conflict %d", i, a.ok, a.conflict);
        }
    }
    assert_true(store_is_healthy(s));
    answer_fini(&a);
    store_close(s);
    scratch_fini(&scratch);
}

static void test_conflict_rolls_back_its_batch_only(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_watched(&scratch);
    answer_t all[3] = {{.count = 0}};
    const store_change_t before[] = {change_put("k", "a", 1, "a"), change_put("k", "b", 1, "b")};
    const store_change_t broken[] = {
        change_put("k", "c", 1, "c"), change_delete("k", "a"), change_put("k", "b", 2, "b2"),
        change_if(change_put("k", "d", 1, "d"), 5), change_put("k", "e", 1, "e")};
    const store_change_t after[] = {change_if(change_put("k", "b", 2, "b3"), 1)};
    store_write(s, loop, before, 2, false, answer_keep, &all[0]);
    store_write(s, loop, broken, 5, false, answer_keep, &all[1]);
    store_write(s, loop, after, 1, true, answer_keep, &all[2]);
    turn_until(loop, &all[2], 1);
    assert_int_equal(atomic_load(&groups), 1);
    assert_int_equal(atomic_load(&largest_group), 3);
    assert_true(all[0].ok && all[2].ok);
    assert_true(!all[1].ok && all[1].conflict && !err_is_set(&all[1].err));

    store_list_now(s, STR("k"), STR_NONE, STR_NONE, 10, answer_keep, &all[0]);
    assert_string_equal(all[0].ids, "a b ");
    assert_string_equal(all[0].plain, "b3");
    for (int i = 0; i < 3; i++) {
        answer_fini(&all[i]);
    }
    store_close(s);
    loop_free(loop);
    scratch_fini(&scratch);
}

/* What was written, what was refused, and what failed. */
static void test_figures(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    store_t *s = open_watched(&scratch);
    answer_t a = {.count = 0};
    store_figures_t f;
    store_read_figures(s, &f);
    assert_true(f.commits == 0 && f.commit_us == 0 && f.failures == 0 && f.queue == 0);
    write_now(s, change_put("k", "a", 1, NULL), &a);
    write_now(s, change_if(change_put("k", "a", 1, NULL), 7), &a); /* a conflict is no failure */
    store_read_figures(s, &f);
    assert_int_equal(f.commits, 2);
    assert_true(f.commit_us > 0 && f.failures == 0 && f.queue == 0);
    atomic_store(&pages_limit, 1);
    store_change_t change = change_put("k", "b", 1, NULL);
    char large[65536] = "";
    change.record.sealed = str_at(large, sizeof large);
    write_now(s, change, &a);
    assert_int_equal(a.err.code, ERR_store_unavailable);
    store_read_figures(s, &f);
    assert_int_equal(f.failures, 1);
    answer_fini(&a);
    store_close(s);
    scratch_fini(&scratch);
}

/* SQLite refuses it; that must neither hurt its neighbours nor look like a sick disk. */
static void test_too_large_a_record(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_watched(&scratch);
    answer_t small = {.count = 0};
    answer_t large = {.count = 0};
    size_t n = 65 << 20;
    char *bytes = mem_alloc(n);
    const store_change_t changes[] = {
        change_put("k", "with", 1, NULL),
        {.record = {.kind = STR("k"), .id = STR("large"), .sealed = str_at(bytes, n)}},
    };
    write_one(s, loop, change_put("k", "before", 1, NULL), false, &small);
    store_write(s, loop, changes, 2, false, answer_keep, &large);
    write_one(s, loop, change_put("k", "after", 1, NULL), true, &small);
    turn_until(loop, &small, 2);
    assert_int_equal(large.count, 1);
    assert_int_equal(large.err.code, ERR_store_failed);
    assert_true(small.ok);
    assert_true(is_there(s, "k", "before") && is_there(s, "k", "after"));
    assert_false(is_there(s, "k", "with") || is_there(s, "k", "large"));
    assert_true(store_is_healthy(s));
    free(bytes);
    store_close(s);
    loop_free(loop);
    scratch_fini(&scratch);
}

static void test_list(void **state)
{
    (void)state;
    static const char *const ids[] = {"a",  "a/", "a/1",      "a/10", "a/2",
                                      "a0", "b",  "\xc3\xa4", "\xff", "\xff\xff"};
    static const struct {
        const char *prefix;
        const char *after;
        unsigned limit;
        const char *ids;
    } rows[] = {
        {NULL, NULL, 99, "a a/ a/1 a/10 a/2 a0 b \xc3\xa4 \xff \xff\xff "},
        {"", "", 99, "a a/ a/1 a/10 a/2 a0 b \xc3\xa4 \xff \xff\xff "},
        {NULL, NULL, 3, "a a/ a/1 "},
        {NULL, "a/1", 3, "a/10 a/2 a0 "},
        {NULL, "a0", 99, "b \xc3\xa4 \xff \xff\xff "},
        {NULL, "a/15", 2, "a/2 a0 "},
        {NULL, "\xff\xff", 99, ""},
        {NULL, NULL, 0, ""},
        {"a/", NULL, 99, "a/ a/1 a/10 a/2 "},
        {"a/", "a/", 99, "a/1 a/10 a/2 "},
        {"a/", "a/10", 99, "a/2 "},
        {"a/", "a/2", 99, ""},
        {"a/", "a", 99, "a/ a/1 a/10 a/2 "},
        {"a/", "b", 99, ""},
        {"a/1", NULL, 99, "a/1 a/10 "},
        {"\xff", NULL, 99, "\xff \xff\xff "},
        {"\xff\xff", NULL, 99, "\xff\xff "},
        {"\xc3\xff", NULL, 99, ""},
        {"zz", NULL, 99, ""},
    };
    scratch_t scratch;
    scratch_init(&scratch);
    store_t *s = open_store(&scratch);
    answer_t a = {.count = 0};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        write_now(s, change_put("k", ids[i], i, NULL), &a);
    }
    write_now(s, change_put("j", "a/9", 1, NULL), &a);
    write_now(s, change_put("l", "a/0", 1, NULL), &a);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        store_list_now(s, STR("k"), str_of(rows[i].prefix), str_of(rows[i].after), rows[i].limit,
                       answer_keep, &a);
        assert_true(a.ok);
        if (strcmp(a.ids, rows[i].ids) != 0) {
            fail_msg("row %zu: %s", i, a.ids);
        }
    }
    answer_fini(&a);
    store_close(s);
    scratch_fini(&scratch);
}

enum { MANY = 5000 };

static void count_page(void *context, const store_result_t *result)
{
    unsigned *next = context;
    assert_true(result->ok);
    for (size_t i = 0; i < result->count; i++) {
        char id[16];
        snprintf(id, sizeof id, "%05u", *next);
        assert_true(str_is(result->records[i].id, id));
        assert_int_equal(result->records[i].generation, *next);
        (*next)++;
    }
}

static void test_5000_records(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_watched(&scratch);
    answer_t a = {.count = 0};
    char id[16];
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "%05u", i);
        write_one(s, loop, change_put("many", id, i, "{\"title\": \"A connection\"}"), true, &a);
    }
    turn_until(loop, &a, MANY);
    assert_true(a.ok);
    assert_true(atomic_load(&groups) < MANY); /* they shared commits */

    unsigned next = 0;
    while (next < MANY) {
        unsigned before = next;
        snprintf(id, sizeof id, "%05u", next - 1);
        store_list_now(s, STR("many"), STR_NONE, next ? str_of(id) : STR_NONE, 999, count_page,
                       &next);
        assert_int_equal(next, before + 999 < MANY ? before + 999 : MANY);
    }
    answer_fini(&a);
    store_close(s);
    loop_free(loop);
    scratch_fini(&scratch);
}

/* --- loops and threads --- */

enum { WRITES_EACH = 300 };

typedef struct writer {
    store_t *store;
    loop_t *loop;
    char name;
    unsigned answered;
    pthread_t answered_in;
} writer_t;

static void on_written(void *context, const store_result_t *result)
{
    writer_t *w = context;
    assert_true(result->ok);
    w->answered_in = pthread_self();
    if (++w->answered == WRITES_EACH) {
        loop_stop(w->loop);
    }
}

static void *run_writer(void *context)
{
    writer_t *w = context;
    for (unsigned i = 0; i < WRITES_EACH; i++) {
        char id[16];
        snprintf(id, sizeof id, "%c%u", w->name, i);
        /* both write this one, too, and neither may be lost */
        const store_change_t changes[] = {change_put("two", id, i, "{}"),
                                          change_put("two", "shared", i, id)};
        store_write(w->store, w->loop, changes, 2, i % 3 != 0, on_written, w);
    }
    loop_run(w->loop);
    return NULL;
}

static void test_two_loops(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    store_t *s = open_store(&scratch);
    writer_t writers[2] = {{.store = s, .name = 'a'}, {.store = s, .name = 'b'}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        writers[i].loop = loop_new();
        assert_int_equal(pthread_create(&threads[i], NULL, run_writer, &writers[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_true(pthread_equal(writers[i].answered_in, threads[i]));
        assert_int_equal(writers[i].answered, WRITES_EACH);
    }
    answer_t a = {.count = 0};
    store_list_now(s, STR("two"), STR("a"), STR_NONE, 9999, answer_keep, &a);
    assert_int_equal(a.records, WRITES_EACH);
    store_list_now(s, STR("two"), STR("b"), STR_NONE, 9999, answer_keep, &a);
    assert_int_equal(a.records, WRITES_EACH);
    answer_fini(&a);
    store_close(s);
    loop_free(writers[0].loop);
    loop_free(writers[1].loop);
    scratch_fini(&scratch);
}

static void on_waited(void *context, const store_result_t *result)
{
    assert_true(result->ok);
    *(pthread_t *)context = pthread_self();
}

static void test_now_answers_in_the_calling_thread(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    store_t *s = open_store(&scratch);
    pthread_t answered_in = 0;
    const store_change_t change = change_put("k", "x", 1, NULL);
    store_write_now(s, &change, 1, on_waited, &answered_in);
    assert_true(pthread_equal(answered_in, pthread_self()));
    answered_in = 0;
    store_get_now(s, STR("k"), STR("x"), on_waited, &answered_in);
    assert_true(pthread_equal(answered_in, pthread_self()));
    store_write_now(s, &change, 1, NULL, NULL);
    store_close(s);
    scratch_fini(&scratch);
}

static void test_a_read_sees_the_writes_before_it(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_store(&scratch);
    answer_t read = {.count = 0};
    answer_t written = {.count = 0};
    int64_t began_ms = clock_boot_ms();
    for (unsigned i = 1; i <= 50; i++) {
        write_one(s, loop, change_put("k", "x", i, NULL), false, &written);
        store_get(s, loop, STR("k"), STR("x"), answer_keep, &read);
        turn_until(loop, &read, i);
        assert_int_equal(read.generation, i);
        assert_int_equal(written.count, i);
    }
    assert_true(clock_boot_ms() - began_ms < 20000); /* and does not wait a second for each */
    answer_fini(&read);
    store_close(s);
    loop_free(loop);
    scratch_fini(&scratch);
}

static void test_lazy_writes_wait_for_company(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_watched(&scratch);
    answer_t a = {.count = 0};
    int64_t began_ms = clock_boot_ms();
    for (unsigned i = 0; i < 20; i++) {
        write_one(s, loop, change_put("k", "x", i, NULL), false, &a);
        loop_turn(loop, 5);
    }
    turn_until(loop, &a, 20);
    int64_t took_ms = clock_boot_ms() - began_ms;
    assert_true(took_ms >= 990 && took_ms < 5000);
    assert_int_equal(atomic_load(&groups), 1);

    /* nobody to answer */
    const store_change_t change = change_put("k", "y", 1, NULL);
    store_write(s, NULL, &change, 1, false, NULL, NULL);
    store_write(s, loop, &change, 1, true, NULL, NULL);
    assert_true(is_there(s, "k", "y"));
    store_close(s);
    loop_free(loop);
    scratch_fini(&scratch);
}

static void test_closing_finishes_the_queue(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_store(&scratch);
    answer_t a = {.count = 0};
    answer_t read = {.count = 0};
    for (unsigned i = 0; i < 100; i++) {
        char id[16];
        snprintf(id, sizeof id, "%03u", i);
        write_one(s, loop, change_put("k", id, i, NULL), false, &a);
    }
    store_list(s, loop, STR("k"), STR_NONE, STR_NONE, 1000, answer_keep, &read);
    store_close(s);
    turn_until(loop, &read, 1);
    assert_int_equal(a.count, 100);
    assert_true(a.ok);
    assert_int_equal(read.records, 100);
    s = open_store(&scratch);
    assert_true(is_there(s, "k", "099"));
    answer_fini(&read);
    store_close(s);
    store_close(NULL);
    loop_free(loop);
    scratch_fini(&scratch);
}

/* --- a full disk --- */

static void fill(store_t *s, loop_t *loop, const char *id, size_t bytes, bool durable, answer_t *a)
{
    char *sealed = mem_alloc(bytes);
    store_change_t change = change_put("k", id, 1, NULL);
    change.record.sealed = str_at(sealed, bytes);
    write_one(s, loop, change, durable, a);
    free(sealed);
}

static void test_full_disk(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_watched(&scratch);
    answer_t a = {.count = 0};
    fill(s, loop, "before", 100, true, &a);
    turn_until(loop, &a, 1);
    assert_true(a.ok && store_is_healthy(s));

    atomic_store(&pages_limit, 4);
    fill(s, loop, "large", 100000, true, &a);
    turn_until(loop, &a, 2);
    assert_false(a.ok || a.conflict || store_is_healthy(s));
    assert_int_equal(a.err.code, ERR_store_unavailable);
    assert_true(a.err.retry_after_ms > 0);
    assert_true(is_there(s, "k", "before")); /* reading goes on */
    assert_false(is_there(s, "k", "large"));

    atomic_store(&pages_limit, 0);
    fill(s, loop, "large", 100000, true, &a);
    turn_until(loop, &a, 3);
    assert_true(a.ok && store_is_healthy(s));
    assert_true(is_there(s, "k", "large"));
    store_close(s);
    loop_free(loop);
    scratch_fini(&scratch);
}

static void test_full_disk_takes_what_fits(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_watched(&scratch);
    answer_t small = {.count = 0};
    answer_t large = {.count = 0};
    answer_t conflict = {.count = 0};
    atomic_store(&pages_limit, 4);
    fill(s, loop, "token", 100, false, &small);
    write_one(s, loop, change_if(change_put("k", "other", 1, NULL), 3), false, &conflict);
    fill(s, loop, "large", 100000, true, &large);
    turn_until(loop, &large, 1);
    assert_true(small.ok && conflict.conflict);
    assert_int_equal(large.err.code, ERR_store_unavailable);
    assert_true(is_there(s, "k", "token"));
    store_close(s);
    loop_free(loop);
    scratch_fini(&scratch);
}

/* Nobody writes, and yet the store learns that there is room again. */
static void test_health_comes_back_by_itself(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_watched(&scratch);
    answer_t a = {.count = 0};
    atomic_store(&pages_limit, 2);
    fill(s, loop, "large", 100000, true, &a);
    turn_until(loop, &a, 1);
    assert_false(store_is_healthy(s));
    loop_turn(loop, 2500);
    assert_false(store_is_healthy(s)); /* the disk is still full */
    atomic_store(&pages_limit, 0);
    for (int64_t end_ms = clock_boot_ms() + 20000; !store_is_healthy(s);) {
        assert_true(clock_boot_ms() < end_ms);
        loop_turn(loop, 20);
    }
    store_list_now(s, STR(".probe"), STR_NONE, STR_NONE, 9, answer_keep, &a);
    assert_int_equal(a.records, 0);
    store_close(s);
    loop_free(loop);
    scratch_fini(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_and_get),
        cmocka_unit_test(test_absent_is_not_empty),
        cmocka_unit_test(test_generations),
        cmocka_unit_test(test_conflict_rolls_back_its_batch_only),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_too_large_a_record),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_5000_records),
        cmocka_unit_test(test_two_loops),
        cmocka_unit_test(test_now_answers_in_the_calling_thread),
        cmocka_unit_test(test_a_read_sees_the_writes_before_it),
        cmocka_unit_test(test_lazy_writes_wait_for_company),
        cmocka_unit_test(test_closing_finishes_the_queue),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_full_disk_takes_what_fits),
        cmocka_unit_test(test_health_comes_back_by_itself),
    };
    log_configure(LOG_ERROR, false);
    return cmocka_run_group_tests_name("store/store", tests, NULL, NULL);
}
