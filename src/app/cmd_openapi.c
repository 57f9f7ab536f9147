/* SPDX-License-Identifier: MIT */
/* `tenon openapi`: the document of a connector, from its file; no host needs to run. */
#include <stdio.h>

#include "app/connector_file.h"
#include "app/output.h"
#include "openapi/losses.h"
#include "openapi/openapi.h"

enum { DOCUMENT_MAX = 1024 * 1024 * 1024 };

typedef struct wanted {
    openapi_options_t options;
    openapi_format_t format;
} wanted_t;

/* --- what is asked for --- */

static str_t flag_or(const run_t *r, const char *flag, const char *fallback)
{
    str_t value = args_value(r->args, flag);
    return value.p ? value : str_of(fallback);
}

/* 0 where all is well, else the exit status. */
static int read_wanted(const run_t *r, wanted_t *out)
{
    str_t format = flag_or(r, "format", "json");
    out->options.flavour = openapi_flavour_of(flag_or(r, "version", "3.0"));
    out->options.connection = flag_or(r, "connection", "-");
    out->options.server = server_url_of(r);
    out->format = str_is(format, "yaml") ? OPENAPI_YAML : OPENAPI_JSON;
    if (!out->options.flavour) {
        return command_usage("--version takes 2.0, 3.0 or 3.1");
    }
    if (!str_is(format, "yaml") && !str_is(format, "json")) {
        return command_usage("--format takes json or yaml");
    }
    if (!openapi_is_connection(out->options.connection)) {
        return command_usage("--connection takes -, * or the name of a connection");
    }
    return EXIT_OK;
}

/* --- the document --- */

static int print_document(const connector_t *c, const wanted_t *wanted)
{
    err_t err = ERR_INIT;
    json_t *document = openapi_document(c, &wanted->options, &err);
    if (!document) {
        return refuse_server(wanted->options.server, &err);
    }
    buf_t text;
    buf_init(&text, DOCUMENT_MAX);
    openapi_write(&text, document, wanted->format);
    print_bytes(buf_view(&text));
    buf_fini(&text);
    json_decref(document);
    return EXIT_OK;
}

static void print_loss(void *context, const openapi_loss_t *loss)
{
    (void)context;
    fprintf(stderr, "warning: %.*s%s%.*s: %s: %s\n", STR_ARG(loss->action),
            loss->action.n ? ": " : "", STR_ARG(loss->place), loss->kind->what, loss->kind->how);
}

static int run(run_t *r)
{
    wanted_t wanted;
    int status = read_wanted(r, &wanted);
    if (status != EXIT_OK) {
        return status;
    }
    connector_t *c = connector_file_load(r, r->args->words[0]);
    if (!c) {
        return EXIT_PROBLEM;
    }
    status = print_document(c, &wanted);
    if (status == EXIT_OK && wanted.options.flavour == openapi_flavour_of(STR("2.0"))) {
        openapi_losses(c, print_loss, NULL);
    }
    connector_unref(c);
    return status;
}

static const usage_t USAGES[] = {
    {NULL,
     "CONNECTOR [--version 2.0|3.0|3.1] [--format json|yaml] [--connection NAME|-|*] [--server "
     "URL]",
     NULL, 1, 1, run, NULL},
};
static const flag_t FLAGS[] = {
    {"version", "2.0|3.0|3.1", "Of OpenAPI. Power Platform imports 2.0. Without it: 3.0.", NULL},
    {"format", "json|yaml", "Without it: json.", NULL},
    {"connection", "NAME|-|*",
     "Where calls go: `-` (the default) to the one connection of the caller's key, NAME to that "
     "one, "
     "`*` to one that the caller chooses in each call.",
     NULL},
    {"server", "URL",
     "The address of Tenon. Without it: public_url, else the first address to listen at.", NULL},
};
static const example_t EXAMPLES[] = {
    {"openapi ukg-pro-wfm --version 2.0", "for Power Automate, Logic Apps and Copilot Studio"},
    {"openapi my-connectors/echo.yaml --format yaml", "of a file that no host serves yet"},
};

const command_t COMMAND_OPENAPI = {
    .name = "openapi",
    .group = GROUP_DEFINITIONS,
    .summary = "Prints the OpenAPI document of a connector",
    .detail =
        "CONNECTOR is an id of the connectors folder, or a file. A running host serves the "
        "same documents at /v1/connectors/CONNECTOR/openapi.json and .yaml. What version 2.0 "
        "cannot "
        "say (alternatives, null, more than one answer with a schema…) is said as well as it can "
        "be, and told on standard error.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_CONNECTORS,
};
