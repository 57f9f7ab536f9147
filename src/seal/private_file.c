/* SPDX-License-Identifier: MIT */
#include "seal/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seal/hash.h"

enum { NAME_MAX_BYTES = 96 };

static bool failed(err_t *err, const char *what, const char *path)
{
    int code = errno;
    const char *why = strerrordesc_np(code);
    return err_set(err, ERR_configuration, "%s %s: %s", what, path, why ? why : "unknown error");
}

/* --- reading --- */

/* A file of root's is as private as one of ours, since root reads everything. systemd hands over
 * credentials (LoadCredential=) like that: root's, with an access list for the service, which shows
 * as a right of root's group. */
static bool is_of_root(const struct stat *about)
{
    return about->st_uid == 0 && about->st_gid == 0 && (about->st_mode & 037) == 0;
}

/* The checks are made on what was opened, so that nothing can change between check and use. */
static bool is_private(int fd, const char *path, err_t *err)
{
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return failed(err, "cannot look at", path);
    }
    if (!S_ISREG(about.st_mode)) {
        return err_set(err, ERR_master_key_permissions, "%s is not a regular file", path);
    }
    if (is_of_root(&about) && geteuid() != 0) {
        return true;
    }
    if (about.st_uid != geteuid()) {
        return err_set(err, ERR_master_key_permissions, "%s belongs to another user: chown %u %s",
                       path, (unsigned)geteuid(), path);
    }
    if ((about.st_mode & 077) != 0) {
        return err_set(err, ERR_master_key_permissions, "%s can be read by others: chmod 600 %s",
                       path, path);
    }
    return true;
}

static bool read_all(int fd, const char *path, buf_t *to, err_t *err)
{
    while (buf_reserve(to, 1)) {
        ssize_t n = read(fd, to->p + to->n, to->capacity - to->n - 1);
        if (n == 0) {
            return true;
        }
        if (n < 0 && errno != EINTR) {
            return failed(err, "cannot read", path);
        }
        to->n += n > 0 ? (size_t)n : 0;
    }
    return err_set(err, ERR_master_key_invalid, "%s is larger than %zu bytes", path, to->ceiling);
}

bool private_file_read(const char *path, buf_t *to, bool *missing, err_t *err)
{
    /* O_NONBLOCK: a FIFO in its place must not hold up the start. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ELOOP) {
        return err_set(err, ERR_master_key_permissions,
                       "%s is a symbolic link; name the file itself", path);
    }
    if (fd < 0 && missing && errno == ENOENT) {
        *missing = true;
        return false;
    }
    if (fd < 0) {
        return failed(err, "cannot open the master key", path);
    }
    bool ok = is_private(fd, path, err) && read_all(fd, path, to, err);
    close(fd);
    return ok;
}

/* --- writing --- */

static bool write_whole(int fd, str_t bytes)
{
    while (bytes.n > 0) {
        ssize_t put = write(fd, bytes.p, bytes.n);
        if (put >= 0) {
            bytes = str_slice(bytes, (size_t)put, bytes.n);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static void drop_draft(int folder, const char *draft)
{
    int why = errno;
    (void)unlinkat(folder, draft, 0);
    errno = why;
}

/* Whoever else runs the command beside a host (root) leaves the file to the host's user. */
static void give_to_owner(int folder, int fd)
{
    struct stat owner;
    if (geteuid() == 0 && fstat(folder, &owner) == 0) {
        (void)!fchown(fd, owner.st_uid, owner.st_gid);
    }
}

static bool write_draft(int folder, const char *draft, str_t bytes)
{
    int fd = openat(folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    give_to_owner(folder, fd);
    bool ok = fchmod(fd, 0600) == 0 && write_whole(fd, bytes) && fsync(fd) == 0;
    return close(fd) == 0 && ok;
}

static int open_folder(const char *path, err_t *err)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        (void)failed(err, "cannot open the data folder", path);
    }
    return folder;
}

/* Written under another name and then linked, so that a crash leaves a whole file or none. The link
 * fails where there is one already: whoever was first wins, and its key is read. */
static bool make_in(int folder, const char *name, const char *draft, str_t bytes)
{
    bool ok = write_draft(folder, draft, bytes) &&
              (linkat(folder, draft, folder, name, 0) == 0 || errno == EEXIST);
    drop_draft(folder, draft);
    return ok && fsync(folder) == 0;
}

bool private_file_make(const char *folder_path, const char *name, str_t bytes, err_t *err)
{
    char draft[NAME_MAX_BYTES];
    char unique[37];
    int folder = open_folder(folder_path, err);
    if (folder < 0) {
        return false;
    }
    random_uuid(unique);
    (void)snprintf(draft, sizeof draft, "%s.%s", name, unique);
    bool ok =
        make_in(folder, name, draft, bytes) || failed(err, "cannot make a key in", folder_path);
    close(folder);
    return ok;
}

bool private_file_draft(const char *folder_path, const char *name, str_t bytes, err_t *err)
{
    char draft[NAME_MAX_BYTES];
    int folder = open_folder(folder_path, err);
    if (folder < 0) {
        return false;
    }
    (void)snprintf(draft, sizeof draft, "%s.next", name);
    bool ok = (unlinkat(folder, draft, 0) == 0 || errno == ENOENT) &&
              write_draft(folder, draft, bytes) && fsync(folder) == 0;
    ok = ok || failed(err, "cannot write a key in", folder_path);
    close(folder);
    return ok;
}

/* The one before has two names for a moment, and there is none in which the name is nobody's. */
static bool put_in(int folder, const char *name)
{
    char draft[NAME_MAX_BYTES], before[NAME_MAX_BYTES];
    (void)snprintf(draft, sizeof draft, "%s.next", name);
    (void)snprintf(before, sizeof before, "%s.before", name);
    return (unlinkat(folder, before, 0) == 0 || errno == ENOENT) &&
           (linkat(folder, name, folder, before, 0) == 0 || errno == ENOENT) &&
           fsync(folder) == 0 && renameat(folder, draft, folder, name) == 0 && fsync(folder) == 0;
}

bool private_file_put_draft(const char *folder_path, const char *name, err_t *err)
{
    int folder = open_folder(folder_path, err);
    if (folder < 0) {
        return false;
    }
    bool ok = put_in(folder, name) || failed(err, "cannot put the key in place in", folder_path);
    close(folder);
    return ok;
}
