/* SPDX-License-Identifier: MIT */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static const char lock_name[] = "tenon.lock";

/* A pipe must not hold up the start. */
enum { OPEN_FLAGS = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK };

static bool fail_with_errno(const char *path, const char *name, err_t *err)
{
    if (errno == ELOOP) {
        return err_set(err, ERR_store_failed, "%s/%s is a symbolic link", path, name);
    }
    return err_set(err, ERR_store_failed, "%s/%s: %s", path, name, strerrordesc_np(errno));
}

/* --- the folder itself --- */

/* A folder that was just made is lost with its contents unless its parent is synced. */
static bool settle_new(const folder_t *f)
{
    int parent = openat(f->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool settled = parent >= 0 && fsync(parent) == 0;
    if (parent >= 0) {
        close(parent);
    }
    return settled;
}

static void warn_if_shared(const folder_t *f)
{
    struct stat status;
    if (fstat(f->fd, &status) == 0 && (status.st_mode & (S_IWGRP | S_IWOTH))) {
        log_event(LOG_WARN, "store.folder_writable_by_others", LOG_S("folder", str_of(f->path)));
    }
}

static bool open_folder(folder_t *f, const char *path, err_t *err)
{
    bool made = mkdir(path, 0700) == 0;
    /* A strict umask would shut ourselves out. */
    if (made ? chmod(path, 0700) < 0 : errno != EEXIST && errno != EROFS) {
        return err_set(err, ERR_store_failed, "%s: %s", path, strerrordesc_np(errno));
    }
    f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->path = f->fd < 0 ? NULL : realpath(path, NULL);
    if (!f->path || (made && !settle_new(f))) {
        return err_set(err, ERR_store_failed, "%s: %s", path, strerrordesc_np(errno));
    }
    warn_if_shared(f);
    return true;
}

/* --- files --- */

/* An open file is what was meant: not a device, not a pipe; and private from now on. */
static bool secure(const folder_t *f, int fd, const char *name, err_t *err)
{
    struct stat status;
    if (fstat(fd, &status) < 0) {
        return fail_with_errno(f->path, name, err);
    }
    if (!S_ISREG(status.st_mode)) {
        return err_set(err, ERR_store_failed, "%s/%s is not a plain file", f->path, name);
    }
    if ((status.st_mode & 07777) != 0600 && fchmod(fd, 0600) < 0 && errno != EROFS) {
        return fail_with_errno(f->path, name, err);
    }
    return true;
}

/* O_EXCL: what is made is ours from its first moment. */
static int make_file(const folder_t *f, const char *name)
{
    int fd = openat(f->fd, name, O_RDWR | O_CREAT | O_EXCL | OPEN_FLAGS, 0600);
    if (fd >= 0 && fsync(f->fd) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool folder_secure_file(const folder_t *f, const char *name, bool make, err_t *err)
{
    int fd = openat(f->fd, name, O_RDONLY | OPEN_FLAGS);
    if (fd < 0 && errno == ENOENT) {
        if (!make) {
            return true;
        }
        fd = make_file(f, name);
    }
    if (fd < 0) {
        return fail_with_errno(f->path, name, err);
    }
    bool secured = secure(f, fd, name, err);
    close(fd);
    return secured;
}

int64_t folder_file_size(const folder_t *f, const char *name)
{
    struct stat status;
    return fstatat(f->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_size : 0;
}

/* --- the lock --- */

static bool fail_locked(const folder_t *f, err_t *err)
{
    char text[24];
    ssize_t n = pread(f->lock_fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    long owner = strtol(text, NULL, 10);
    if (owner > 0) {
        return err_set(err, ERR_store_locked, "%s is in use by process %ld", f->path, owner);
    }
    return err_set(err, ERR_store_locked, "%s is in use by another process", f->path);
}

/* For whoever finds it locked; the lock itself does not depend on it. */
static void write_owner(const folder_t *f)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(f->lock_fd, 0) < 0 || pwrite(f->lock_fd, text, (size_t)n, 0) != n) {
        log_event(LOG_WARN, "store.lock_owner_not_written", LOG_S("folder", str_of(f->path)),
                  LOG_S("reason", str_of(strerrordesc_np(errno))));
    }
}

static bool open_lock(folder_t *f, err_t *err)
{
    f->lock_fd = openat(f->fd, lock_name, O_RDWR | O_CREAT | OPEN_FLAGS, 0600);
    if (f->lock_fd < 0 && errno == EROFS) {
        f->read_only = true;
        f->lock_fd = openat(f->fd, lock_name, O_RDONLY | OPEN_FLAGS);
        if (f->lock_fd < 0 && errno == ENOENT) {
            return true;
        }
    }
    return f->lock_fd >= 0 || fail_with_errno(f->path, lock_name, err);
}

static bool take_lock(folder_t *f, err_t *err)
{
    if (!open_lock(f, err)) {
        return false;
    }
    if (f->lock_fd < 0) {
        return true;
    }
    if (!secure(f, f->lock_fd, lock_name, err)) {
        return false;
    }
    if (flock(f->lock_fd, LOCK_EX | LOCK_NB) < 0) {
        return errno == EWOULDBLOCK ? fail_locked(f, err)
                                    : fail_with_errno(f->path, lock_name, err);
    }
    if (!f->read_only) {
        write_owner(f);
    }
    return true;
}

bool folder_open(folder_t *f, const char *path, err_t *err)
{
    *f = (folder_t){.fd = -1, .lock_fd = -1};
    if (open_folder(f, path, err) && take_lock(f, err)) {
        return true;
    }
    if (f->lock_fd >= 0) { /* not ours: its text stays */
        close(f->lock_fd);
        f->lock_fd = -1;
    }
    folder_close(f);
    return false;
}

void folder_close(folder_t *f)
{
    if (f->lock_fd >= 0) {
        /* An owner that is gone should not be named; that it is named still does no harm. */
        int ignored = f->read_only ? 0 : ftruncate(f->lock_fd, 0);
        (void)ignored;
        close(f->lock_fd);
    }
    if (f->fd >= 0) {
        close(f->fd);
    }
    free(f->path);
    *f = (folder_t){.fd = -1, .lock_fd = -1};
}
