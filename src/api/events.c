/* SPDX-License-Identifier: MIT */
/* /v1/events: an admin sees all, a caller what is about the connections of its key. One address for
 * the list and the live stream: the Accept header says which. */
#include <stdlib.h>

#include "api/handlers.h"
#include "base/mem.h"
#include "codec/json.h"

enum { PAGE_BYTES_MAX = 16 * 1024 * 1024 };

/* --- what is asked for --- */

static json_t *names_of(const caller_key_t *caller)
{
    json_t *names = json_object();
    for (size_t i = 0; i < caller->connection_count; i++) {
        json_object_set_new(names, caller->connections[i], json_true());
    }
    return names;
}

static void read_connection(const resource_t *r, str_t connection, event_filter_t *filter)
{
    if (connection.p) {
        filter->connections = json_object();
        json_object_setn_new(filter->connections, connection.p, connection.n, json_true());
    } else if (!r->caller->is_admin) {
        filter->connections = names_of(r->caller);
    }
    filter->present_only = !r->caller->is_admin;
}

/* A client that comes back names the last event it has, by the header that browsers send too. */
static bool read_after(const resource_t *r, bool is_stream, str_t after, event_query_t *query,
                       err_t *err)
{
    str_t last = is_stream ? http_request_header(r->request, "last-event-id") : STR_NONE;
    str_t text = last.n ? last : after;
    query->is_after = text.p != NULL;
    return !text.p || event_id_read(text, &query->after) ||
           err_add_detail(err, ERR_param_type, "/after", "`after` is the id of an event, or 0");
}

static bool read_query(resource_t *r, bool is_stream, event_query_t *query, str_t *connection,
                       err_t *err)
{
    enum { LIMIT, AFTER, TYPE, CONNECTION, COUNT };
    static const char *const names[COUNT] = {"limit", "after", "type", "connection"};
    str_t values[COUNT] = {STR_NONE};
    unsigned limit = PAGE_DEFAULT;
    bool ok = resource_query(r, names, COUNT, values, err);
    ok = (!values[LIMIT].p || resource_read_limit(values[LIMIT], &limit, err)) && ok;
    ok = read_after(r, is_stream, values[AFTER], query, err) && ok;
    ok = event_filter_read_kinds(&query->filter, values[TYPE], err) && ok;
    query->limit = limit;
    *connection = values[CONNECTION];
    memcpy(query->key, r->caller->id, sizeof query->key);
    return ok;
}

/* --- the list --- */

static void on_page(void *context, const event_page_t *page)
{
    resource_t *r = context;
    buf_t text;
    buf_init(&text, PAGE_BYTES_MAX);
    buf_lit(&text, "{\"events\":[");
    for (size_t i = 0; i < page->count; i++) {
        buf_lit(&text, i ? "," : "");
        event_write(&text, page->list[i], caller_key_told(r->caller));
    }
    buf_lit(&text, "]");
    if (page->more) {
        buf_printf(&text, ",\"next\":\"%s\"", page->list[page->count - 1]->id_text);
    }
    buf_lit(&text, page->missed ? ",\"missed\":true}" : "}");
    resource_answer_text(r, STR("application/json"), buf_view(&text));
    buf_fini(&text);
}

/* --- either --- */

static bool wants_stream(const resource_t *r)
{
    str_t accept = http_request_header(r->request, "accept");
    return str_find(accept, STR("text/event-stream"), 0) != SIZE_MAX &&
           str_is(r->view->method, "GET");
}

void events_show(resource_t *r)
{
    event_query_t query = {.is_after = false};
    err_t err = ERR_INIT;
    str_t connection;
    bool is_stream = wants_stream(r);
    if (!read_query(r, is_stream, &query, &connection, &err)) {
        resource_fail(r, &err);
        err_fini(&err);
        return;
    }
    if (connection.p && !resource_may_see(r, connection)) {
        return;
    }
    read_connection(r, connection, &query.filter);
    if (is_stream) {
        event_stream_begin(r, &query);
    } else {
        events_list(manager_events(worker_options(r->worker)->manager), &query, on_page, r);
    }
}
