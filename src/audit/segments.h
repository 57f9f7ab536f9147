/* SPDX-License-Identifier: MIT */
/* The trail's files: a private folder of segments, each named by the number of its first line (and a turn, where that name
 * was taken), so that the order of names is the order of lines. Only the newest is ever written to. Belongs to one thread. */
#ifndef TENON_AUDIT_SEGMENTS_H
#define TENON_AUDIT_SEGMENTS_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

enum { SEGMENT_NAME_ROOM = 40, SEGMENT_BYTES_MAX = 64 * 1024 * 1024 };

typedef struct segment {
    char name[SEGMENT_NAME_ROOM];
    uint64_t first_seq;
    unsigned turn; /* 0, save where a file of that first line was there already */
    int64_t bytes;
    int64_t changed_at_ms; /* wall time */
} segment_t;

typedef struct segments {
    char *path;
    int fd;
    segment_t *list; /* oldest first */
    size_t count;
    /* The file that is written to; -1: none yet. */
    int writing_fd;
    ino_t writing_inode;
    int64_t written; /* bytes of it that are whole */
    bool is_torn;    /* behind them may be bytes of a write that failed */
} segments_t;

/* Makes the folder (0700) where it is missing. Error: store_failed, also where something else stands there. */
CHECKED bool segments_open(segments_t *s, const char *path, err_t *err);
void segments_close(segments_t *s);
/* Looks at the folder again. */
CHECKED bool segments_look(segments_t *s, err_t *err);
/* All of it. Error: store_failed. */
CHECKED bool segment_read(const segments_t *s, const segment_t *segment, buf_t *to, err_t *err);
/* False where it stays. */
bool segment_remove(const segments_t *s, const segment_t *segment);

/* Goes on in the newest one behind its first `bytes`; what stands behind them is cut off. */
CHECKED bool segments_resume(segments_t *s, int64_t bytes, err_t *err);
/* Begins a new one. */
CHECKED bool segments_begin(segments_t *s, uint64_t first_seq, err_t *err);
/* The file that is written to is there, and nobody else has changed it. */
bool segments_is_own(const segments_t *s);
/* Cuts off what a write that failed has left. Error: audit_unavailable. */
CHECKED bool segments_mend(segments_t *s, err_t *err);
/* Appends and syncs: all of it or nothing. Error: audit_unavailable. */
CHECKED bool segments_append(segments_t *s, str_t bytes, err_t *err);

#endif
