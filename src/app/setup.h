/* SPDX-License-Identifier: MIT */
/* The set-up link as whoever starts a host meets it (connection/setup_link.h). The main thread's. */
#ifndef TENON_APP_SETUP_H
#define TENON_APP_SETUP_H

#include "app/config.h"
#include "connection/browser_secret.h"
#include "store/store.h"

typedef struct setup {
    char code[BROWSER_SECRET_ROOM]; /* "": none */
    const char *folder, *file;      /* where it is shown if there is no terminal: DATA, DATA/setup */
} setup_t;

/* Makes a code where nobody has an admin key and there is a console to sign in to. */
void setup_prepare(setup_t *s, arena_t *arena, const config_t *config, store_t *store);
/* Absent: none. */
str_t setup_code(const setup_t *s);
/* Shows the link, once, and forgets it. False: there is none. */
bool setup_tell(setup_t *s, str_t public_url);

#endif
