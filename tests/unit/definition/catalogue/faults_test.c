/* SPDX-License-Identifier: MIT */
/* The n-th look at the folder of definitions or at one of its files fails, once or from then on,
 * for every n until the scenario passes: loading, an edit, a new file. Whatever
 * happens, the host has a snapshot; a connector that was there serves on unless its file is surely
 * gone; and once the fault is over, one look sets everything right. */
#include "faults.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "definition/catalogue/catalogue.h"

enum { PATIENCE_MS = 30000 };

/* --- the fault layer: this program's own functions come before the C library's --- */

enum { OPENS = 1, READS = 2, STATS = 4, FOLDERS = 8, WATCHES = 16 };

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    bool reads = strstr(path, ".yaml") && !(flags & O_CREAT);
    return reads && fault_strikes(OPENS) ? -1
                                         : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* Of regular files alone: loops read their own descriptors. */
ssize_t read(int fd, void *to, size_t n)
{
    struct stat status;
    bool regular = syscall(SYS_fstat, fd, &status) == 0 && S_ISREG(status.st_mode);
    return regular && fault_strikes(READS) ? -1 : syscall(SYS_read, fd, to, n);
}

int stat(const char *restrict path, struct stat *restrict out)
{
    return fault_strikes(STATS) ? -1 : (int)syscall(SYS_stat, path, out);
}

int lstat(const char *restrict path, struct stat *restrict out)
{
    return fault_strikes(STATS) ? -1 : (int)syscall(SYS_lstat, path, out);
}

DIR *opendir(const char *path)
{
    int fd = fault_strikes(FOLDERS)
                 ? -1
                 : (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    return fd < 0 ? NULL : fdopendir(fd);
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    return fault_strikes(WATCHES) ? -1 : (int)syscall(SYS_inotify_add_watch, fd, path, mask);
}

/* --- the scenario --- */

static char folder[64];
static atomic_uint loaded;

static void on_loaded(void *context)
{
    (void)context;
    atomic_fetch_add(&loaded, 1);
}

static void save(const char *id, const char *version)
{
    char fresh[100];
    char path[100];
    snprintf(fresh, sizeof fresh, "%s/.%s", folder, id);
    snprintf(path, sizeof path, "%s/%s.yaml", folder, id);
    FILE *f = fopen(fresh, "w");
    assert_non_null(f);
    fprintf(f,
            "tenon: 1\nid: %s\ntitle: T\ndescription: D\nversion: %s\nhosts: [a.example]\n"
            "base_url: https://a.example\nactions: {Get: {summary: S, method: GET, path: /x}}\n",
            id, version);
    assert_int_equal(fchmod(fileno(f), 0600), 0);
    fclose(f);
    assert_int_equal(rename(fresh, path), 0);
}

static void reload(catalogue_t *c)
{
    unsigned before = atomic_load(&loaded);
    catalogue_reload(c, on_loaded, NULL);
    int64_t give_up_ms = clock_boot_ms() + PATIENCE_MS;
    while (atomic_load(&loaded) == before && clock_boot_ms() < give_up_ms) {
        usleep(1000);
    }
    assert_true(atomic_load(&loaded) != before);
}

static bool has(catalogue_t *c, const char *id, const char *version)
{
    snapshot_t *s = catalogue_snapshot(c);
    const connector_t *connector = snapshot_connector(s, str_of(id));
    bool there = connector && (!version || str_is(connector->version, version));
    snapshot_unref(s);
    return there;
}

static size_t fault_count(catalogue_t *c)
{
    snapshot_t *s = catalogue_snapshot(c);
    size_t count = snapshot_fault_count(s);
    snapshot_unref(s);
    return count;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

/* Answers false when the scenario was over before the fault. */
static bool run_with_fault(const fault_row_t *row, int n)
{
    err_t err = ERR_INIT;
    snprintf(folder, sizeof folder, "%s/tenon-faults-XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(folder));
    save("one", "1.0.0");
    save("two", "1.0.0");
    fault_arm(row, n);
    catalogue_t *c = catalogue_open(folder, &(load_options_t){.file_bytes_max = 1 << 20}, &err);
    if (!c) {
        assert_true(atomic_load(&fault.struck) > 0 && err.code == ERR_definition_unreadable);
        fault_disarm();
        err = ERR_INIT;
        c = catalogue_open(folder, &(load_options_t){.file_bytes_max = 1 << 20}, &err);
        assert_non_null(c);
    }
    bool had_two = has(c, "two", NULL);
    save("one", "2.0.0");
    save("three", "1.0.0");
    reload(c);
    /* Whoever was there is there, in this version or in the one before. */
    assert_true(!had_two || has(c, "two", "1.0.0"));
    bool struck = atomic_load(&fault.struck) > 0;
    fault_disarm();
    if (!struck) {
        assert_true(has(c, "one", "2.0.0") && has(c, "three", NULL) && fault_count(c) == 0);
    }
    reload(c);
    assert_true(has(c, "one", "2.0.0") && has(c, "two", "1.0.0") && has(c, "three", "1.0.0"));
    assert_int_equal(fault_count(c), 0);
    catalogue_close(c);
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return struck;
}

static void test_every_fault(void **state)
{
    (void)state;
    static const fault_row_t rows[] = {
        {"no descriptor for a moment", OPENS, EMFILE, false, 4},
        {"a read fails", READS, EIO, false, 4},
        {"reads fail", READS, EIO, true, 4},
        {"a look at a file fails", STATS, EIO, false, 4},
        {"looks at files fail", STATS, EACCES, true, 4},
        {"the folder cannot be read for a moment", FOLDERS, EMFILE, false, 1},
        {"the folder cannot be read", FOLDERS, EACCES, true, 1},
        {"nothing can be watched", WATCHES, ENOSPC, true, 1},
        {"everything fails", OPENS | READS | STATS | FOLDERS | WATCHES, EIO, true, 10},
    };
    fault_each(rows, sizeof rows / sizeof *rows, run_with_fault);
}

int main(void)
{
    log_configure(LOG_ERROR + 1, false); /* the faults are many, and each has a line */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fault),
    };
    return cmocka_run_group_tests_name("definition/catalogue/faults", tests, NULL, NULL);
}
