/* SPDX-License-Identifier: MIT */
/* A document from its address to its text. */
#include "openapi/flavour.h"

#include "codec/url.h"
#include "codec/yaml_write.h"

bool openapi_is_connection(str_t connection)
{
    return str_is(connection, "-") || str_is(connection, "*") || connection_name_fits(connection);
}

/* --- the address --- */

bool document_set_server(document_t *d, str_t server, err_t *err)
{
    url_t url;
    if (!url_parse_in(d->arena, server, &url, err)) {
        return false;
    }
    if (url.query.p || url.fragment.p) {
        return err_set(err, ERR_definition_bad_url, "the address of the server has no query");
    }
    str_t base = url.path;
    while (base.n && base.p[base.n - 1] == '/') {
        base.n--;
    }
    d->scheme = url.scheme;
    d->base = base;
    d->authority = arena_printf(d->arena, url.ipv6 ? "[%.*s]" : "%.*s", STR_ARG(url.host));
    if (url.port_given) {
        d->authority = arena_printf(d->arena, "%.*s:%u", STR_ARG(d->authority), url.port);
    }
    return true;
}

static void set_home(document_t *d, str_t connection)
{
    bool chosen = str_is(connection, "*");
    d->home = arena_printf(d->arena, chosen ? "/run/%.*s" : "/run/%.*s/%.*s",
                           STR_ARG(d->connector->id), STR_ARG(connection));
    if (chosen) {
        chosen_name(d);
    }
}

/* --- the document --- */

static bool is_schema(const void *context, str_t name)
{
    const connector_t *c = context;
    for (size_t i = 0; i < c->schema_count; i++) {
        if (str_eq(c->schemas[i].name, name)) {
            return true;
        }
    }
    return false;
}

json_t *document_write(document_t *d)
{
    d->problem = unique_name_in(d->arena, "Problem", is_schema, d->connector);
    d->paths = json_object();
    d->distances = map_new();
    notification_measure(d);
    paths_add(d);
    if (d->variable.n) {
        chosen_add_lister(d);
    }
    json_t *document = d->flavour->frame(d);
    extensions_add(d, document, d->connector->extensions);
    map_free(d->distances);
    return document;
}

json_t *openapi_document(const connector_t *c, const openapi_options_t *options, err_t *err)
{
    arena_t *arena = arena_new(0);
    document_t *d = arena_new_of(arena, document_t);
    *d = (document_t){.connector = c, .flavour = options->flavour, .arena = arena};
    json_t *document = NULL;
    if (document_set_server(d, options->server, err)) {
        set_home(d, options->connection);
        document = document_write(d);
    }
    arena_free(arena);
    return document;
}

void openapi_write(buf_t *to, const json_t *document, openapi_format_t format)
{
    switch (format) {
    case OPENAPI_JSON:
        json_write_pretty(to, document);
        buf_char(to, '\n');
        break;
    case OPENAPI_YAML:
        yaml_write(to, document);
        break;
    }
}
