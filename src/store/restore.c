/* SPDX-License-Identifier: MIT */
#include "store/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/sqlite.h"

enum { PIECE = 64 * 1024, ASIDE_MAX = 100 };
static const char draft_name[] = "restore.part";

static bool fail_errno(const folder_t *f, const char *name, err_t *err)
{
    return err_set(err, ERR_store_failed, "%s/%s: %s", f->path, name, strerrordesc_np(errno));
}

/* --- the draft: a copy that is checked again, since what was checked before may have changed ---
 */

static bool copy_all(int from, int to)
{
    char piece[PIECE];
    for (off_t at = 0;;) {
        ssize_t n = pread(from, piece, sizeof piece, at);
        if (n <= 0) {
            return n == 0;
        }
        if (pwrite(to, piece, (size_t)n, at) != n) {
            return false;
        }
        at += n;
    }
}

static bool fill_draft(const store_restoring_t *r, const folder_t *f, int fd, err_t *err)
{
    uint64_t bytes = 0;
    if (!copy_all(r->from, fd)) {
        return fail_errno(f, draft_name, err);
    }
    return r->check(r->context, fd, &bytes, err) &&
           ((ftruncate(fd, (off_t)bytes) == 0 && fsync(fd) == 0) || fail_errno(f, draft_name, err));
}

static bool make_draft(const store_restoring_t *r, const folder_t *f, err_t *err)
{
    (void)unlinkat(f->fd, draft_name, 0);
    int fd = openat(f->fd, draft_name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail_errno(f, draft_name, err);
    }
    bool ok = fill_draft(r, f, fd, err);
    close(fd);
    return ok && sqlite_mark_copy(f, draft_name, &r->mark, err);
}

/* --- what the folder holds --- */

/* In its own folder, under second names: the first ones are there until the draft takes them. */
static bool link_aside(const folder_t *f, const char *aside, err_t *err)
{
    int to = openat(f->fd, aside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool ok = to >= 0;
    for (size_t i = 0; ok && SQLITE_FILES[i]; i++) {
        ok = linkat(f->fd, SQLITE_FILES[i], to, SQLITE_FILES[i], 0) == 0 || errno == ENOENT;
    }
    ok = ok && fsync(to) == 0 && fsync(f->fd) == 0;
    ok = ok || fail_errno(f, aside, err);
    if (to >= 0) {
        close(to);
    }
    return ok;
}

/* A name of its own, also for several within a second. */
static bool make_aside(const folder_t *f, char name[128], err_t *err)
{
    char time_text[32];
    struct tm now;
    time_t seconds = time(NULL);
    gmtime_r(&seconds, &now);
    (void)strftime(time_text, sizeof time_text, "%Y%m%dT%H%M%SZ", &now);
    for (int i = 1; i <= ASIDE_MAX; i++) {
        char more[16] = "";
        if (i > 1) {
            (void)snprintf(more, sizeof more, "-%d", i);
        }
        (void)snprintf(name, 128, "replaced-%s%s", time_text, more);
        if (mkdirat(f->fd, name, 0700) == 0) {
            return true;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return fail_errno(f, name, err);
}

static bool move_aside(const folder_t *f, char aside[128], err_t *err)
{
    sqlite_settle(f); /* so that, as a rule, the one file holds all of it */
    if (!make_aside(f, aside, err) || !link_aside(f, aside, err)) {
        return false;
    }
    for (size_t i = 1; SQLITE_FILES[i]; i++) { /* what is left of a store that cannot be settled */
        (void)unlinkat(f->fd, SQLITE_FILES[i], 0);
    }
    return true;
}

/* --- all of it --- */

static bool put_in_place(const folder_t *f, err_t *err)
{
    return (renameat(f->fd, draft_name, f->fd, SQLITE_FILES[0]) == 0 && fsync(f->fd) == 0) ||
           fail_errno(f, SQLITE_FILES[0], err);
}

bool store_restore(const store_restoring_t *r, char aside[128], err_t *err)
{
    folder_t f;
    aside[0] = '\0';
    if (!folder_open(&f, r->folder, err)) {
        return false;
    }
    bool exists = sqlite_exists(r->folder);
    bool ok = (!exists || r->replace ||
               err_set(err, ERR_store_exists,
                       "%s holds a store already; --force moves it aside and restores", f.path)) &&
              make_draft(r, &f, err) && (!exists || move_aside(&f, aside, err)) &&
              put_in_place(&f, err);
    if (!ok) {
        (void)unlinkat(f.fd, draft_name, 0);
    }
    folder_close(&f);
    return ok;
}
