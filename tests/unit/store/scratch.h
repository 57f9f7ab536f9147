/* SPDX-License-Identifier: MIT */
/* A folder of its own for each test, taken away with what is in it; and answers of the store kept.
 */
#ifndef TENON_TESTS_STORE_SCRATCH_H
#define TENON_TESTS_STORE_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store.h"

typedef struct scratch {
    char root[64];
    char folder[128]; /* of the store: not made yet */
    char path[256];   /* scratch_path's answer */
} scratch_t;

static inline void scratch_init(scratch_t *s)
{
    const char *parent = getenv("TMPDIR");
    snprintf(s->root, sizeof s->root, "%.40s/tenon-store-XXXXXX", parent ? parent : "/tmp");
    assert_non_null(mkdtemp(s->root));
    snprintf(s->folder, sizeof s->folder, "%s/data", s->root);
}

static inline int scratch_remove(const char *path, const struct stat *status, int kind,
                                 struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void scratch_fini(scratch_t *s)
{
    nftw(s->root, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* Of a file in the store's folder. */
static inline const char *scratch_path(scratch_t *s, const char *name)
{
    snprintf(s->path, sizeof s->path, "%s/%s", s->folder, name);
    return s->path;
}

/* -1: there is none. */
static inline int scratch_mode(scratch_t *s, const char *name)
{
    struct stat status;
    return lstat(scratch_path(s, name), &status) == 0 ? (int)(status.st_mode & 07777) : -1;
}

/* free() it. */
static inline char *scratch_read(scratch_t *s, const char *name, size_t *n)
{
    FILE *file = fopen(scratch_path(s, name), "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *n = (size_t)ftell(file);
    rewind(file);
    char *bytes = mem_alloc(*n);
    assert_int_equal(fread(bytes, 1, *n, file), *n);
    fclose(file);
    return bytes;
}

/* Writes into a file that is there or not. */
static inline void scratch_patch(scratch_t *s, const char *name, long at, const void *bytes,
                                 size_t n)
{
    int fd = open(scratch_path(s, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, n, at), (ssize_t)n);
    close(fd);
}

/* Runs this program again with arguments. Answers its process id. */
static inline pid_t scratch_spawn(const char *what, const char *folder, int out_fd)
{
    char out[16];
    snprintf(out, sizeof out, "%d", out_fd);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execl("/proc/self/exe", "store-test", what, folder, out, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* --- answers --- */

typedef struct answer {
    unsigned count; /* how many came */
    bool ok;
    bool conflict;
    err_t err;
    size_t records;
    char ids[4096];      /* of the records, a blank behind each */
    uint64_t generation; /* and the rest of the last one */
    int64_t changed_at_ms;
    char *plain; /* NULL: absent */
    char *sealed;
    size_t sealed_length;
} answer_t;

static inline void answer_keep(void *context, const store_result_t *result)
{
    answer_t *a = context;
    free(a->plain);
    free(a->sealed);
    *a = (answer_t){.count = a->count + 1,
                    .ok = result->ok,
                    .conflict = result->conflict,
                    .err = result->err,
                    .records = result->count};
    size_t at = 0;
    for (size_t i = 0; i < result->count; i++) {
        const store_record_t *r = &result->records[i];
        at += (size_t)snprintf(a->ids + at, sizeof a->ids - at, "%.*s ", STR_ARG(r->id));
        assert_true(at < sizeof a->ids);
        free(a->plain);
        free(a->sealed);
        a->generation = r->generation;
        a->changed_at_ms = r->changed_at_ms;
        a->plain = r->plain.p ? str_dup(r->plain) : NULL;
        a->sealed = r->sealed.p ? str_dup(r->sealed) : NULL;
        a->sealed_length = r->sealed.n;
    }
}

static inline void answer_fini(answer_t *a)
{
    free(a->plain);
    free(a->sealed);
    *a = (answer_t){.count = 0};
}

static inline store_change_t change_put(const char *kind, const char *id, uint64_t generation,
                                        const char *plain)
{
    return (store_change_t){.verb = STORE_PUT,
                            .record = {.kind = str_of(kind),
                                       .id = str_of(id),
                                       .generation = generation,
                                       .changed_at_ms = 1700000000000 + (int64_t)generation,
                                       .plain = str_of(plain)}};
}

static inline store_change_t change_delete(const char *kind, const char *id)
{
    return (store_change_t){.verb = STORE_DELETE,
                            .record = {.kind = str_of(kind), .id = str_of(id)}};
}

static inline store_change_t change_if(store_change_t change, uint64_t expected)
{
    change.check_generation = true;
    change.expected = expected;
    return change;
}

static inline void write_now(store_t *s, store_change_t change, answer_t *a)
{
    store_write_now(s, &change, 1, answer_keep, a);
}

static inline store_t *open_store(scratch_t *s)
{
    err_t err = ERR_INIT;
    store_t *store = store_open(s->folder, &err);
    if (!store) {
        fail_msg("%s", err.text);
    }
    return store;
}

static inline void assert_refused(scratch_t *s, err_code_t code, const char *text)
{
    err_t err = ERR_INIT;
    assert_null(store_open(s->folder, &err));
    assert_string_equal(err_code_name(err.code), err_code_name(code));
    if (!strstr(err.text, text)) {
        fail_msg("\"%s\" is not in: %s", text, err.text);
    }
}

#endif
