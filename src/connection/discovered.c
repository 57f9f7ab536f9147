/* SPDX-License-Identifier: MIT */
/* The hosts that an issuer has named to a connection (DESIGN 7): as with those of its definition, a
 * connection goes on only where it was filled in for. The first that are met are noted in its
 * record; others wait for an admin. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "codec/url.h"
#include "connection/manager_internal.h"

static const char MEMBER[] = "discovered"; /* of a record: {issuer, hosts} */

/* --- what is named --- */

static bool holds(const json_t *list, str_t text)
{
    const json_t *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        if (str_eq(json_view(item), text)) {
            return true;
        }
    }
    return false;
}

/* Those of registration are for nobody's credentials. */
static json_t *hosts_of(const connection_t *c, const grant_metadata_t *m)
{
    bool has_certificate = connection_has_certificate(c);
    arena_t *arena = arena_new(0);
    json_t *hosts = json_array();
    for (endpoint_t e = ENDPOINT_TOKEN; e < ENDPOINT_REGISTER; e++) {
        url_t url;
        err_t ignored = ERR_INIT;
        if (url_parse_in(arena, grant_metadata_endpoint(m, e, has_certificate), &url, &ignored)) {
            str_t host = arena_printf(arena, "%.*s:%u", STR_ARG(url.host), (unsigned)url.port);
            if (!holds(hosts, host)) {
                json_array_append_new(hosts, json_str(host));
            }
        }
    }
    if (!c->auth->grant.issuer) { /* whom a resource trusts is not for itself to change, either */
        json_array_append_new(hosts, json_str(m->issuer));
    }
    arena_free(arena);
    return hosts;
}

static bool are_among(const json_t *hosts, const json_t *known)
{
    const json_t *host;
    size_t i;
    json_array_foreach(hosts, i, host)
    {
        if (!holds(known, json_view(host))) {
            return false;
        }
    }
    return true;
}

/* --- noting the first --- */

typedef struct noting {
    manager_t *manager;
    connection_t *connection;
    json_t *found;
    connection_record_t *record;
} noting_t;

static void end(noting_t *n)
{
    turn_pass(n->manager, n->connection->name);
    connection_unref(n->connection);
    json_decref(n->found);
    free(n);
}

static void on_written(void *context, const store_result_t *result)
{
    noting_t *n = context;
    if (result->ok) {
        entry_replace(n->manager, n->record);
    } else { /* noted when it is met again */
        connection_record_free(n->record);
    }
    end(n);
}

static void note(void *context, entry_t *entry, const err_t *err)
{
    noting_t *n = context;
    (void)err;
    if (!entry || entry->record->credential_generation != n->connection->credential_generation ||
        json_equal(json_object_get(entry->record->plain, MEMBER), n->found)) {
        end(n);
        return;
    }
    err_t why = ERR_INIT;
    store_change_t change;
    arena_t *arena = arena_new(0);
    n->record = connection_record_copy(entry->record);
    json_object_set(n->record->plain, MEMBER, n->found);
    if (connection_record_write(n->record, n->manager->keyring, clock_wall_ms(), arena, &change,
                                &why)) {
        manager_store_write(n->manager, &change, 1, true, on_written, n);
    } else {
        on_written(n, &(store_result_t){.err = why});
    }
    arena_free(arena);
}

static void on_turn(void *context)
{
    noting_t *n = context;
    entry_get(n->manager, n->connection->name, note, n);
}

static void begin_noting(manager_t *m, const connection_t *c, json_t *found)
{
    noting_t *n = mem_new(noting_t);
    *n = (noting_t){.manager = m, .connection = connection_ref(c), .found = json_incref(found)};
    turn_take(m, c->name, on_turn, n);
}

/* --- checking --- */

static bool compare(manager_t *m, const connection_t *c, const json_t *known, json_t *found,
                    err_t *err)
{
    bool is_first = !known || !str_eq(json_member(known, "issuer"), json_member(found, "issuer"));
    if (is_first) {
        begin_noting(m, c, found);
        return true;
    }
    if (are_among(json_object_get(found, "hosts"), json_object_get(known, "hosts"))) {
        return true;
    }
    err_set(err, ERR_definition_changed,
            "the connection's issuer now names other hosts; an admin must accept that");
    durable_refuse_connection(m, c, err, NULL, NULL);
    return false;
}

bool discovered_before(const connection_t *c, const json_t *plain, const grant_metadata_t *metadata,
                       err_t *err)
{
    json_t *hosts = hosts_of(c, metadata);
    bool known = are_among(hosts, json_object_get(json_object_get(plain, MEMBER), "hosts"));
    json_decref(hosts);
    return known || err_set(err, ERR_definition_changed,
                            "the connection's issuer now names other hosts than it did");
}

bool discovered_check(manager_t *m, const connection_t *c, grant_build_t *build,
                      const grant_metadata_t *metadata, err_t *err)
{
    const entry_t *entry = map_get(m->entries, c->name);
    buf_t issuer;
    buf_init(&issuer, 4096);
    bool ok = true;
    /* What is only tried out is not noted yet. */
    if (entry && entry->record &&
        entry->record->credential_generation == c->credential_generation) {
        ok = grant_discovery_name(build, &issuer, err);
        json_t *found = json_pack("{s:o, s:o}", "issuer", json_str(buf_view(&issuer)), "hosts",
                                  hosts_of(c, metadata));
        ok = ok && compare(m, c, json_object_get(entry->record->plain, MEMBER), found, err);
        json_decref(found);
    }
    buf_fini(&issuer);
    return ok;
}

void discovered_accept(json_t *plain)
{
    json_object_del(plain, MEMBER);
}
