/* SPDX-License-Identifier: MIT */
/* Files that a command writes whole or not at all: beside their places first, under names that no
 * host reads (`.tenon-….part`), then put there. What is no regular file, such as a terminal or a
 * pipe, is written as it is; a symbolic link is followed. */
#ifndef TENON_APP_NEW_FILES_H
#define TENON_APP_NEW_FILES_H

#include "base/arena.h"
#include "base/err.h"

typedef struct new_file {
    const char *path;
    str_t bytes;
} new_file_t;

/* In place of those that are there, and only when all are written: a full disk changes nothing.
 * Those that are there keep their owners and modes. Error: configuration. */
CHECKED bool new_files_put(arena_t *arena, const new_file_t *files, size_t count, err_t *err);
/* One that is there is not replaced. Error: configuration. */
CHECKED bool new_file_make(arena_t *arena, const char *path, str_t bytes, err_t *err);

#endif
