/* SPDX-License-Identifier: MIT */
/* The n-th input or output of a scenario fails, once or from then on, or the process is killed
 * there, for every n until the scenario passes. Whatever happens: what was committed has one line,
 * what was not has none, and nothing of it is taken for tampering. */
#define RIG_HAS_FAULTS

#include "faults.h"
#include "rig.h"

#include <sys/syscall.h>

/* --- the fault layer: this program's own functions come before the C library's --- */

enum { WRITES = 1, SYNCS = 2, TRUNCATES = 4, OPENS = 8, REMOVES = 16, STORE_WRITES = 32 };

static bool kills;                  /* instead of failing */
static _Thread_local bool is_trail; /* the store's thread has tests of its own; it is only killed */

static bool strikes(int kind)
{
    if ((!is_trail && !kills) || !fault_strikes(kind)) {
        return false;
    }
    if (kills) {
        _exit(99);
    }
    return true;
}

static bool is_file(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/* Half of it arrives. */
ssize_t write(int fd, const void *bytes, size_t n)
{
    bool struck = is_file(fd) && strikes(WRITES);
    ssize_t written = syscall(SYS_write, fd, bytes, struck ? n / 2 : n);
    errno = struck ? atomic_load(&fault.code) : errno;
    return struck ? -1 : written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    return strikes(STORE_WRITES) ? -1 : syscall(SYS_pwrite64, fd, bytes, n, at);
}

int fdatasync(int fd)
{
    (void)fd;
    return strikes(SYNCS) ? -1 : 0; /* whoever is killed leaves his bytes to the kernel */
}

int fsync(int fd)
{
    (void)fd;
    return strikes(SYNCS) ? -1 : 0;
}

int ftruncate(int fd, off_t length)
{
    return strikes(TRUNCATES) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

int unlinkat(int folder, const char *path, int flags)
{
    return strikes(REMOVES) ? -1 : (int)syscall(SYS_unlinkat, folder, path, flags);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return strikes(OPENS) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
}

/* --- the scenario --- */

enum { STEPS = 2, STEP_CHANGES = 1, FILES_MAX = 64 * 1024 };

/* With room for few lines, so that files come and go. */
static void play(rig_t *r)
{
    char name[32];
    if (!rig_try_open(r)) {
        return;
    }
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < STEP_CHANGES; i++) {
            snprintf(name, sizeof name, "s%d-%d", step, i);
            (void)rig_change(r, name);
        }
        (void)rig_move(r);
        snprintf(name, sizeof name, "told%d", step);
        (void)rig_append(r, name);
        trail_tidy(&r->trail);
    }
    rig_close(r);
}

static bool is_committed(rig_t *r, const char *name)
{
    answer_t a = {.count = 0};
    store_get_now(r->store, STR("thing"), str_of(name), answer_keep, &a);
    bool there = a.records == 1;
    answer_fini(&a);
    return there;
}

static unsigned count_lines(const json_t *lines, const char *id)
{
    unsigned count = 0;
    for (size_t i = 0; i < json_array_size(lines); i++) {
        count += str_is(json_member(json_array_get(lines, i), "id"), id);
    }
    return count;
}

static void check(rig_t *r)
{
    char name[32];
    rig_open(r);
    assert_true(rig_move(r));
    rig_assert_well(r);
    json_t *page = rig_lines(r, (audit_query_t){.limit = 0});
    const json_t *lines = json_object_get(page, "lines");
    bool all_kept = json_integer_value(json_object_get(json_array_get(lines, 0), "seq")) == 1;
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < STEP_CHANGES; i++) {
            snprintf(name, sizeof name, "s%d-%d", step, i);
            unsigned count = count_lines(lines, name), wanted = is_committed(r, name);
            assert_true(count == wanted || (!all_kept && count == 0));
        }
        snprintf(name, sizeof name, "told%d", step);
        assert_true(count_lines(lines, name) <= 1);
    }
    json_decref(page);
    assert_true(rig_change(r, "after"));
    assert_true(rig_move(r));
    rig_assert_well(r);
    rig_close(r);
}

static void begin(rig_t *r, int64_t bytes_max)
{
    rig_init(r);
    r->bytes_max = bytes_max;
    rig_open(r); /* the store and the first line are there */
    rig_close(r);
}

static bool run_with_fault(const fault_row_t *row, int n)
{
    rig_t r;
    begin(&r, 600);
    fault_arm(row, n);
    is_trail = true;
    play(&r);
    is_trail = false;
    bool struck = atomic_load(&fault.struck) > 0;
    fault_disarm();
    check(&r);
    rig_fini(&r);
    return struck;
}

static void every_failure_is_outlived(void **state)
{
    static const fault_row_t ROWS[] = {
        {"a full disk", WRITES, ENOSPC, false, 5},
        {"a disk that stays full", WRITES, ENOSPC, true, 5},
        {"a sync fails", SYNCS, EIO, false, 5},
        {"all syncs fail", SYNCS, EIO, true, 5},
        {"nothing can be cut off, and written", WRITES | TRUNCATES, EIO, true, 5},
        {"nothing opens", OPENS, EMFILE, true, 3},
        {"nothing is removed", REMOVES, EPERM, true, 1},
    };
    (void)state;
    fault_each(ROWS, sizeof ROWS / sizeof *ROWS, run_with_fault);
}

