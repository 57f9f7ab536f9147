/* SPDX-License-Identifier: MIT */
/* A file that ends with a trailer by which whoever has the master key knows it to be whole and as it was made: what it is
 * for, when it was made, how long it is, under which master key, and an HMAC-SHA-256 over all of it. Nothing is
 * encrypted. Any thread; blocks. */
#ifndef TENON_SEAL_FILE_SEAL_H
#define TENON_SEAL_FILE_SEAL_H

#include "base/err.h"
#include "base/secret.h"

enum { FILE_SEAL_BYTES = 8 + 8 + 8 + 16 + 32 };

typedef struct file_seal {
    uint64_t bytes;        /* of the file before the trailer */
    int64_t made_at_ms;    /* wall time */
    char master_key[17];   /* master_key_id */
} file_seal_t;

/* Appends the trailer at the file's end. Error: store_failed. */
CHECKED bool file_seal_add(int fd, const secret_t *master, int64_t made_at_ms, err_t *err);
/* Reads all of the file. Errors: backup_damaged (no trailer, cut short, altered), master_key_mismatch (made under another
 * one), store_failed (cannot be read). */
CHECKED bool file_seal_check(int fd, const secret_t *master, file_seal_t *out, err_t *err);

#endif
