/* SPDX-License-Identifier: MIT */
/* A whole host: store, definitions, control loop, data loops and their listeners. Builds everything
 * in order and owns the lifetimes. All calls belong to the thread that started it, which blocks the
 * signals it waits for before (the host's threads inherit that). */
#ifndef TENON_APP_HOST_H
#define TENON_APP_HOST_H

#include "app/config.h"
#include "app/round.h"

typedef struct host host_t;

#define HOST_SOCKET "tenon.sock"

/* socket_folder: where the Unix socket for the command line goes (NULL: the data folder). alone: no
 * TCP listener, for a command that finds no running host. config must outlive the host; the keys in it are forgotten (config_forget_keys). Errors:
 * configuration, listen_failed, listen_needs_tls, and those of store, master key and catalogue. */
host_t *host_start(config_t *config, const char *socket_folder, bool alone, err_t *err);
/* False where nobody could call: no stored key and none in the environment. */
bool host_has_keys(host_t *h);
/* Shows whoever started it the link by which the first admin comes in: on standard error where that is a terminal, else in a file
 * of the data folder, which the log names. Once. False: there is none, since somebody has an admin key, or since the binary has no
 * console. */
bool host_tell_setup(host_t *h);
/* Adds the loops that serve: the control loop and the data loops. */
void host_fill_round(const host_t *h, round_t *r);
/* Reads definitions and the TLS certificate again. Then the round, filled as above, is started, so
 * that it comes back when every loop serves what was loaded. One at a time. */
void host_reload(host_t *h, round_t *then);
/* What it must look after by itself; to be called from time to time. */
void host_look(host_t *h);
enum { HOST_LOOK_MS = 2000 };
/* A line for people on what is in service. */
void host_describe(const host_t *h, char *to, size_t size);
/* Accepts no more and finishes what is in flight. drained_fd becomes readable when all is done. */
void host_drain(host_t *h, int drained_fd);
/* Ends the threads, and closes the store with everything written. drained: nothing is in flight, so
 * that all memory can be given back; otherwise the process must end. */
void host_stop(host_t *h, bool drained);

#endif
