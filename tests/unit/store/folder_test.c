/* SPDX-License-Identifier: MIT */
#include "store/scratch.h"

#include <signal.h>

#include "base/log.h"

static void put_one(store_t *s, const char *id)
{
    answer_t a = {.count = 0};
    write_now(s, change_put("k", id, 1, NULL), &a);
    assert_true(a.ok);
}

/* The umask neither opens nor shuts what the store makes. */
static void test_modes(void **state)
{
    (void)state;
    static const mode_t umasks[] = {0000, 0022, 0077, 0777};
    for (size_t i = 0; i < sizeof umasks / sizeof *umasks; i++) {
        scratch_t scratch;
        scratch_init(&scratch);
        mode_t before = umask(umasks[i]);
        store_t *s = open_store(&scratch);
        put_one(s, "x");
        assert_int_equal(scratch_mode(&scratch, "."), 0700);
        assert_int_equal(scratch_mode(&scratch, "tenon.lock"), 0600);
        assert_int_equal(scratch_mode(&scratch, "tenon.db"), 0600);
        assert_int_equal(scratch_mode(&scratch, "tenon.db-wal"), 0600);
        assert_int_equal(scratch_mode(&scratch, "tenon.db-shm"), 0600);
        store_close(s);
        assert_int_equal(scratch_mode(&scratch, "tenon.db"), 0600);
        assert_int_equal(scratch_mode(&scratch, "tenon.db-wal"), -1);
        umask(before);
        scratch_fini(&scratch);
    }
}

/* What somebody else put there beforehand gets a private mode, and an existing folder keeps its
 * own. */
static void test_modes_of_what_is_there(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    assert_int_equal(mkdir(scratch.folder, 0755), 0);
    assert_int_equal(chmod(scratch.folder, 0755), 0);
    static const char *const names[] = {"tenon.db", "tenon.lock", "tenon.db-wal", "tenon.db-shm"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        scratch_patch(&scratch, names[i], 0, "", 0);
        assert_int_equal(chmod(scratch_path(&scratch, names[i]), 04666), 0);
    }
    store_t *s = open_store(&scratch);
    put_one(s, "x");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(scratch_mode(&scratch, names[i]), 0600);
    }
    assert_int_equal(scratch_mode(&scratch, "."), 0755);
    store_close(s);
    scratch_fini(&scratch);
}

static void test_links_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"tenon.db", "tenon.lock", "tenon.db-wal",
                                        "tenon.db-journal", "tenon.db-shm"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (int dangling = 0; dangling < 2; dangling++) {
            scratch_t scratch;
            scratch_init(&scratch);
            assert_int_equal(mkdir(scratch.folder, 0700), 0);
            if (!dangling) {
                scratch_patch(&scratch, "../victim", 0, "precious", 8);
                assert_int_equal(chmod(scratch_path(&scratch, "../victim"), 0644), 0);
            }
            assert_int_equal(symlink("../victim", scratch_path(&scratch, names[i])), 0);
            assert_refused(&scratch, ERR_store_failed, names[i]);
            assert_refused(&scratch, ERR_store_failed, "is a symbolic link");
            assert_int_equal(scratch_mode(&scratch, "../victim"), dangling ? -1 : 0644);
            if (!dangling) {
                size_t n;
                char *bytes = scratch_read(&scratch, "../victim", &n);
                assert_int_equal(n, 8);
                assert_memory_equal(bytes, "precious", 8);
                free(bytes);
            }
            scratch_fini(&scratch);
        }
    }
}

static void test_other_things_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"tenon.db", "tenon.lock", "tenon.db-wal"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        scratch_t scratch;
        scratch_init(&scratch);
        assert_int_equal(mkdir(scratch.folder, 0700), 0);
        assert_int_equal(mkfifo(scratch_path(&scratch, names[i]), 0600), 0);
        assert_refused(&scratch, ERR_store_failed, "is not a plain file");
        scratch_fini(&scratch);

        scratch_init(&scratch);
        assert_int_equal(mkdir(scratch.folder, 0700), 0);
        assert_int_equal(mkdir(scratch_path(&scratch, names[i]), 0700), 0);
        assert_refused(&scratch, ERR_store_failed, names[i]);
        scratch_fini(&scratch);
    }
}

