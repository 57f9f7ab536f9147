/* SPDX-License-Identifier: MIT */
/* How a command reaches a host: by --url with TENON_KEY, else by the socket of the one that runs on
 * the data folder, else by a host of its own, without TCP listener, in this process - so that there
 * is one implementation of everything. Blocks. */
#ifndef TENON_APP_CLIENT_H
#define TENON_APP_CLIENT_H

#include <jansson.h>

#include "app/config.h"
#include "upstream/message.h"

typedef struct client client_t;

/* config must outlive it. Errors: those of host_start. */
client_t *client_open(config_t *config, err_t *err);
/* The same, but never a host of its own. Error: host_unreachable. */
client_t *client_open_running(config_t *config, err_t *err);
/* By a host of its own, which nobody else can reach. */
bool client_is_alone(const client_t *c);
/* NULL is allowed. */
void client_close(client_t *c);

/* Any request; url is a path from `/` on. The answer lives as long as the client. Error:
 * host_unreachable. */
CHECKED bool client_send(client_t *c, const upstream_request_t *request, upstream_answer_t *out,
                         err_t *err);
/* The same for an answer without an end that is known: on_bytes takes it as it comes, and answers false for enough. Errors:
 * host_unreachable, also where it breaks off; that of an answer other than 200. */
typedef bool client_on_bytes_t(void *context, str_t bytes);
CHECKED bool client_stream(client_t *c, const upstream_request_t *request, client_on_bytes_t *on_bytes, void *context,
                           err_t *err);
/* JSON in (stolen; NULL: no body) and out (a new reference; NULL where the answer has no body). A
 * problem document becomes the error, with its code, text and faults. */
CHECKED bool client_ask(client_t *c, const char *method, str_t path, json_t *input, json_t **output,
                        err_t *err);
/* All pages of a list: the members named name, in one array. New reference; NULL on error. */
json_t *client_list(client_t *c, str_t path, const char *name, err_t *err);
/* `/v1/connections/` and the name, encoded. In the arena. */
str_t client_path_in(arena_t *arena, const char *before, str_t name, const char *behind);

/* What a problem document says; host_unreachable where the body is none. */
void client_read_problem(const upstream_answer_t *answer, err_t *err);

#endif
