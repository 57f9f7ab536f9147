/* SPDX-License-Identifier: MIT */
/* What commands that talk to a host have in common. */
#ifndef TENON_APP_TALK_H
#define TENON_APP_TALK_H

#include "app/client.h"
#include "app/command.h"

/* Opens a client, runs the talk with it, tells its error. */
int talk_with_host(run_t *r, talk_t *talk);
/* The same, but with a host that runs already, or none. */
int talk_with_running_host(run_t *r, talk_t *talk);

/* A connection as it was answered: JSON, or a line on its state. */
void print_connection(const run_t *r, const json_t *connection);
/* A member with all values of a flag, where there are any. */
void add_list_of_flag(const run_t *r, const char *flag, json_t *input, const char *member);
/* Every parameter of a connector under an auth (absent: none of its own), as /v1 shows fields. New
 * reference. */
json_t *fields_of(const json_t *connector, str_t auth);
/* Reads name=value words from the index on into an object by the fields' types. New reference; NULL
 * on error. */
json_t *values_of_words(const run_t *r, size_t from, const json_t *fields, err_t *err);

#endif
