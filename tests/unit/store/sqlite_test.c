/* SPDX-License-Identifier: MIT */
/* How a store is opened: versions, foreign files, what a crash left, read-only file systems. */
#include "store/scratch.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

#include "base/log.h"

enum { USER_VERSION_AT = 60, APPLICATION_ID_AT = 68 }; /* in the header of a SQLite file */
enum { SKIPPED = 77 };

static void make_store(scratch_t *scratch)
{
    store_t *s = open_store(scratch);
    answer_t a = {.count = 0};
    write_now(s, change_put("k", "x", 1, "{}"), &a);
    assert_true(a.ok);
    store_close(s);
}

static bool has_record(store_t *s, const char *id)
{
    answer_t a = {.count = 0};
    store_get_now(s, STR("k"), str_of(id), answer_keep, &a);
    assert_true(a.ok);
    size_t records = a.records;
    answer_fini(&a);
    return records == 1;
}

typedef struct snapshot {
    char *bytes;
    size_t n;
} snapshot_t;

static snapshot_t snapshot(scratch_t *scratch, const char *name)
{
    snapshot_t taken;
    taken.bytes = scratch_read(scratch, name, &taken.n);
    return taken;
}

/* Frees it. */
static void assert_unchanged(scratch_t *scratch, const char *name, snapshot_t before)
{
    snapshot_t now = snapshot(scratch, name);
    assert_int_equal(now.n, before.n);
    assert_memory_equal(now.bytes, before.bytes, now.n);
    free(now.bytes);
    free(before.bytes);
}

static void test_newer_version_is_refused_untouched(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    make_store(&scratch);
    scratch_patch(&scratch, "tenon.db", USER_VERSION_AT, "\0\0\0\x63", 4);
    snapshot_t before = snapshot(&scratch, "tenon.db");
    assert_refused(&scratch, ERR_store_too_new, "version 99");
    assert_unchanged(&scratch, "tenon.db", before);
    assert_int_equal(scratch_mode(&scratch, "tenon.db-wal"), -1);
    assert_int_equal(scratch_mode(&scratch, "tenon.db-shm"), -1);

    /* and once it is of our version again, nothing is lost */
    scratch_patch(&scratch, "tenon.db", USER_VERSION_AT, "\0\0\0\1", 4);
    store_t *s = open_store(&scratch);
    assert_true(has_record(s, "x"));
    store_close(s);
    scratch_fini(&scratch);
}

static void test_foreign_files_are_refused_untouched(void **state)
{
    (void)state;
    static const struct {
        long at;
        const char *bytes;
        size_t n;
        const char *text;
    } rows[] = {
        {APPLICATION_ID_AT, "\0\0\0\0", 4, "is not a store of Tenon"},
        {APPLICATION_ID_AT, "Fossl", 4, "is not a store of Tenon"},
        {0, "PostgreSQL", 10, "file is not a database"},
        {USER_VERSION_AT, "\0\0\0\0", 4, "already exists"}, /* ours, but of no version */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scratch_t scratch;
        scratch_init(&scratch);
        make_store(&scratch);
        scratch_patch(&scratch, "tenon.db", rows[i].at, rows[i].bytes, rows[i].n);
        snapshot_t before = snapshot(&scratch, "tenon.db");
        assert_refused(&scratch, ERR_store_failed, rows[i].text);
        assert_unchanged(&scratch, "tenon.db", before);
        assert_true(store_exists(scratch.folder));
        scratch_fini(&scratch);
    }
}

static void test_reading_alone_changes_nothing(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    make_store(&scratch);
    snapshot_t db = snapshot(&scratch, "tenon.db");
    snapshot_t lock = snapshot(&scratch, "tenon.lock");
    store_t *s = open_store(&scratch);
    assert_true(has_record(s, "x"));
    store_close(s);
    assert_unchanged(&scratch, "tenon.db", db);
    assert_unchanged(&scratch, "tenon.lock", lock);
    assert_int_equal(scratch_mode(&scratch, "tenon.db-wal"), -1);
    assert_int_equal(scratch_mode(&scratch, "tenon.db-shm"), -1);
    scratch_fini(&scratch);
}

static void test_an_empty_file_is_a_new_store(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    assert_int_equal(mkdir(scratch.folder, 0700), 0);
    scratch_patch(&scratch, "tenon.db", 0, "", 0);
    assert_false(store_exists(scratch.folder));
    make_store(&scratch);
    assert_true(store_exists(scratch.folder));
    scratch_fini(&scratch);
}

/* --- with a second process --- */

/* Writes one record, says so, and waits to be killed: its log is never taken in. */
static int leave_open(const char *folder, int out_fd)
{
    err_t err = ERR_INIT;
    store_t *s = store_open(folder, &err);
    if (!s) {
        return 1;
    }
    answer_t a = {.count = 0};
    write_now(s, change_put("k", "late", 1, NULL), &a);
    if (!a.ok || write(out_fd, "o", 1) != 1) {
        return 1;
    }
    for (;;) {
        pause();
    }
}

