/* SPDX-License-Identifier: MIT */
/* Zip archives from memory into memory. Names that are read are only told, never followed: whoever
 * writes files chooses its own. Pure. */
#ifndef TENON_CODEC_ARCHIVE_H
#define TENON_CODEC_ARCHIVE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum {
    ARCHIVE_MEMBERS_MAX = 5000,
    ARCHIVE_MEMBER_BYTES_MAX = 16 << 20, /* of one that is kept */
    ARCHIVE_BYTES_MAX = 128 << 20,       /* of all that are kept: a usual budget */
};

typedef struct archive_member {
    str_t name;  /* with folders, `/` between them; UTF-8 */
    str_t bytes; /* unpacked */
} archive_member_t;

typedef struct archive {
    archive_member_t *members; /* in the arena; those that wanted says, folders are left out */
    size_t count;
} archive_t;

/* Unpacks the members that wanted(name) is true of. budget: how many bytes they may have in all;
 * what is used is taken off, so that archives within archives share one. A member that is not as
 * long as it says, is encrypted, or whose checksum is wrong is an error. Error: archive_unreadable.
 */
CHECKED bool archive_read_in(arena_t *arena, str_t bytes, bool (*wanted)(str_t name),
                             size_t *budget, archive_t *out, err_t *err);

/* Appends an archive of the members, in their order, compressed. The same members give the same
 * bytes: no time is told. Error: archive_unwritable, also of a name that would lead out of the
 * folder that it is unpacked to. */
CHECKED bool archive_write(buf_t *to, const archive_member_t *members, size_t count, err_t *err);

#endif
