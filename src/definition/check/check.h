/* SPDX-License-Identifier: MIT */
/* Model and tree of a definition looked at together, once both are whole: what only references can
 * show (level R), and advice (level W). Each check goes over the whole file and reports all that it
 * finds; one file each. Pure. */
#ifndef TENON_DEFINITION_CHECK_CHECK_H
#define TENON_DEFINITION_CHECK_CHECK_H

#include "definition/build/loader.h"

void check_templates(loader_t *l); /* calls check_values */
void check_values(loader_t *l);
void check_urls(loader_t *l);
void check_secrets(loader_t *l);
void check_schemas(loader_t *l);
void check_fields(loader_t *l);
void check_auths(loader_t *l);
void check_headers(loader_t *l);
void check_actions(loader_t *l);
void check_bodies(loader_t *l);
void check_policies(loader_t *l);
void check_names(loader_t *l);
void check_advice(loader_t *l);

#endif
