/* SPDX-License-Identifier: MIT */
#include "store/scratch.h"

#include <errno.h>
#include <sqlite3.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/faulty.h"

/* --- walking and resealing --- */

static void turn_until(loop_t *loop, const unsigned *count, unsigned wanted)
{
    for (int64_t end_ms = clock_boot_ms() + 20000; *count < wanted;) {
        assert_true(clock_boot_ms() < end_ms);
        loop_turn(loop, 1000);
    }
}

static void put_sealed(store_t *s, const char *kind, const char *id, uint64_t generation,
                       const char *sealed)
{
    answer_t a = {.count = 0};
    store_change_t change = change_put(kind, id, generation, "{\"a\":1}");
    change.record.sealed = str_of(sealed);
    write_now(s, change, &a);
    assert_true(a.ok);
    answer_fini(&a);
}

static void walks_all_kinds_in_order(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_store(&scratch);
    answer_t a = {.count = 0};
    put_sealed(s, "b", "1", 1, "x");
    put_sealed(s, "a", "2", 1, "x");
    put_sealed(s, "a", "1", 1, "x");
    put_sealed(s, "c", "0", 7, "y");
    store_walk(s, loop, STR_NONE, STR_NONE, 3, answer_keep, &a);
    turn_until(loop, &a.count, 1);
    assert_string_equal(a.ids, "1 2 1 ");
    assert_null(a.plain);
    store_walk(s, loop, STR("b"), STR("1"), 3, answer_keep, &a);
    turn_until(loop, &a.count, 2);
    assert_string_equal(a.ids, "0 ");
    assert_string_equal(a.sealed, "y");
    assert_int_equal(a.generation, 7);
    store_walk(s, loop, STR("c"), STR("0"), 3, answer_keep, &a);
    turn_until(loop, &a.count, 3);
    assert_int_equal(a.records, 0);
    answer_fini(&a);
    store_close(s);
    loop_free(loop);
    scratch_fini(&scratch);
}

static void reseal(store_t *s, uint64_t generation, const char *was, const char *sealed)
{
    answer_t a = {.count = 0};
    store_change_t change = {
        .verb = STORE_RESEAL,
        .was = str_of(was),
        .record = {
            .kind = STR("k"), .id = STR("i"), .generation = generation, .sealed = str_of(sealed)}};
    write_now(s, change, &a);
    assert_true(a.ok);
    answer_fini(&a);
}

static void reseals_only_what_is_as_it_was(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    store_t *s = open_store(&scratch);
    answer_t a = {.count = 0};
    put_sealed(s, "k", "i", 3, "old");
    reseal(s, 3, "older", "wrong"); /* other bytes */
    reseal(s, 2, "old", "wrong");   /* another generation */
    store_get_now(s, STR("k"), STR("i"), answer_keep, &a);
    assert_string_equal(a.sealed, "old");
    reseal(s, 3, "old", "new");
    store_get_now(s, STR("k"), STR("i"), answer_keep, &a);
    assert_string_equal(a.sealed, "new");
    assert_string_equal(a.plain, "{\"a\":1}");
    assert_int_equal(a.generation, 3);
    assert_int_equal(a.changed_at_ms, 1700000000003);
    write_now(s, change_delete("k", "i"), &a);
    reseal(s, 3, "new", "wrong"); /* gone */
    store_get_now(s, STR("k"), STR("i"), answer_keep, &a);
    assert_int_equal(a.records, 0);
    answer_fini(&a);
    store_close(s);
    scratch_fini(&scratch);
}

/* --- copies --- */

typedef struct copying {
    unsigned done;
    bool refuses;
    err_t err;
} copying_t;

static bool append(void *context, int fd, err_t *err)
{
    const copying_t *c = context;
    if (c->refuses) {
        return err_set(err, ERR_store_failed, "no");
    }
    return write(fd, "trailer", 7) == 7;
}

static void on_done(void *context, const err_t *err)
{
    copying_t *c = context;
    c->done++;
    c->err = *err;
}

static void copy(store_t *s, loop_t *loop, const char *name, copying_t *c)
{
    const store_copy_t terms = {.name = name, .finish = append, .on_done = on_done, .context = c};
    store_copy(s, loop, &terms);
}

