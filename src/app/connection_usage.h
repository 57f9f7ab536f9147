/* SPDX-License-Identifier: MIT */
/* `tenon connection usage`, which prints more than the other verbs. */
#ifndef TENON_APP_CONNECTION_USAGE_H
#define TENON_APP_CONNECTION_USAGE_H

#include "app/talk.h"

/* The flags --resolution and --json; the second word names the connection. A talk_t. */
int connection_usage(run_t *r, client_t *c, err_t *err);

#endif
