/* SPDX-License-Identifier: MIT */
#include "app/new_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/files.h"
#include "seal/hash.h"

typedef struct draft {
    const char *path; /* where it is written first; NULL: not beside another */
    const char *place;
    struct stat found; /* at its place; st_nlink 0: nothing */
} draft_t;

static bool fail_errno(err_t *err, const char *path)
{
    return err_set(err, ERR_configuration, "%s: %s", path, strerrordesc_np(errno));
}

/* --- bytes --- */

static bool write_all(int fd, str_t bytes)
{
    while (bytes.n > 0) {
        ssize_t put = write(fd, bytes.p, bytes.n);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        bytes = str_slice(bytes, put > 0 ? (size_t)put : 0, bytes.n);
    }
    return true;
}

/* False with errno of what failed first. */
static bool close_after(int fd, bool ok)
{
    int why = errno;
    bool closed = close(fd) == 0;
    errno = ok ? errno : why;
    return ok && closed;
}

static bool write_as_it_is(const draft_t *d, str_t bytes)
{
    int fd = open(d->place, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return fd >= 0 && close_after(fd, write_all(fd, bytes));
}

static bool write_draft(const draft_t *d, str_t bytes)
{
    int fd = open(d->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        return false;
    }
    bool there = d->found.st_nlink > 0;
    if (there) { /* root leaves a file to its owner */
        (void)!fchown(fd, d->found.st_uid, d->found.st_gid);
    }
    return close_after(fd, (!there || fchmod(fd, d->found.st_mode & 07777) == 0) &&
                               write_all(fd, bytes) && fsync(fd) == 0);
}

/* --- places --- */

static const char *beside_in(arena_t *arena, const char *place)
{
    char unique[37];
    str_t name = file_last_part(str_of(place));
    random_uuid(unique);
    return arena_printf(arena, "%.*s.tenon-%s.part", (int)(name.p - place), place, unique).p;
}

/* What a symbolic link leads to, if that is there. */
static const char *real_in(arena_t *arena, const char *path)
{
    char *real = realpath(path, NULL);
    const char *kept = real ? arena_str(arena, str_of(real)).p : NULL;
    free(real);
    return kept;
}

static bool find_place(arena_t *arena, const char *path, draft_t *out)
{
    *out = (draft_t){.place = path};
    if (stat(path, &out->found) != 0) {
        out->found.st_nlink = 0;
        out->path = beside_in(arena, path);
        return errno == ENOENT;
    }
    if (S_ISREG(out->found.st_mode)) {
        out->place = real_in(arena, path);
        out->path = out->place ? beside_in(arena, out->place) : NULL;
    }
    errno = S_ISDIR(out->found.st_mode) ? EISDIR : errno;
    return out->place && !S_ISDIR(out->found.st_mode);
}

/* --- the whole --- */

static bool write_all_beside(arena_t *arena, const new_file_t *files, size_t count, draft_t *drafts,
                             err_t *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!find_place(arena, files[i].path, &drafts[i]) ||
            (drafts[i].path && !write_draft(&drafts[i], files[i].bytes))) {
            return fail_errno(err, files[i].path);
        }
    }
    return true;
}

/* In one folder, what can still fail is a place that is not ours to change. */
static bool put_all(const new_file_t *files, size_t count, const draft_t *drafts, err_t *err)
{
    for (size_t i = 0; i < count; i++) {
        const draft_t *d = &drafts[i];
        bool ok = d->path ? rename(d->path, d->place) == 0 : write_as_it_is(d, files[i].bytes);
        if (!ok) {
            return err_set(err, ERR_configuration, "%s: %s%s", files[i].path,
                           strerrordesc_np(errno),
                           i ? "; what stands beside it is new, and no whole with it" : "");
        }
    }
    return true;
}

static void drop_all(const draft_t *drafts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (drafts[i].path) {
            (void)unlink(drafts[i].path);
        }
    }
}

bool new_files_put(arena_t *arena, const new_file_t *files, size_t count, err_t *err)
{
    draft_t *drafts = arena_array_of(arena, draft_t, count);
    bool ok =
        write_all_beside(arena, files, count, drafts, err) && put_all(files, count, drafts, err);
    if (!ok) {
        drop_all(drafts, count);
    }
    return ok;
}

/* Not every file system can rename without replacing; those link. */
static bool put_where_none_is(const draft_t *d)
{
    if (renameat2(AT_FDCWD, d->path, AT_FDCWD, d->place, RENAME_NOREPLACE) == 0) {
        return true;
    }
    return errno == EINVAL && link(d->path, d->place) == 0;
}

bool new_file_make(arena_t *arena, const char *path, str_t bytes, err_t *err)
{
    const draft_t draft = {.path = beside_in(arena, path), .place = path};
    bool ok = write_draft(&draft, bytes) && put_where_none_is(&draft);
    if (!ok && errno == EEXIST) {
        err_set(err, ERR_configuration,
                "%s: File exists. It is not replaced: remove it, or choose another --out", path);
    } else if (!ok) {
        fail_errno(err, path);
    }
    (void)unlink(draft.path);
    return ok;
}