/* How many records of kind `k` the copy holds. */
static int count_in(scratch_t *scratch, const char *name)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *count = NULL;
    assert_int_equal(sqlite3_open_v2(scratch_path(scratch, name), &db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT count(*) FROM record WHERE kind = 'k'", -1, &count, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(count), SQLITE_ROW);
    int n = sqlite3_column_int(count, 0);
    sqlite3_finalize(count);
    sqlite3_close(db);
    return n;
}

/* One writer goes on all the while: what a copy holds is what there was at one moment. */
static void copies_one_moment_while_it_is_written(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_store(&scratch);
    answer_t a = {.count = 0};
    copying_t one = {.err = ERR_INIT}, other = {.err = ERR_INIT};
    unsigned written = 0;
    for (; written < 100; written++) { /* always two together */
        char id[16], twin[16];
        snprintf(id, sizeof id, "%u", written);
        snprintf(twin, sizeof twin, "%u-twin", written);
        store_change_t both[] = {change_put("k", id, 1, "{}"), change_put("k", twin, 1, "{}")};
        store_write(s, loop, both, 2, true, answer_keep, &a);
        if (written == 50) {
            turn_until(loop, &a.count, 51);
            copy(s, loop, "backup-one", &one);
            copy(s, loop, "backup-other", &other);
        }
    }
    turn_until(loop, &a.count, written);
    turn_until(loop, &one.done, 1);
    turn_until(loop, &other.done, 1);
    assert_false(err_is_set(&one.err) || err_is_set(&other.err));
    assert_int_equal(scratch_mode(&scratch, "backup-one") & 0077, 0);
    int in_one = count_in(&scratch, "backup-one"), in_other = count_in(&scratch, "backup-other");
    assert_in_range(in_one, 102, 200);
    assert_in_range(in_other, in_one, 200);
    assert_int_equal(in_one % 2 + in_other % 2, 0);
    size_t n;
    char *bytes = scratch_read(&scratch, "backup-one", &n);
    assert_memory_equal(bytes + n - 7, "trailer", 7);
    free(bytes);
    answer_fini(&a);
    store_close(s);
    loop_free(loop);
    scratch_fini(&scratch);
}

static void leaves_nothing_where_it_fails(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_store(&scratch);
    copying_t c = {.refuses = true, .err = ERR_INIT};
    copy(s, loop, "backup-a", &c);
    turn_until(loop, &c.done, 1);
    assert_int_equal(c.err.code, ERR_store_failed);
    assert_int_equal(scratch_mode(&scratch, "backup-a"), -1);
    store_close(s);
    loop_free(loop);
    scratch_fini(&scratch);
}

static void sweeps_what_nobody_took_away(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_store(&scratch);
    copying_t c = {.err = ERR_INIT};
    scratch_patch(&scratch, "backup-old", 0, "x", 1);
    scratch_patch(&scratch, "backup-new", 0, "x", 1);
    const struct timespec times[2] = {{.tv_sec = time(NULL) - 7200}, {.tv_sec = time(NULL) - 7200}};
    assert_int_equal(utimensat(AT_FDCWD, scratch_path(&scratch, "backup-old"), times, 0), 0);
    copy(s, loop, "backup-c", &c);
    turn_until(loop, &c.done, 1);
    assert_int_equal(scratch_mode(&scratch, "backup-old"), -1);
    assert_int_not_equal(scratch_mode(&scratch, "backup-new"), -1);
    assert_int_not_equal(scratch_mode(&scratch, "tenon.db"), -1);
    store_close(s);
    loop_free(loop);
    scratch_fini(&scratch);
}

/* A copy under way at the end is finished, and so is what waits behind it. */
static void closing_waits_for_copies(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    loop_t *loop = loop_new();
    store_t *s = open_store(&scratch);
    copying_t c = {.err = ERR_INIT};
    for (int i = 0; i < 3; i++) {
        char name[24];
        snprintf(name, sizeof name, "backup-%d", i);
        copy(s, loop, name, &c);
    }
    store_close(s);
    loop_turn(loop, 0);
    assert_int_equal(c.done, 3);
    assert_false(err_is_set(&c.err));
    loop_free(loop);
    scratch_fini(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_all_kinds_in_order),
        cmocka_unit_test(reseals_only_what_is_as_it_was),
        cmocka_unit_test(copies_one_moment_while_it_is_written),
        cmocka_unit_test(leaves_nothing_where_it_fails),
        cmocka_unit_test(sweeps_what_nobody_took_away),
        cmocka_unit_test(closing_waits_for_copies),
    };
    log_configure(LOG_ERROR, false);
    umask(077);
    return cmocka_run_group_tests_name("store/copy", tests, NULL, NULL);
}
