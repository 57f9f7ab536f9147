/* SPDX-License-Identifier: MIT */
/* How the first admin comes in: where no admin key works yet, a start makes a code that makes one, once, within 15 minutes. Kept in
 * memory alone, as a digest; whoever started the host is shown it, on the terminal or by a file, which goes when the code does. The
 * control loop's, but for setup_link_is_wanted. */
#ifndef TENON_CONNECTION_SETUP_LINK_H
#define TENON_CONNECTION_SETUP_LINK_H

#include "connection/browser_secret.h"
#include "store/store.h"

enum { SETUP_LINK_LIFE_S = 15 * 60 };

typedef struct setup_link {
    browser_digest_t code;
    int64_t expires_at_ms; /* clock_boot_ms; 0: there is none */
    bool is_taken;         /* its key is being made */
    const char *file;      /* that shows it; NULL: none. Borrowed */
} setup_link_t;

/* No admin key in the store, or none that has not expired. Blocks, at a start. */
bool setup_link_is_wanted(store_t *store, int64_t now_wall_ms);
/* file: borrowed, outlives it. */
void setup_link_open(setup_link_t *l, str_t code, const char *file, int64_t now_ms);
/* True: the code is right, and nobody else gets it until it is given back. */
CHECKED bool setup_link_take(setup_link_t *l, str_t code, int64_t now_ms);
void setup_link_give_back(setup_link_t *l);
/* It is worth nothing any more. */
void setup_link_close(setup_link_t *l);
void setup_link_sweep(setup_link_t *l, int64_t now_ms);

#endif
