/* SPDX-License-Identifier: MIT */
/* Small files and folders of this machine, as the commands need them. */
#ifndef TENON_APP_FILES_H
#define TENON_APP_FILES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Appends the file's bytes, up to the buffer's ceiling. Error: configuration. */
CHECKED bool file_read(const char *path, buf_t *to, err_t *err);
/* The same of a source that somebody names: a pipe, a device or a socket is refused at once, so that
 * nothing waits for it. */
CHECKED bool file_read_source(const char *path, buf_t *to, err_t *err);
/* The same of an open file (opened with O_NONBLOCK), which is closed; -1: errno tells why it is none.
 * Answers what is wrong, NULL where nothing is. */
const char *file_take(int fd, buf_t *to);
/* All of it, from its beginning; false with errno. */
CHECKED bool file_copy(int from, int to);
/* Standard input to its end. Error: usage (too long). */
CHECKED bool stdin_read(buf_t *to, err_t *err);
/* Makes the folder where it is not there; those that it is in are. *made: it was not. False with
 * errno, also where the path leads to no folder. */
CHECKED bool folder_make(const char *path, bool *made);
/* folder/name as a path that fits a Unix socket's address: where it is too long, by way of an open
 * descriptor of the folder, which stays open. */
const char *socket_path_in(arena_t *arena, str_t folder, const char *name);
/* The name of a file or folder without those that it is in; a trailing `/` does not count. */
str_t file_last_part(str_t path);

#endif
