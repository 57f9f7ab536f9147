/* SPDX-License-Identifier: MIT */
/* Small files that hold a key: regular, this user's (or root's), closed to others; written so that a crash leaves a whole
 * file or none. Blocks. */
#ifndef TENON_SEAL_PRIVATE_FILE_H
#define TENON_SEAL_PRIVATE_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends its bytes, up to the buffer's ceiling; whoever reads less than that knows them all. *missing, where asked for,
 * tells "no such file" from other faults, which then goes unreported. Errors: master_key_permissions, configuration. */
CHECKED bool private_file_read(const char *path, buf_t *to, bool *missing, err_t *err);
/* Mode 0600. Whoever is first wins: where there is one already it stays, and that is no error. Error: configuration. */
CHECKED bool private_file_make(const char *folder, const char *name, str_t bytes, err_t *err);
/* A draft beside it (NAME.next), owned like the folder; then in its place, the one before kept as NAME.before. Error:
 * configuration. */
CHECKED bool private_file_draft(const char *folder, const char *name, str_t bytes, err_t *err);
CHECKED bool private_file_put_draft(const char *folder, const char *name, err_t *err);

#endif
