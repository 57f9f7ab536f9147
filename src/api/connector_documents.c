/* SPDX-License-Identifier: MIT */
/* /v1/connectors/{connector}/openapi.json, .yaml and powerplatform.zip (DESIGN 4): with `-` for everybody, unless the
 * operator says otherwise, since a platform that imports from an address sends no key; else for
 * keys. */
#include "api/documents.h"
#include "api/handlers.h"

/* One request for a document; in the request's arena. */
typedef struct publishing {
    resource_t *resource;
    const document_kind_t *kind;
    const openapi_flavour_t *flavour;
    str_t connection;
} publishing_t;

static bool is_public(const publishing_t *p)
{
    return str_is(p->connection, "-") && p->resource->api->public_documents;
}

/* --- the answer --- */

static void on_text(void *context, const document_text_t *document, const err_t *err)
{
    publishing_t *p = context;
    if (!document) {
        resource_fail(p->resource, err);
        return;
    }
    resource_answer_document(p->resource,
                             &(resource_document_t){.type = p->kind->media_type,
                                                    .text = document->text,
                                                    .tag = document->etag,
                                                    .is_private = !is_public(p)});
}

static void publish(publishing_t *p)
{
    resource_t *r = p->resource;
    str_t id = r->variables[0];
    const document_ask_t ask = {
        .connector = snapshot_connector(worker_snapshot(r->worker), id),
        .kind = p->kind,
        .options = {.flavour = p->flavour,
                    .connection = p->connection,
                    .server = worker_options(r->worker)->public_url},
    };
    if (!ask.connector) {
        resource_refuse(r, ERR_not_found, "there is no connector `%.*s`", STR_ARG(id));
        return;
    }
    documents_get(r->api->documents, &ask, on_text, p);
}

/* --- who may --- */

static void refuse_connection(publishing_t *p)
{
    resource_refuse(p->resource, ERR_not_found, "there is no connection `%.*s`",
                    STR_ARG(p->connection));
}

static void on_connection(void *context, connection_t *connection, const err_t *err)
{
    publishing_t *p = context;
    if (connection && str_eq(connection->connector_id, p->resource->variables[0])) {
        publish(p);
    } else if (connection || err->code == ERR_not_found) {
        refuse_connection(p);
    } else {
        resource_fail(p->resource, err);
    }
    connection_unref(connection);
}

static void on_identified(resource_t *r)
{
    publishing_t *p = r->handling;
    if (!connection_name_fits(p->connection)) { /* `-` or `*`: any key */
        publish(p);
    } else if (!caller_key_may_call(r->caller, p->connection)) {
        refuse_connection(p);
    } else {
        worker_find_connection(r->worker, p->connection, on_connection, p);
    }
}

/* --- what is asked for --- */

static void check_connection(const publishing_t *p, err_t *err)
{
    if (!openapi_is_connection(p->connection)) {
        err_add_detail(err, ERR_param_pattern, "/connection",
                       "`connection` is -, * or the name of a connection");
    }
}

static bool read_query(publishing_t *p, err_t *err)
{
    static const char *const names[] = {"connection", "version"};
    str_t values[] = {STR("-"), STR("3.0")};
    bool package = p->kind == &DOCUMENT_POWERPLATFORM; /* its version is the platform's */
    if (!resource_query(p->resource, names, package ? 1 : 2, values, err)) {
        return false;
    }
    p->connection = values[0];
    p->flavour = openapi_flavour_of(package ? STR("2.0") : values[1]);
    if (!p->flavour) {
        err_add_detail(err, ERR_param_value, "/version", "`version` is 2.0, 3.0 or 3.1");
    }
    check_connection(p, err);
    return !err_is_set(err);
}

static void handle(resource_t *r, const document_kind_t *kind)
{
    publishing_t *p = arena_new_of(http_request_arena(r->request), publishing_t);
    err_t err = ERR_INIT;
    *p = (publishing_t){.resource = r, .kind = kind};
    if (!read_query(p, &err)) {
        resource_fail(r, &err);
        err_fini(&err);
    } else if (is_public(p)) {
        publish(p);
    } else {
        r->handling = p;
        resource_identify(r, on_identified);
    }
}

void documents_json(resource_t *r)
{
    handle(r, &DOCUMENT_JSON);
}

void documents_yaml(resource_t *r)
{
    handle(r, &DOCUMENT_YAML);
}

void documents_powerplatform(resource_t *r)
{
    handle(r, &DOCUMENT_POWERPLATFORM);
}
