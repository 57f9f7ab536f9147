/* SPDX-License-Identifier: MIT */
/* A connector that a command takes by its id or its file, without a host; and the address that such
 * a command says of the host that will serve it. */
#ifndef TENON_APP_CONNECTOR_FILE_H
#define TENON_APP_CONNECTOR_FILE_H

#include "app/command.h"
#include "definition/model.h"

/* An id of the connectors folder, or a file. With one reference; NULL where it has faults, which
 * are printed. */
connector_t *connector_file_load(const run_t *r, str_t connector);
/* --server, else public_url, else the first address to listen at. */
str_t server_url_of(const run_t *r);
/* Tells that nothing can be called at that address; answers the exit status. */
int refuse_server(str_t server, const err_t *err);

#endif
