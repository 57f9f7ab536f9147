/* SPDX-License-Identifier: MIT */
#include "audit/segments.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { TURNS_MAX = 1000, READ_BYTES = 256 * 1024 };

static bool fail(const segments_t *s, const char *name, err_t *err)
{
    return err_set(err, ERR_store_failed, "%s/%s: %s", s->path, name, strerrordesc_np(errno));
}

/* --- names --- */

static void name_of(uint64_t first_seq, unsigned turn, char name[SEGMENT_NAME_ROOM])
{
    char more[8] = "";
    if (turn) {
        snprintf(more, sizeof more, "-%03u", turn % TURNS_MAX);
    }
    snprintf(name, SEGMENT_NAME_ROOM, "trail-%012llu%s.jsonl", (unsigned long long)first_seq, more);
}

/* False where it is no segment's name, letter by letter. */
static bool read_name(const char *name, segment_t *segment)
{
    enum {
        SEQ_AT = sizeof "trail-" - 1,
        SEQ_END = SEQ_AT + 12,
        TURN_AT = SEQ_END + 1,
        TURN_END = TURN_AT + 3
    };
    char again[SEGMENT_NAME_ROOM];
    uint64_t first = 0;
    uint64_t turn = 0;
    str_t text = str_of(name);
    if (!str_to_u64(str_slice(text, SEQ_AT, SEQ_END), &first)) {
        return false;
    }
    (void)str_to_u64(str_slice(text, TURN_AT, TURN_END), &turn); /* most have none */
    *segment = (segment_t){.first_seq = first, .turn = (unsigned)turn};
    name_of(first, segment->turn, again);
    memcpy(segment->name, again, sizeof again);
    return strcmp(name, again) == 0;
}

/* --- the folder --- */

static int by_place(const void *left, const void *right)
{
    const segment_t *a = left, *b = right;
    if (a->first_seq != b->first_seq) {
        return a->first_seq < b->first_seq ? -1 : 1;
    }
    return (a->turn > b->turn) - (a->turn < b->turn);
}

static void add(segments_t *s, segment_t *segment)
{
    struct stat status;
    if (fstatat(s->fd, segment->name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        segment->bytes = status.st_size;
        segment->changed_at_ms =
            (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000;
    }
    s->list = mem_resize(s->list, (s->count + 1) * sizeof *s->list);
    s->list[s->count++] = *segment;
}

bool segments_look(segments_t *s, err_t *err)
{
    int fd = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) {
        fail(s, ".", err);
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    s->count = 0;
    for (const struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        segment_t segment;
        if (read_name(e->d_name, &segment)) {
            add(s, &segment);
        }
    }
    closedir(folder);
    if (s->count) {
        qsort(s->list, s->count, sizeof *s->list, by_place);
    }
    return true;
}

bool segments_open(segments_t *s, const char *path, err_t *err)
{
    *s = (segments_t){.path = str_dup(str_of(path)), .fd = -1, .writing_fd = -1};
    bool made = mkdir(path, 0700) == 0;
    if (!made && errno != EEXIST && errno != EROFS) {
        return fail(s, ".", err);
    }
    s->fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (s->fd < 0 && errno == ENOENT) { /* nothing can be written here, and nothing was */
        return true;
    }
    if (s->fd < 0 || (fchmod(s->fd, 0700) < 0 && errno != EROFS)) {
        return fail(s, ".", err);
    }
    return segments_look(s, err);
}

void segments_close(segments_t *s)
{
    if (s->writing_fd >= 0) {
        close(s->writing_fd);
    }
    if (s->fd >= 0) {
        close(s->fd);
    }
    free(s->list);
    free(s->path);
    *s = (segments_t){.fd = -1, .writing_fd = -1};
}

/* --- reading --- */

static bool read_all(int fd, buf_t *to)
{
    for (;;) {
        if (!buf_reserve(to, READ_BYTES)) {
            errno = EFBIG;
            return false;
        }
        ssize_t n = read(fd, to->p + to->n, READ_BYTES);
        if (n <= 0) {
            return n == 0;
        }
        to->n += (size_t)n;
    }
}

bool segment_read(const segments_t *s, const segment_t *segment, buf_t *to, err_t *err)
{
    int fd = openat(s->fd, segment->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return fail(s, segment->name, err);
    }
    bool ok = read_all(fd, to) || fail(s, segment->name, err);
    close(fd);
    return ok;
}

bool segment_remove(const segments_t *s, const segment_t *segment)
{
    return unlinkat(s->fd, segment->name, 0) == 0 || errno == ENOENT;
}

/* --- writing --- */

static void stop_writing(segments_t *s)
{
    if (s->writing_fd >= 0) {
        close(s->writing_fd);
    }
    s->writing_fd = -1;
}

static bool take(segments_t *s, int fd, int64_t bytes)
{
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    stop_writing(s);
    s->writing_fd = fd;
    s->writing_inode = status.st_ino;
    s->written = bytes;
    s->is_torn = status.st_size != bytes;
    return true;
}

bool segments_resume(segments_t *s, int64_t bytes, err_t *err)
{
    const segment_t *newest = &s->list[s->count - 1];
    int fd = openat(s->fd, newest->name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return take(s, fd, bytes) || fail(s, newest->name, err);
}

static bool fail_to_write(err_t *err)
{
    return err_set(err, ERR_audit_unavailable, "the audit trail cannot be written: %s",
                   strerrordesc_np(errno));
}

static int make_file(const segments_t *s, segment_t *segment)
{
    int fd = -1;
    for (unsigned turn = 0; fd < 0 && turn < TURNS_MAX; turn++) {
        segment->turn = turn;
        name_of(segment->first_seq, turn, segment->name);
        fd = openat(s->fd, segment->name,
                    O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST) {
            break;
        }
    }
    return fd;
}

bool segments_begin(segments_t *s, uint64_t first_seq, err_t *err)
{
    segment_t segment = {.first_seq = first_seq};
    int fd = make_file(s, &segment);
    if (fd < 0 || fchmod(fd, 0600) < 0 || fsync(s->fd) < 0) {
        fail_to_write(err);
        if (fd >= 0) {
            close(fd);
            segment_remove(s, &segment);
        }
        return false;
    }
    add(s, &segment);
    return take(s, fd, 0) || fail(s, segment.name, err);
}

bool segments_is_own(const segments_t *s)
{
    struct stat status;
    return s->writing_fd >= 0 && s->count &&
           fstatat(s->fd, s->list[s->count - 1].name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           status.st_ino == s->writing_inode &&
           (s->is_torn ? status.st_size >= s->written : status.st_size == s->written);
}

static bool write_all(int fd, str_t bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        bytes = str_slice(bytes, (size_t)n, bytes.n);
    }
    return true;
}

bool segments_mend(segments_t *s, err_t *err)
{
    s->is_torn = s->is_torn && ftruncate(s->writing_fd, s->written) < 0;
    return !s->is_torn || fail_to_write(err);
}

/* A sync that failed says nothing about what is on the disk: what it was for is taken back, and
 * comes again. */
bool segments_append(segments_t *s, str_t bytes, err_t *err)
{
    if (!segments_mend(s, err)) {
        return false;
    }
    if (write_all(s->writing_fd, bytes) && fdatasync(s->writing_fd) == 0) {
        s->written += (int64_t)bytes.n;
        s->list[s->count - 1].bytes = s->written;
        return true;
    }
    fail_to_write(err);
    s->is_torn = true;
    (void)!segments_mend(s, err);
    return false;
}
