/* SPDX-License-Identifier: MIT */
/* What a person is shown before being asked for the values of a connection: the guide of a
 * connector and of a way to sign in, and the ways there are. It goes where the questions go, to
 * standard error. Connectors and ways as /v1 shows them. */
#ifndef TENON_APP_GUIDE_H
#define TENON_APP_GUIDE_H

#include <jansson.h>

#include "app/command.h"

/* Title, description and guide. */
void guide_print(const run_t *r, const json_t *connector);
/* What is special about one way to sign in: caution and guide; nothing where it has neither. */
void guide_print_way(const run_t *r, const json_t *auth);
/* The ways as a numbered list with their cautions. */
void guide_print_ways(const run_t *r, const json_t *auths);
/* The ways in the order they are offered, the recommended ones first. New reference. */
json_t *guide_sorted_ways(const json_t *connector);

#endif