static void test_folders(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    snprintf(scratch.folder, sizeof scratch.folder, "%s/missing/data", scratch.root);
    assert_refused(&scratch, ERR_store_failed, "No such file");
    snprintf(scratch.folder, sizeof scratch.folder, "%s", scratch.root);
    scratch_patch(&scratch, "file", 0, "x", 1);
    snprintf(scratch.folder, sizeof scratch.folder, "%s/file", scratch.root);
    assert_refused(&scratch, ERR_store_failed, "Not a directory");
    scratch.folder[0] = '\0';
    assert_refused(&scratch, ERR_store_failed, "");

    /* letters that mean something in a URI; and the folder itself may be a link */
    char link[100];
    snprintf(scratch.folder, sizeof scratch.folder, "%s/a b%%41?c#d&\xc3\xa4'\"", scratch.root);
    snprintf(link, sizeof link, "%s/link", scratch.root);
    assert_false(store_exists(scratch.folder));
    store_t *s = open_store(&scratch);
    put_one(s, "x");
    assert_true(store_exists(scratch.folder));
    store_close(s);
    assert_true(store_exists(scratch.folder));
    assert_int_equal(scratch_mode(&scratch, "tenon.db"), 0600);
    assert_int_equal(symlink(scratch.folder, link), 0);
    snprintf(scratch.folder, sizeof scratch.folder, "%s/", link);
    s = open_store(&scratch);
    answer_t a = {.count = 0};
    store_get_now(s, STR("k"), STR("x"), answer_keep, &a);
    assert_int_equal(a.records, 1);
    answer_fini(&a);
    store_close(s);
    scratch_fini(&scratch);
}

/* --- the lock --- */

static void assert_locked_by(scratch_t *scratch, pid_t pid)
{
    char text[32];
    snprintf(text, sizeof text, "process %ld", (long)pid);
    assert_refused(scratch, ERR_store_locked, text);
}

static void test_second_open_is_refused(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    store_t *s = open_store(&scratch);
    assert_locked_by(&scratch, getpid());
    put_one(s, "x"); /* the first one does not notice */
    assert_locked_by(&scratch, getpid());
    store_close(s);
    s = open_store(&scratch);
    put_one(s, "y");
    store_close(s);
    scratch_fini(&scratch);
}

static void test_lock_without_a_name(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    store_t *s = open_store(&scratch);
    static const char *const texts[] = {"", "x\n", "-5\n", "0\n", "99999999999999999999999999\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(truncate(scratch_path(&scratch, "tenon.lock"), 0), 0);
        scratch_patch(&scratch, "tenon.lock", 0, texts[i], strlen(texts[i]));
        assert_refused(&scratch, ERR_store_locked, "process");
    }
    store_close(s);
    scratch_fini(&scratch);
}

/* The other process: holds the store until it is killed. */
static int hold(const char *folder, int out_fd)
{
    err_t err = ERR_INIT;
    store_t *s = store_open(folder, &err);
    if (!s || write(out_fd, "o", 1) != 1) {
        return 1;
    }
    for (;;) {
        pause();
    }
}

static void test_lock_of_another_process(void **state)
{
    (void)state;
    scratch_t scratch;
    scratch_init(&scratch);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = scratch_spawn("hold", scratch.folder, ends[1]);
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_locked_by(&scratch, pid);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    store_t *s = open_store(&scratch); /* what it leaves behind locks nobody out */
    put_one(s, "x");
    store_close(s);
    close(ends[0]);
    close(ends[1]);
    scratch_fini(&scratch);
}

int main(int argc, char **argv)
{
    log_configure(LOG_ERROR, false);
    if (argc == 4) {
        return hold(argv[2], atoi(argv[3]));
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_modes_of_what_is_there),
        cmocka_unit_test(test_links_are_refused),
        cmocka_unit_test(test_other_things_are_refused),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_second_open_is_refused),
        cmocka_unit_test(test_lock_without_a_name),
        cmocka_unit_test(test_lock_of_another_process),
    };
    return cmocka_run_group_tests_name("store/folder", tests, NULL, NULL);
}
