/* SPDX-License-Identifier: MIT */
#include "app/connector_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "definition/catalogue/load.h"

enum { REPORT_MAX = 64 * 1024 * 1024 };

/* --- the connector --- */

static const char *file_of(const run_t *r, str_t connector)
{
    bool is_path = str_index(connector, '/') != SIZE_MAX || str_ends(connector, STR(".yaml"));
    return is_path ? connector.p
                   : arena_printf(r->arena, "%.*s/%.*s.yaml", STR_ARG(r->config->connectors),
                                  STR_ARG(connector))
                         .p;
}

static void print_faults(const diagnostics_t *d, const char *path, str_t text)
{
    buf_t report;
    buf_init(&report, REPORT_MAX);
    diagnostics_write_text(&report, d, str_of(path), text, false);
    fwrite(report.p, 1, report.n, stderr);
    buf_fini(&report);
}

connector_t *connector_file_load(const run_t *r, str_t connector)
{
    const load_options_t options = {.file_bytes_max = (size_t)r->config->definition_bytes};
    const char *path = file_of(r, connector);
    diagnostics_t d;
    char *text = NULL;
    size_t length = 0;
    diagnostics_init(&d, r->arena);
    connector_t *c = definition_load_file(path, &options, &d, &text, &length);
    if (!c) {
        print_faults(&d, path, text ? str_at(text, length) : STR(""));
    }
    free(text);
    return c;
}

/* --- the address --- */

/* Of the first listener; what listens everywhere is reached at loopback, too. */
static str_t listener_url(const run_t *r)
{
    str_t list = r->config->listen;
    str_t address = str_trim(str_cut(&list, ','));
    const char *scheme = r->config->tls_cert.p ? "https" : "http";
    const char *host = str_starts(address, STR(":")) ? "127.0.0.1" : "";
    return arena_printf(r->arena, "%s://%s%.*s", scheme, host, STR_ARG(address));
}

str_t server_url_of(const run_t *r)
{
    str_t given = args_value(r->args, "server");
    str_t configured = r->config->public_url;
    return given.p ? given : configured.p ? configured : listener_url(r);
}

int refuse_server(str_t server, const err_t *err)
{
    char text[128];
    err_clean_text(text, sizeof text, server);
    return command_usage("the address %s cannot be called: %s; give --server", text, err->text);
}
