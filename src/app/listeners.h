/* SPDX-License-Identifier: MIT */
/* The sockets that a host serves at: its TCP addresses and the command line's Unix socket. */
#ifndef TENON_APP_LISTENERS_H
#define TENON_APP_LISTENERS_H

#include "app/config.h"
#include "http/http.h"
#include "upstream/egress.h"

typedef struct listeners listeners_t;

/* alone: the Unix socket only. Errors: listen_failed, listen_needs_tls, configuration. */
listeners_t *listeners_open(const config_t *config, const char *socket_path, bool alone,
                            err_t *err);
/* Takes the Unix socket's file away; the sockets that servers have duplicated stay theirs. NULL is
 * allowed. */
void listeners_close(listeners_t *l);
/* No new connection is made: the listening sockets and the file of the Unix socket are gone. */
void listeners_stop(listeners_t *l);
const http_listener_t *listeners_list(const listeners_t *l);
size_t listeners_count(const listeners_t *l);
/* None of them is ever called by this host. */
void listeners_guard(const listeners_t *l, egress_t *egress);
/* Reads the TLS certificate again; the old one stays where that fails. */
void listeners_reload(listeners_t *l);
/* The same where its files have changed. */
void listeners_look(listeners_t *l);
/* Tells the log where callers are served. */
void listeners_tell(const listeners_t *l);
/* Of the first TCP listener, without trailing slash. */
str_t listeners_url_in(arena_t *arena, const listeners_t *l);

#endif
