/* SPDX-License-Identifier: MIT */
/* Private to the definition folder: the bytes of a definition file, and what tells that a file has
 * changed. Never blocks on a file that is none: a FIFO, a device or a folder is refused before it
 * is opened. */
#ifndef TENON_DEFINITION_CATALOGUE_LOAD_FILE_H
#define TENON_DEFINITION_CATALOGUE_LOAD_FILE_H

#include "definition/catalogue/load.h"

/* Two looks at one path that answer the same have seen the same content and permissions. */
typedef struct file_identity {
    uint64_t device, inode;
    int64_t bytes, modified_ns, changed_ns;
} file_identity_t;
bool file_identity_equal(const file_identity_t *a, const file_identity_t *b);
/* Of what path leads to, links followed. False where there is nothing. */
bool file_identify(const char *path, file_identity_t *out);

/* True where mode and group let others than the process's own user and group write. */
struct stat;
bool file_is_writable_by_others(const struct stat *status);

typedef struct file_text {
    char *p; /* free() it; NULL where the file could not be read */
    size_t n;
    file_identity_t identity;
    bool unsteady; /* it changed while it was read */
} file_text_t;
/* Reads the whole file. Faults, at line 1:
 * definition_{unreadable,not_regular_file,too_large,writable_by_others}. */
CHECKED bool definition_read_file(const char *path, const load_options_t *options, diagnostics_t *d,
                                  file_text_t *out);

#endif
