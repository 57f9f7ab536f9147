/* SPDX-License-Identifier: MIT */
/* A person's sign-in from a terminal: a link, or a code, is made and shown, then what comes of it is
 * waited for. */
#ifndef TENON_APP_SIGN_IN_H
#define TENON_APP_SIGN_IN_H

#include "app/talk.h"

/* Whether a way to sign in, as /v1 shows it, needs a person's browser. */
bool sign_in_is_by_browser(const json_t *auth);
/* wanted: what POST /v1/connect-sessions takes (stolen). Shows the link, and waits until the
 * connection is ready unless --no-wait is given. Answers the exit status. */
int sign_in_by_link(run_t *r, client_t *client, json_t *wanted, err_t *err);

/* --- by a code that is typed in elsewhere (sign_in_code.c) --- */
bool sign_in_is_by_code(const json_t *auth);
/* Shows a code for the connection, and waits as above. Answers the exit status. */
int sign_in_by_code(run_t *r, client_t *client, str_t name, err_t *err);

#endif
