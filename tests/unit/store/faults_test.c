/* SPDX-License-Identifier: MIT */
/* The n-th input or output of a scenario fails, once or from then on, for every n until the
 * scenario passes; and the process is killed at moments of chance. Whatever happens: what was
 * answered "ok" is there afterwards, a batch is there whole or not at all, and the store opens
 * again. */
#include "faults.h"
#include "store/scratch.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/log.h"

/* --- the fault layer: this program's own functions come before the C library's --- */

enum { WRITES = 1, SYNCS = 2, TRUNCATES = 4, OPENS = 8 };

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    return fault_strikes(WRITES) ? -1 : syscall(SYS_pwrite64, fd, bytes, n, at);
}

int fdatasync(int fd)
{
    return fault_strikes(SYNCS) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return fault_strikes(SYNCS) ? -1 : (int)syscall(SYS_fsync, fd);
}

int ftruncate64(int fd, off64_t length)
{
    return fault_strikes(TRUNCATES) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

/* How SQLite opens; the store itself uses openat. */
int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fault_strikes(OPENS) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* --- the scenario --- */

enum { STEPS = 12, STEPS_MOST = 250, PAYLOAD = 6000 };

typedef struct outcome {
    bool opened;
    bool acknowledged[STEPS_MOST];
    unsigned refused;
} outcome_t;

/* Each step writes two records that belong together, and replaces a third one. */
static void write_step(store_t *s, unsigned step, answer_t *a)
{
    static const char payload[PAYLOAD];
    char left[16];
    char right[16];
    snprintf(left, sizeof left, "left%03u", step);
    snprintf(right, sizeof right, "right%03u", step);
    store_change_t changes[] = {change_put("pair", left, step + 1, "{}"),
                                change_put("pair", right, step + 1, "{}"),
                                change_put("latest", "x", step + 1, "{}")};
    changes[0].record.sealed = str_at(payload, sizeof payload);
    changes[2].record.sealed = str_at(payload, step * 100);
    store_write_now(s, changes, 3, answer_keep, a);
}

static void play(scratch_t *scratch, outcome_t *out)
{
    err_t err = ERR_INIT;
    store_t *s = store_open(scratch->folder, &err);
    if (!s) {
        assert_int_equal(err.code, ERR_store_failed);
        return;
    }
    out->opened = true;
    answer_t a = {.count = 0};
    for (unsigned step = 0; step < STEPS; step++) {
        write_step(s, step, &a);
        out->acknowledged[step] = a.ok;
        out->refused += !a.ok;
        assert_int_equal(a.err.code, a.ok ? ERR_none : ERR_store_unavailable);
        assert_int_equal(store_is_healthy(s), a.ok);
        assert_false(a.conflict);
    }
    answer_fini(&a);
    store_close(s);
}

static uint64_t generation_of(store_t *s, const char *kind, const char *id)
{
    answer_t a = {.count = 0};
    store_get_now(s, str_of(kind), str_of(id), answer_keep, &a);
    assert_true(a.ok);
    uint64_t generation = a.generation;
    answer_fini(&a);
    return generation;
}

static void check(scratch_t *scratch, const bool *acknowledged, unsigned steps)
{
    store_t *s = open_store(scratch);
    uint64_t latest = generation_of(s, "latest", "x");
    for (unsigned step = 0; step < steps; step++) {
        char left[16];
        char right[16];
        snprintf(left, sizeof left, "left%03u", step);
        snprintf(right, sizeof right, "right%03u", step);
        uint64_t generation = generation_of(s, "pair", left);
        assert_int_equal(generation, generation_of(s, "pair", right));
        assert_true(generation == step + 1 || (generation == 0 && !acknowledged[step]));
        assert_true(latest >= generation);
    }
    answer_t a = {.count = 0};
    write_step(s, 0, &a); /* and it can be written */
    assert_true(a.ok && store_is_healthy(s));
    answer_fini(&a);
    store_close(s);
}

/* Answers false when the scenario was over before the fault. */
static bool run_with_fault(const fault_row_t *row, int n)
{
    scratch_t scratch;
    scratch_init(&scratch);
    outcome_t out = {.opened = false};
    fault_arm(row, n);
    play(&scratch, &out);
    bool struck = atomic_load(&fault.struck) > 0;
    fault_disarm();
    if (!struck) {
        assert_true(out.opened);
        assert_int_equal(out.refused, 0);
    }
    check(&scratch, out.acknowledged, STEPS);
    scratch_fini(&scratch);
    return struck;
}

static void test_every_fault(void **state)
{
    (void)state;
    static const fault_row_t rows[] = {
        {"the disk is full for a moment", WRITES, ENOSPC, false, 60},
        {"the disk is full", WRITES, ENOSPC, true, 60},
        {"a write fails", WRITES, EIO, false, 60},
        {"writes fail", WRITES, EIO, true, 60},
        {"quota", WRITES, EDQUOT, true, 60},
        {"a sync fails", SYNCS, EIO, false, 20},
        {"syncs fail", SYNCS, EIO, true, 20},
        {"a truncation fails", TRUNCATES, EIO, false, 1},
        {"a file cannot be opened", OPENS, EMFILE, false, 3},
        {"files cannot be opened", OPENS, EMFILE, true, 3},
        {"everything fails", WRITES | SYNCS | TRUNCATES | OPENS, EIO, true, 80},
    };
    fault_each(rows, sizeof rows / sizeof *rows, run_with_fault);
}

/* --- kill -9 --- */

/* The other process: writes, and says after each answer which step is safe. */
static int write_until_killed(const char *folder, int out_fd)
{
    err_t err = ERR_INIT;
    store_t *s = store_open(folder, &err);
    if (!s) {
        return 1;
    }
    for (unsigned step = 0; step < STEPS_MOST; step++) {
        answer_t a = {.count = 0};
        write_step(s, step, &a);
        char byte = (char)step;
        if (!a.ok || write(out_fd, &byte, 1) != 1) {
            return 1;
        }
        answer_fini(&a);
    }
    for (;;) {
        pause();
    }
}

static void sleep_us(long us)
{
    const struct timespec pause = {.tv_nsec = us * 1000};
    nanosleep(&pause, NULL);
}

static void test_kill_at_any_moment(void **state)
{
    (void)state;
    unsigned cut_short = 0;
    for (unsigned round = 0; round < 60; round++) {
        scratch_t scratch;
        scratch_init(&scratch);
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t pid = scratch_spawn("write", scratch.folder, ends[1]);
        close(ends[1]);
        unsigned wanted = round % 30; /* so many answers, then a moment longer */
        bool acknowledged[STEPS_MOST] = {false};
        unsigned char step;
        for (unsigned i = 0; i < wanted && read(ends[0], &step, 1) == 1; i++) {
            acknowledged[step] = true;
        }
        sleep_us((long)(round * 37 % 60) * 20 + (wanted == 0 ? 2000 : 0));
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        while (read(ends[0], &step, 1) == 1) {
            acknowledged[step] = true;
        }
        close(ends[0]);
        cut_short += !acknowledged[STEPS_MOST - 1];
        check(&scratch, acknowledged, STEPS_MOST);
        scratch_fini(&scratch);
    }
    assert_true(cut_short >= 10);
}

int main(int argc, char **argv)
{
    log_configure(LOG_ERROR + 1, false); /* the faults are many, and each has a line */
    if (argc == 4) {
        return write_until_killed(argv[2], atoi(argv[3]));
    }
    if (access("/dev/shm", W_OK) == 0) {
        setenv("TMPDIR", "/dev/shm", 0); /* thousands of syncs that need not wait for a disk */
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fault),
        cmocka_unit_test(test_kill_at_any_moment),
    };
    return cmocka_run_group_tests_name("store/faults", tests, NULL, NULL);
}