/* Answers false where the scenario was over before. */
static bool run_and_kill(const fault_row_t *row, int n)
{
    rig_t r;
    int status = 0;
    begin(&r, 600);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kills = true;
        fault_arm(row, n);
        play(&r);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 99 || WEXITSTATUS(status) == 0));
    check(&r);
    rig_fini(&r);
    return WEXITSTATUS(status) == 99;
}

static void every_death_is_outlived(void **state)
{
    static const fault_row_t ROWS[] = {
        {"at a write of the trail", WRITES, EIO, false, 5},
        {"at a sync of either", SYNCS, EIO, false, 10},
        {"at a removal", REMOVES, EIO, false, 1},
    };
    (void)state;
    fault_each(ROWS, sizeof ROWS / sizeof *ROWS, run_and_kill);
}

/* --- how much is kept --- */

static void removes_the_oldest(void **state)
{
    rig_t r;
    (void)state;
    rig_init(&r);
    r.bytes_max = FILES_MAX;
    rig_open(&r);
    for (int i = 0; i < 12; i++) {
        char prefix[16];
        snprintf(prefix, sizeof prefix, "p%d-", i);
        rig_write(&r, prefix, 30);
        trail_tidy(&r.trail);
    }
    json_t *report = rig_verify(&r),
           *page = rig_lines(&r, (audit_query_t){.what = STR("audit.removed")});
    json_int_t first = json_integer_value(json_object_get(report, "first"));
    const json_t *lines = json_object_get(page, "lines");
    assert_true(json_is_true(json_object_get(report, "ok")));
    assert_true(first > 30 &&
                json_integer_value(json_object_get(report, "bytes")) <= FILES_MAX + 16 * 1024);
    const json_t *last = json_array_get(lines, json_array_size(lines) - 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(last, "details"), "last")),
                     first - 1);
    json_decref(report);
    json_decref(page);
    /* By age: all but the newest, wherever the clock is. */
    r.trail.options.keep_ms = 1;
    usleep(5000);
    trail_tidy(&r.trail);
    rig_assert_well(&r);
    rig_close(&r);
    rig_open(&r);
    rig_assert_well(&r);
    assert_true(r.trail.segments.count <= 2);
    rig_close(&r);
    rig_fini(&r);
}

/* --- a restored store, beside the files that went on --- */

static void read_state(rig_t *r, answer_t *state)
{
    *state = (answer_t){.count = 0};
    store_get_now(r->store, STR("meta"), STR("audit"), answer_keep, state);
    assert_int_equal(state->records, 1);
}

static void put_state_back(rig_t *r, answer_t *state)
{
    store_t *s = open_store(&r->scratch);
    answer_t a = {.count = 0};
    store_change_t change = change_put("meta", "audit", state->generation, state->plain);
    change.record.sealed = str_at(state->sealed, state->sealed_length);
    write_now(s, change, &a);
    assert_true(a.ok);
    answer_fini(&a);
    answer_fini(state);
    store_close(s);
}

static void a_restored_store_goes_on_behind_the_files(void **state)
{
    rig_t r;
    answer_t backup = {.count = 0};
    (void)state;
    rig_init(&r);
    r.bytes_max = FILES_MAX;
    rig_open(&r);
    for (int i = 0; r.trail.state.start.seq == 0; i++) { /* until the first file goes */
        char prefix[16];
        snprintf(prefix, sizeof prefix, "p%d-", i);
        answer_fini(&backup);
        read_state(&r, &backup);
        rig_write(&r, prefix, 30);
        trail_tidy(&r.trail);
    }
    uint64_t head = r.trail.state.head.seq, start = r.trail.state.start.seq;
    rig_close(&r);
    put_state_back(&r, &backup);
    rig_open(&r);
    assert_int_equal(r.trail.state.head.seq, head);
    assert_int_equal(r.trail.state.start.seq, start);
    rig_assert_well(&r);
    for (int i = 0; i < 3; i++) { /* and what is old goes, as before */
        char prefix[16];
        snprintf(prefix, sizeof prefix, "q%d-", i);
        rig_write(&r, prefix, 30);
        trail_tidy(&r.trail);
    }
    assert_true(r.trail.state.start.seq > start);
    rig_assert_well(&r);
    rig_close(&r);
    rig_fini(&r);
}

static void files_are_private(void **state)
{
    rig_t r;
    struct stat status;
    (void)state;
    rig_init(&r);
    mode_t before = umask(0);
    rig_open(&r);
    rig_write(&r, "thing", 1);
    umask(before);
    assert_int_equal(stat(r.folder, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(stat(rig_file(&r, 0), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    rig_close(&r);
    /* A link is not followed. */
    char aside[256];
    snprintf(aside, sizeof aside, "%s-aside", r.folder);
    assert_int_equal(rename(r.folder, aside), 0);
    assert_int_equal(symlink(aside, r.folder), 0);
    assert_false(rig_try_open(&r));
    rig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failure_is_outlived),
        cmocka_unit_test(every_death_is_outlived),
        cmocka_unit_test(removes_the_oldest),
        cmocka_unit_test(a_restored_store_goes_on_behind_the_files),
        cmocka_unit_test(files_are_private),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
