/* SPDX-License-Identifier: MIT */
/* /v1/connectors/{connector}/definition: the YAML as it stands in the folder. It holds no secret.
 * What an admin is still writing there is for admins: a caller sees a file that is in service, of a
 * connector of its connections. */
#include <stdlib.h>

#include "api/handlers.h"
#include "base/exchange.h"
#include "base/mem.h"
#include "codec/json.h"

/* --- the file, in the catalogue's thread, which may wait for a disk --- */

typedef struct reading {
    exchange_t exchange;
    resource_t *resource;
    const catalogue_t *catalogue;
    str_t id; /* the request's */
    char *text;
    size_t length;
    err_t err;
} reading_t;

static void read_file(exchange_t *e)
{
    reading_t *reading = STRUCT_OF(e, reading_t, exchange);
    reading->text =
        catalogue_read_text(reading->catalogue, reading->id, &reading->length, &reading->err);
    exchange_answer(e);
}

static void answer(exchange_t *e)
{
    const reading_t *reading = STRUCT_OF(e, reading_t, exchange);
    if (reading->text) {
        resource_answer_text(reading->resource, STR("application/yaml"),
                             str_at(reading->text, reading->length));
    } else {
        resource_fail(reading->resource, &reading->err);
    }
}

static void release(exchange_t *e)
{
    reading_t *reading = STRUCT_OF(e, reading_t, exchange);
    free(reading->text);
    free(reading);
}

static void show(resource_t *r)
{
    reading_t *reading = mem_new(reading_t);
    *reading = (reading_t){.exchange = {.work = read_file, .answer = answer, .release = release},
                           .resource = r,
                           .catalogue = worker_options(r->worker)->catalogue,
                           .id = r->variables[0],
                           .err = ERR_INIT};
    exchange_ask(&reading->exchange, catalogue_loop(worker_options(r->worker)->catalogue));
}

/* --- who may --- */

static bool is_in_service(const snapshot_t *snapshot, str_t id)
{
    bool found = snapshot_connector(snapshot, id) != NULL;
    for (size_t i = 0; found && i < snapshot_fault_count(snapshot); i++) {
        found = !str_eq(snapshot_fault_at(snapshot, i)->id, id);
    }
    return found;
}

static void on_connections(resource_t *r, json_t *output)
{
    size_t i;
    json_t *one;
    bool is_of_connector = false;
    json_array_foreach(json_object_get(output, "connections"), i, one)
    {
        is_of_connector = is_of_connector || str_eq(json_member(one, "connector"), r->variables[0]);
    }
    if (is_of_connector && is_in_service(worker_snapshot(r->worker), r->variables[0])) {
        show(r);
    } else {
        resource_refuse(r, ERR_not_found,
                        "none of this key's connections is of a connector `%.*s` "
                        "whose file is in service",
                        STR_ARG(r->variables[0]));
    }
}

void definition_show(resource_t *r)
{
    if (r->caller->is_admin) {
        show(r);
        return;
    }
    json_t *names = json_array();
    for (size_t i = 0; i < r->caller->connection_count; i++) {
        json_array_append_new(names, json_string(r->caller->connections[i]));
    }
    resource_admin_then(r, ADMIN_CONNECTION_LIST, json_pack("{s:o}", "names", names),
                        on_connections);
}