static void crash_after_write(scratch_t *scratch)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = scratch_spawn("leave-open", scratch->folder, ends[1]);
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(ends[0]);
    close(ends[1]);
    assert_true(scratch_mode(scratch, "tenon.db-wal") >= 0);
}

/* A start that is refused further up (a wrong master key) must not have moved a byte. */
static void test_reading_alone_leaves_the_log_of_a_crash(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    make_store(&scratch);
    crash_after_write(&scratch);
    snapshot_t db = snapshot(&scratch, "tenon.db");
    snapshot_t wal = snapshot(&scratch, "tenon.db-wal");
    store_t *s = open_store(&scratch);
    assert_true(has_record(s, "x") && has_record(s, "late"));
    store_close(s);
    assert_unchanged(&scratch, "tenon.db", db);
    assert_unchanged(&scratch, "tenon.db-wal", wal);

    s = open_store(&scratch);
    answer_t a = {.count = 0};
    write_now(s, change_put("k", "y", 1, NULL), &a);
    store_close(s);
    assert_int_equal(scratch_mode(&scratch, "tenon.db-wal"), -1);
    s = open_store(&scratch);
    assert_true(has_record(s, "x") && has_record(s, "late") && has_record(s, "y"));
    store_close(s);
    scratch_fini(&scratch);
}

/* The file by itself looks like an empty store; only with the log of the crash it is one. */
static void test_schema_in_the_log_alone(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    crash_after_write(&scratch);
    snapshot_t db = snapshot(&scratch, "tenon.db");
    assert_true(store_exists(scratch.folder));
    store_t *s = open_store(&scratch);
    assert_true(has_record(s, "late"));
    store_close(s);
    assert_unchanged(&scratch, "tenon.db", db);
    scratch_fini(&scratch);
}

static bool mount_read_only(const char *folder)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount(folder, folder, NULL, MS_BIND, NULL) == 0 &&
           mount("none", folder, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0;
}

/* In a process of its own, since a mount is for all of a process. Answers the exit status: the line
 * that went wrong, or 0. */
#define REQUIRE(condition)                                                                         \
    if (!(condition)) {                                                                            \
        return __LINE__ % 199 + 1;                                                                 \
    }

static int read_only(const char *folder)
{
    err_t err = ERR_INIT;
    answer_t a = {.count = 0};
    if (!mount_read_only(folder)) {
        return SKIPPED;
    }
    store_t *s = store_open(folder, &err);
    REQUIRE(s);
    REQUIRE(!store_is_healthy(s));
    store_get_now(s, STR("k"), STR("x"), answer_keep, &a);
    REQUIRE(a.ok && a.records == 1);
    store_get_now(s, STR("k"), STR("late"), answer_keep, &a);
    REQUIRE(a.ok);
    int late = a.records == 1 ? 1 : 0;
    write_now(s, change_put("k", "y", 1, NULL), &a);
    REQUIRE(!a.ok && !a.conflict && a.err.code == ERR_store_unavailable);
    REQUIRE(!store_is_healthy(s));
    store_list_now(s, STR("k"), STR_NONE, STR_NONE, 9, answer_keep, &a);
    REQUIRE(a.ok && a.records == (size_t)(1 + late));
    answer_fini(&a);
    store_close(s);
    return late ? 200 : 0;
}

static int run_read_only(scratch_t *scratch)
{
    int status;
    pid_t pid = scratch_spawn("read-only", scratch->folder, 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_read_only_file_system(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    make_store(&scratch);
    int status = run_read_only(&scratch);
    if (status == SKIPPED) {
        scratch_fini(&scratch);
        skip(); /* needs the right to mount */
    }
    assert_int_equal(status, 0);
    unlink(scratch_path(&scratch, "tenon.lock"));
    assert_int_equal(run_read_only(&scratch), 0);
    crash_after_write(&scratch);
    assert_int_equal(run_read_only(&scratch), 200); /* sees what the log holds, too */
    scratch_fini(&scratch);
}

int main(int argc, char **argv)
{
    log_configure(LOG_ERROR, false);
    if (argc == 4) {
        return strcmp(argv[1], "read-only") == 0 ? read_only(argv[2])
                                                 : leave_open(argv[2], atoi(argv[3]));
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newer_version_is_refused_untouched),
        cmocka_unit_test(test_foreign_files_are_refused_untouched),
        cmocka_unit_test(test_reading_alone_changes_nothing),
        cmocka_unit_test(test_an_empty_file_is_a_new_store),
        cmocka_unit_test(test_reading_alone_leaves_the_log_of_a_crash),
        cmocka_unit_test(test_schema_in_the_log_alone),
        cmocka_unit_test(test_read_only_file_system),
    };
    return cmocka_run_group_tests_name("store/sqlite", tests, NULL, NULL);
}
