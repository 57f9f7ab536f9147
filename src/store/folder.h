/* SPDX-License-Identifier: MIT */
/* The data folder: made private, owned by one process at a time, its files never a link to
 * somewhere else. Inside the folder store only. */
#ifndef TENON_STORE_FOLDER_H
#define TENON_STORE_FOLDER_H

#include "base/err.h"

typedef struct folder {
    int fd;
    int lock_fd;    /* -1: on a read-only file system that has no lock file */
    char *path;     /* without links */
    bool read_only; /* the file system, as it was met */
} folder_t;

/* Makes the folder (0700) where it is missing, opens it and takes its lock. Errors: store_locked
 * with the owner's process id, store_failed. */
CHECKED bool folder_open(folder_t *f, const char *path, err_t *err);
/* Gives the lock back. */
void folder_close(folder_t *f);

/* The file exists, is a plain one and nobody else may read or write it (0600, whatever the umask).
 * make: where there is none, it is made, durably; otherwise a missing one is fine, too. */
CHECKED bool folder_secure_file(const folder_t *f, const char *name, bool make, err_t *err);
/* 0 where it is missing. */
int64_t folder_file_size(const folder_t *f, const char *name);

#endif
