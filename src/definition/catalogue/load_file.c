/* SPDX-License-Identifier: MIT */
#include "definition/catalogue/load_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { FILE_BYTES_MAX = 1024 * 1024 };

/* --- identity --- */

static int64_t ns_of(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static file_identity_t identity_of(const struct stat *status)
{
    return (file_identity_t){status->st_dev, status->st_ino, status->st_size,
                             ns_of(status->st_mtim), ns_of(status->st_ctim)};
}

bool file_identity_equal(const file_identity_t *a, const file_identity_t *b)
{
    return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
           a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

bool file_identify(const char *path, file_identity_t *out)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return false;
    }
    *out = identity_of(&status);
    return true;
}

/* --- reading --- */

bool file_is_writable_by_others(const struct stat *status)
{
    return (status->st_mode & S_IWOTH) ||
           ((status->st_mode & S_IWGRP) && status->st_gid != getegid());
}

static bool refuse(diagnostics_t *d, err_code_t code, const char *text)
{
    diagnostics_add(d, LEVEL_S, code, 1, 1, "%s", text);
    return false;
}

static bool refuse_unreadable(diagnostics_t *d)
{
    char why[128];
    return refuse(d, ERR_definition_unreadable, strerror_r(errno, why, sizeof why));
}

static bool refuse_too_large(diagnostics_t *d, size_t most)
{
    diagnostics_add(d, LEVEL_S, ERR_definition_too_large, 1, 1, "the file has more than %zu bytes",
                    most);
    return false;
}

static bool check_status(const struct stat *status, size_t most, diagnostics_t *d)
{
    if (!S_ISREG(status->st_mode)) {
        return refuse(d, ERR_definition_not_regular_file,
                      "a definition must be a regular file or a link to one");
    }
    if (file_is_writable_by_others(status)) {
        return refuse(d, ERR_definition_writable_by_others,
                      "others may write this file; take that away, as with chmod go-w");
    }
    return (uint64_t)status->st_size <= most || refuse_too_large(d, most);
}

/* Reads to the end, one byte beyond `most` at the utmost. */
static bool read_all(int fd, size_t most, file_text_t *out)
{
    size_t room = (size_t)out->identity.bytes + 1;
    out->p = mem_alloc(room + 1);
    for (;;) {
        ssize_t got = read(fd, out->p + out->n, room - out->n);
        if (got == 0) {
            return true;
        }
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        out->n += (size_t)got;
        if (out->n == room) {
            if (room > most) {
                return true;
            }
            room = room * 2 < most + 1 ? room * 2 : most + 1;
            out->p = mem_resize(out->p, room + 1);
        }
    }
}

static bool read_open(int fd, size_t most, diagnostics_t *d, file_text_t *out)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return refuse_unreadable(d);
    }
    out->identity = identity_of(&status);
    if (!check_status(&status, most, d)) {
        return false;
    }
    if (!read_all(fd, most, out) || fstat(fd, &status) != 0) {
        return refuse_unreadable(d);
    }
    out->p[out->n] = '\0';
    file_identity_t after = identity_of(&status);
    out->unsteady =
        !file_identity_equal(&out->identity, &after) || (int64_t)out->n != out->identity.bytes;
    return out->n <= most || refuse_too_large(d, most);
}

static size_t bytes_max(const load_options_t *options)
{
    return options && options->file_bytes_max ? options->file_bytes_max : FILE_BYTES_MAX;
}

bool definition_read_file(const char *path, const load_options_t *options, diagnostics_t *d,
                          file_text_t *out)
{
    struct stat status;
    *out = (file_text_t){.p = NULL};
    /* Opening a device or a FIFO may do something already, so the first look is from outside. */
    if (stat(path, &status) != 0) {
        return refuse_unreadable(d);
    }
    out->identity = identity_of(&status);
    if (!check_status(&status, bytes_max(options), d)) {
        return false;
    }
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return refuse_unreadable(d);
    }
    bool read = read_open(fd, bytes_max(options), d, out);
    close(fd);
    if (!read) {
        free(out->p);
        out->p = NULL;
        out->n = 0;
    }
    return read;
}

connector_t *definition_load_file(const char *path, const load_options_t *options, diagnostics_t *d,
                                  char **text_out, size_t *text_length)
{
    file_text_t text;
    connector_t *c = definition_read_file(path, options, d, &text)
                         ? definition_load(str_of(path), str_at(text.p, text.n), options, d)
                         : NULL;
    if (text_out) {
        *text_out = text.p;
        *text_length = text.n;
    } else {
        free(text.p);
    }
    return c;
}
