/* SPDX-License-Identifier: MIT */
/* /v1/connections: an admin sees and changes all, a caller sees those that its key is bound to. */
#include <stdlib.h>

#include "api/handlers.h"
#include "base/clock.h"
#include "base/mem.h"
#include "call/limits.h"
#include "codec/json.h"

static const body_member_t CREATE_MEMBERS[] = {{"name", JSON_STRING, true},
                                               {"connector", JSON_STRING, true},
                                               {"auth", JSON_STRING, false},
                                               {"title", JSON_STRING, false},
                                               {"parameters", JSON_OBJECT, false}};
const body_t BODY_CONNECTION_CREATE = BODY_OF(CREATE_MEMBERS);

static const body_member_t CHANGE_MEMBERS[] = {{"auth", JSON_STRING, false},
                                               {"title", JSON_STRING, false},
                                               {"parameters", JSON_OBJECT, false},
                                               {"accept", JSON_TRUE, false},
                                               {"verify", JSON_TRUE, false}};
const body_t BODY_CONNECTION_CHANGE = BODY_OF(CHANGE_MEMBERS);

static json_t *named(const resource_t *r)
{
    return json_pack("{s:o}", "name", json_str(r->variables[0]));
}

/* --- how the limits stand --- */

/* Only this loop knows the windows. A caller is told of its own, too. */
static json_t *with_limits(const resource_t *r, json_t *connection)
{
    str_t id = json_member(connection, "connector");
    const limited_t of = {snapshot_connector(worker_snapshot(r->worker), id),
                          json_member(connection, "name"), false};
    json_t *keys = json_array();
    if (!r->caller->is_admin) {
        json_array_append_new(keys, json_string(r->caller->id));
    }
    json_t *shown = json_copy(connection);
    json_add_filled(shown, "limits",
                    limits_show(worker_options(r->worker)->throttle, &of, keys, clock_boot_ms()));
    json_decref(keys);
    return shown;
}

static void on_one(resource_t *r, json_t *output)
{
    resource_answer(r, 200, with_limits(r, output));
}

static json_t *page_with_limits(const resource_t *r, json_t *page)
{
    json_t *shown = json_copy(page);
    json_t *list = json_array();
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(page, "connections"), i, one)
    {
        json_array_append_new(list, with_limits(r, one));
    }
    json_object_set_new(shown, "connections", list);
    return shown;
}

static void on_page(resource_t *r, json_t *output)
{
    resource_answer(r, 200, page_with_limits(r, output));
}

/* --- list --- */

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The page of a caller: of the names that its key is bound to, in their order. */
static json_t *names_of(const caller_key_t *caller, const page_t *page, str_t *next)
{
    char **sorted = mem_array(caller->connection_count + 1, sizeof *sorted);
    json_t *names = json_array();
    for (size_t i = 0; i < caller->connection_count; i++) {
        sorted[i] = caller->connections[i];
    }
    qsort(sorted, caller->connection_count, sizeof *sorted, by_name);
    for (size_t i = 0; i < caller->connection_count; i++) {
        if (page->after.p && str_compare(str_of(sorted[i]), page->after) <= 0) {
            continue;
        }
        if (json_array_size(names) == page->limit) {
            *next = json_view(json_array_get(names, page->limit - 1));
            break;
        }
        json_array_append_new(names, json_string(sorted[i]));
    }
    free((void *)sorted);
    return names;
}

/* What the manager does not filter where names are given. */
static void drop_others(json_t *list, str_t connector)
{
    for (size_t i = json_array_size(list); i-- > 0;) {
        if (!str_eq(json_member(json_array_get(list, i), "connector"), connector)) {
            json_array_remove(list, i);
        }
    }
}

static void on_named_list(resource_t *r, json_t *output)
{
    const json_t *asked = r->body; /* what list_of_caller kept */
    str_t connector = json_member(asked, "connector");
    json_t *shown = page_with_limits(r, output);
    if (connector.p) {
        drop_others(json_object_get(shown, "connections"), connector);
    }
    if (json_object_get(asked, "next")) {
        json_object_set(shown, "next", json_object_get(asked, "next"));
    }
    resource_answer(r, 200, shown);
}

static void list_of_caller(resource_t *r, const page_t *page)
{
    str_t next = STR_NONE;
    json_t *names = names_of(r->caller, page, &next);
    r->body = json_object();
    if (page->filter.p) {
        json_object_set_new(r->body, "connector", json_str(page->filter));
    }
    if (next.p) {
        json_object_set_new(r->body, "next", json_str(next));
    }
    resource_admin_then(r, ADMIN_CONNECTION_LIST, json_pack("{s:o}", "names", names),
                        on_named_list);
}

static void list_all(resource_t *r, const page_t *page)
{
    json_t *input = json_object();
    json_object_set_new(input, "limit", json_integer(page->limit));
    if (page->after.p) {
        json_object_set_new(input, "after", json_str(page->after));
    }
    if (page->filter.p) {
        json_object_set_new(input, "connector", json_str(page->filter));
    }
    resource_admin_then(r, ADMIN_CONNECTION_LIST, input, on_page);
}

void connections_list(resource_t *r)
{
    page_t page;
    err_t err = ERR_INIT;
    if (!resource_page(r, "connector", &page, &err)) {
        resource_fail(r, &err);
        err_fini(&err);
    } else if (r->caller->is_admin) {
        list_all(r, &page);
    } else {
        list_of_caller(r, &page);
    }
}

/* --- one --- */

static void on_created(resource_t *r, json_t *output)
{
    json_t *shown = with_limits(r, output);
    resource_answer_made(r, STR("/v1/connections/"), json_member(output, "name"), shown);
    json_decref(shown);
}

void connections_create(resource_t *r)
{
    resource_admin_then(r, ADMIN_CONNECTION_CREATE, json_incref(r->body), on_created);
}

void connections_show(resource_t *r)
{
    if (resource_may_see(r, r->variables[0])) {
        resource_admin_then(r, ADMIN_CONNECTION_SHOW, named(r), on_one);
    }
}

void connections_change(resource_t *r)
{
    json_t *input = named(r);
    json_object_update(input, r->body);
    resource_admin_then(r, ADMIN_CONNECTION_CHANGE, input, on_one);
}

void connections_remove(resource_t *r)
{
    resource_admin(r, ADMIN_CONNECTION_REMOVE, named(r), 204);
}

void connections_reset(resource_t *r)
{
    resource_admin_then(r, ADMIN_CONNECTION_RESET, named(r), on_one);
}
