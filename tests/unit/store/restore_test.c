/* SPDX-License-Identifier: MIT */
#include "store/scratch.h"

#include <string.h>

#include "base/log.h"
#include "store/restore.h"

typedef struct restoring {
    uint64_t bytes;
    bool refuses;
    unsigned checks;
} restoring_t;

static bool check(void *context, int fd, uint64_t *bytes, err_t *err)
{
    restoring_t *r = context;
    struct stat status;
    r->checks++;
    *bytes = r->bytes;
    assert_int_equal(fstat(fd, &status), 0);
    assert_true((uint64_t)status.st_size >= r->bytes);
    return !r->refuses || err_set(err, ERR_backup_damaged, "no");
}

static void put(store_t *s, const char *id)
{
    answer_t a = {.count = 0};
    write_now(s, change_put("k", id, 1, "{}"), &a);
    assert_true(a.ok);
    answer_fini(&a);
}

/* A store with one record, as a file of its own outside of the folder, and some bytes behind it. */
static int make_backup(scratch_t *scratch, restoring_t *r, const char *id)
{
    scratch_t source;
    scratch_init(&source);
    store_t *s = open_store(&source);
    put(s, id);
    store_close(s);
    size_t n;
    char *bytes = scratch_read(&source, "tenon.db", &n);
    char path[128];
    snprintf(path, sizeof path, "%s/backup", scratch->root);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    assert_int_equal(write(fd, "trailer", 7), 7);
    *r = (restoring_t){.bytes = n};
    free(bytes);
    scratch_fini(&source);
    return fd;
}

static err_code_t restore(scratch_t *scratch, restoring_t *r, int from, bool replace,
                          char aside[128])
{
    err_t err = ERR_INIT;
    const store_restoring_t terms = {
        .folder = scratch->folder,
        .from = from,
        .check = check,
        .context = r,
        .replace = replace,
        .mark = {
            .kind = STR("meta"), .id = STR("restore"), .changed_at_ms = 7, .plain = STR("{}")}};
    bool ok = store_restore(&terms, aside, &err);
    assert_int_equal(ok, !err_is_set(&err));
    return err.code;
}

/* Exactly this record of kind `k`, and a mark of that generation. */
static void assert_holds(scratch_t *scratch, const char *id, uint64_t mark)
{
    store_t *s = open_store(scratch);
    answer_t a = {.count = 0};
    char expected[64];
    snprintf(expected, sizeof expected, "%s ", id);
    store_list_now(s, STR("k"), STR_NONE, STR_NONE, 9, answer_keep, &a);
    assert_string_equal(a.ids, expected);
    store_get_now(s, STR("meta"), STR("restore"), answer_keep, &a);
    assert_int_equal(a.records, mark > 0);
    assert_int_equal(a.generation, mark);
    answer_fini(&a);
    store_close(s);
}

static void fills_a_folder_that_is_not_there(void **state)
{
    (void)state;
    scratch_t scratch;
    restoring_t r;
    char aside[128];
    scratch_init(&scratch);
    int fd = make_backup(&scratch, &r, "from-backup");
    assert_int_equal(restore(&scratch, &r, fd, false, aside), ERR_none);
    assert_string_equal(aside, "");
    assert_int_equal(r.checks, 1);
    assert_int_equal(scratch_mode(&scratch, "tenon.db"), 0600);
    assert_int_equal(scratch_mode(&scratch, "restore.part"), -1);
    assert_holds(&scratch, "from-backup", 1);
    close(fd);
    scratch_fini(&scratch);
}

static void replaces_only_what_it_may_and_counts(void **state)
{
    (void)state;
    scratch_t scratch, moved;
    restoring_t r;
    char aside[128];
    scratch_init(&scratch);
    store_t *s = open_store(&scratch);
    put(s, "before");
    int fd = make_backup(&scratch, &r, "from-backup");
    assert_int_equal(restore(&scratch, &r, fd, true, aside), ERR_store_locked);
    store_close(s);
    assert_int_equal(restore(&scratch, &r, fd, false, aside), ERR_store_exists);
    assert_holds(&scratch, "before", 0);
    assert_int_equal(restore(&scratch, &r, fd, true, aside), ERR_none);
    assert_int_equal(strncmp(aside, "replaced-", 9), 0);
    assert_holds(&scratch, "from-backup", 1);
    moved = scratch;
    assert_true(snprintf(moved.folder, sizeof moved.folder, "%.60s/%.60s", scratch.folder, aside) >
                0);
    assert_holds(&moved, "before", 0);
    close(fd);

    /* What is backed up from a restored store tells so. */
    size_t n;
    char *bytes = scratch_read(&scratch, "tenon.db", &n);
    fd = open(scratch_path(&scratch, "again"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    r.bytes = n;
    free(bytes);
    assert_int_equal(restore(&scratch, &r, fd, true, aside), ERR_none);
    assert_holds(&scratch, "from-backup", 2);
    close(fd);
    scratch_fini(&scratch);
}

static void a_refused_copy_leaves_all_as_it_was(void **state)
{
    (void)state;
    scratch_t scratch;
    restoring_t r;
    char aside[128];
    scratch_init(&scratch);
    store_t *s = open_store(&scratch);
    put(s, "before");
    store_close(s);
    int fd = make_backup(&scratch, &r, "from-backup");
    r.refuses = true;
    assert_int_equal(restore(&scratch, &r, fd, true, aside), ERR_backup_damaged);
    r = (restoring_t){.bytes = r.bytes - 5000}; /* no whole database */
    assert_int_not_equal(restore(&scratch, &r, fd, true, aside), ERR_none);
    r = (restoring_t){.bytes = 0};
    assert_int_not_equal(restore(&scratch, &r, fd, true, aside), ERR_none);
    assert_string_equal(aside, "");
    assert_int_equal(scratch_mode(&scratch, "restore.part"), -1);
    assert_holds(&scratch, "before", 0);
    close(fd);
    scratch_fini(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_a_folder_that_is_not_there),
        cmocka_unit_test(replaces_only_what_it_may_and_counts),
        cmocka_unit_test(a_refused_copy_leaves_all_as_it_was),
    };
    log_configure(LOG_ERROR, false);
    umask(077);
    return cmocka_run_group_tests_name("store/restore", tests, NULL, NULL);
}
