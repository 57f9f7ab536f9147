/* SPDX-License-Identifier: MIT */
/* A store from a backup in the place of what the data folder holds. Beside store.h, which serves a store that is there: this is
 * for a folder that no host uses. Blocks. */
#ifndef TENON_STORE_RESTORE_H
#define TENON_STORE_RESTORE_H

#include "base/err.h"
#include "store/store.h"

typedef struct store_restoring {
    const char *folder; /* made where it is missing */
    int from;           /* the backup; read from its beginning to its end */
    /* Says whether the copy of it is whole, and how many bytes of it are the store. */
    bool (*check)(void *context, int fd, uint64_t *bytes, err_t *err);
    void *context;
    bool replace; /* what the folder holds is moved aside, into a folder in it; else it must hold no store */
    /* Stands in the restored store, with a generation one above what it had there: kind, id, plain, time. */
    store_record_t mark;
} store_restoring_t;

/* Dies at any point: the folder holds what it held, or the restored store, whole. aside (128 bytes): where the old one is now;
 * empty: there was none. Errors: store_locked, store_exists, store_too_new, store_failed, those of check. */
CHECKED bool store_restore(const store_restoring_t *r, char aside[128], err_t *err);

#endif
