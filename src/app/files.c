/* SPDX-License-Identifier: MIT */
#include "app/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PIECE = 4096 };

static bool fail_errno(err_t *err, const char *path)
{
    return err_set(err, ERR_configuration, "%s: %s", path, strerrordesc_np(errno));
}

/* True at the end; false with errno, or with errno 0 where the buffer is full. */
static bool read_to_end(int fd, buf_t *to)
{
    for (;;) {
        if (!buf_reserve(to, 1)) {
            errno = 0;
            return false;
        }
        size_t room = to->capacity - to->n - 1;
        ssize_t n = read(fd, to->p + to->n, room < PIECE ? room : PIECE);
        if (n == 0) {
            return true;
        }
        if (n < 0 && errno != EINTR) {
            return false;
        }
        to->n += n > 0 ? (size_t)n : 0;
    }
}

bool file_read(const char *path, buf_t *to, err_t *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return fail_errno(err, path);
    }
    bool ok = read_to_end(fd, to);
    int why = errno;
    close(fd);
    errno = why;
    if (!ok && errno == 0) {
        return err_set(err, ERR_configuration, "%s is larger than %zu bytes", path, to->ceiling);
    }
    return ok || fail_errno(err, path);
}

static const char *why_not_regular(int fd)
{
    struct stat status;
    return fd < 0 && errno != ENXIO /* a socket, which cannot be opened */ ? strerrordesc_np(errno)
           : fd < 0 ||
                   (fstat(fd, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
               ? "it is no regular file"
               : NULL;
}

const char *file_take(int fd, buf_t *to)
{
    const char *why = why_not_regular(fd);
    if (!why && !read_to_end(fd, to)) {
        why = errno ? strerrordesc_np(errno) : "the file is too large";
    }
    if (fd >= 0) {
        close(fd);
    }
    return why;
}

bool file_read_source(const char *path, buf_t *to, err_t *err)
{
    const char *why = file_take(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), to);
    return !why || err_set(err, ERR_configuration, "%s: %s", path, why);
}

bool file_copy(int from, int to)
{
    char piece[PIECE];
    for (off_t at = 0;;) {
        ssize_t n = pread(from, piece, sizeof piece, at);
        if (n <= 0) {
            return n == 0;
        }
        for (ssize_t done = 0; done < n;) {
            ssize_t put = write(to, piece + done, (size_t)(n - done));
            if (put < 0 && errno != EINTR) {
                return false;
            }
            done += put > 0 ? put : 0;
        }
        at += n;
    }
}

bool stdin_read(buf_t *to, err_t *err)
{
    return read_to_end(STDIN_FILENO, to) ||
           err_set(err, ERR_usage, "standard input cannot be read, or is too long");
}

bool folder_make(const char *path, bool *made)
{
    struct stat found;
    *made = mkdir(path, 0755) == 0;
    if (*made) {
        return true;
    }
    if (errno != EEXIST || stat(path, &found) != 0) {
        return false;
    }
    errno = ENOTDIR;
    return S_ISDIR(found.st_mode);
}

const char *socket_path_in(arena_t *arena, str_t folder, const char *name)
{
    const char *path = arena_printf(arena, "%.*s/%s", STR_ARG(folder), name).p;
    if (strlen(path) < sizeof((struct sockaddr_un *)0)->sun_path) {
        return path;
    }
    int fd = open(arena_str(arena, folder).p, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? path : arena_printf(arena, "/proc/self/fd/%d/%s", fd, name).p;
}

str_t file_last_part(str_t path)
{
    while (str_ends(path, STR("/"))) {
        path.n--;
    }
    size_t from = path.n;
    while (from > 0 && path.p[from - 1] != '/') {
        from--;
    }
    return str_slice(path, from, path.n);
}
