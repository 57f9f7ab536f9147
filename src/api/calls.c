/* SPDX-License-Identifier: MIT */
/* /v1/calls: the latest calls, and how each went. An admin sees all, a caller those of the
 * connections of its key, as they are now: not those of others that had their names before. Nor is
 * it told by which other key a call came. */
#include <stdio.h>
#include <stdlib.h>

#include "api/handlers.h"
#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"

enum { PLACE_DIGITS = 18, US_A_MS = 1000 };

static const char *const LEG_NAMES[] = {
#define LEG_NAME(id, name) [LEG_##id] = (name),
    JOURNAL_LEGS(LEG_NAME)
#undef LEG_NAME
};
static const char *const LEG_ENDS[] = {
#define LEG_NAME(id, name) [LEG_##id] = (name),
    JOURNAL_ENDS(LEG_NAME)
#undef LEG_NAME
};

/* --- as JSON --- */

static json_t *show_ms(int64_t us)
{
    return json_real((double)us / US_A_MS);
}

static void add_text(json_t *to, const char *name, const journal_entry_t *e, journal_text_t text)
{
    if (text.n) {
        json_object_set_new(to, name, json_str(journal_read_text(e, text)));
    }
}

/* As the wall clock goes now. */
static json_t *show_time(int64_t boot_us)
{
    char text[EVENT_TIME_BYTES];
    event_time(text, clock_wall_ms() - clock_boot_ms() + boot_us / US_A_MS);
    return json_string(text);
}

static json_t *show(const resource_t *r, const journal_entry_t *e)
{
    const char *told = caller_key_told(r->caller);
    json_t *shown = json_object();
    json_object_set_new(shown, "request", json_str(str_at(e->request_id, JOURNAL_ID_BYTES)));
    add_text(shown, "trace", e, e->trace);
    json_object_set_new(shown, "at", show_time(e->began_us));
    add_text(shown, "connector", e, e->connector);
    add_text(shown, "connection", e, e->connection);
    add_text(shown, "action", e, e->action);
    if (!told || str_is(journal_read_text(e, e->key), told)) {
        add_text(shown, "key", e, e->key);
    }
    json_object_set_new(shown, "status", json_integer(e->status));
    if (e->code) {
        json_object_set_new(shown, "code", json_string(err_code_name((err_code_t)e->code)));
    }
    json_object_set_new(shown, "whole", json_boolean(!e->is_broken));
    json_object_set_new(shown, "duration_ms", show_ms(e->ended_us - e->began_us));
    json_object_set_new(shown, "upstream_ms", show_ms(e->upstream_us));
    json_object_set_new(shown, "bytes", json_integer(e->bytes));
    return shown;
}

static json_t *show_leg(const journal_entry_t *e, const journal_leg_t *leg)
{
    json_t *shown =
        json_pack("{s:s, s:s}", "step", LEG_NAMES[leg->kind], "result", LEG_ENDS[leg->end]);
    json_object_set_new(shown, "after_ms", show_ms(leg->at_us));
    json_object_set_new(shown, "duration_ms", show_ms(leg->took_us));
    add_text(shown, "host", e, leg->host);
    if (leg->status) {
        json_object_set_new(shown, "status", json_integer(leg->status));
    }
    if (leg->head_us) {
        json_object_set_new(shown, "first_byte_ms", show_ms(leg->head_us));
    }
    return shown;
}

static json_t *show_whole(const resource_t *r, const journal_entry_t *e)
{
    json_t *shown = show(r, e), *legs = json_array();
    for (size_t i = 0; i < e->leg_count; i++) {
        json_array_append_new(legs, show_leg(e, &e->legs[i]));
    }
    json_object_set_new(shown, "steps", legs);
    if (e->is_cut) {
        json_object_set_new(shown, "steps_left_out", json_true());
    }
    return shown;
}

/* --- a page --- */

static json_t *show_place(const journal_entry_t *e)
{
    char text[PLACE_DIGITS + 1];
    (void)snprintf(text, sizeof text, "%016llx%02x", (unsigned long long)e->ended_us, e->loop);
    return json_string(text);
}

static bool read_place(str_t text, journal_query_t *q, err_t *err)
{
    uint64_t place[2] = {0};
    bool ok = text.n == PLACE_DIGITS;
    for (size_t i = 0; i < text.n && ok; i++) {
        int digit = ascii_hex_value(text.p[i]);
        uint64_t *part = &place[i >= PLACE_DIGITS - 2];
        ok = digit >= 0;
        *part = *part << 4 | (uint64_t)(digit & 15);
    }
    q->is_before = text.p != NULL;
    q->ended_us = (int64_t)place[0];
    q->loop = (uint8_t)place[1];
    return ok || !text.p ||
           err_add_detail(err, ERR_param_value, "/after", "`after` is the `next` of a page");
}

/* 404, 4xx, or error. */
static bool read_status(str_t text, journal_query_t *q, err_t *err)
{
    uint64_t status;
    q->status_to = UINT16_MAX;
    q->trouble_only = str_is(text, "error");
    if (!text.p || q->trouble_only) {
        return true;
    }
    if (text.n == 3 && text.p[0] >= '1' && text.p[0] <= '5' && str_ends(text, STR("xx"))) {
        q->status_from = (uint16_t)((text.p[0] - '0') * 100);
        q->status_to = (uint16_t)(q->status_from + 99);
        return true;
    }
    if (text.n == 3 && str_to_u64(text, &status)) {
        q->status_from = q->status_to = (uint16_t)status;
        return true;
    }
    return err_add_detail(err, ERR_param_value, "/status", "`status` is like 404, 4xx, or `error`");
}

static bool read_query(resource_t *r, journal_query_t *q, err_t *err)
{
    enum { CONNECTION, STATUS, COUNT };
    static const char *const NAMES[COUNT] = {"connection", "status"};
    str_t values[COUNT] = {STR_NONE};
    page_t page;
    bool ok = resource_page_with(r, NAMES, COUNT, values, &page, err);
    *q = (journal_query_t){.limit = page.limit};
    (void)snprintf(q->connection, sizeof q->connection, "%.*s", STR_ARG(values[CONNECTION]));
    ok = read_place(page.after, q, err) && ok;
    return read_status(values[STATUS], q, err) && ok;
}

/* --- whose --- */

typedef struct asking {
    resource_t *r;
    journal_query_t query;
    journal_on_calls_t *on_calls;
    size_t named; /* of the names, so many were looked for */
} asking_t;

/* The one that is asked for, or all of the caller's; absent behind the last. */
static str_t name_at(const asking_t *a, size_t i)
{
    const caller_key_t *caller = a->r->caller;
    if (a->query.connection[0]) {
        return i == 0 ? str_of(a->query.connection) : STR_NONE;
    }
    return i < caller->connection_count ? str_of(caller->connections[i]) : STR_NONE;
}

static void find_next(asking_t *a);

static void on_found(void *context, connection_t *connection, const err_t *err)
{
    asking_t *a = context;
    bool is_passing = err->code == ERR_store_unavailable || err->code == ERR_draining;
    if (is_passing) { /* what is not there, or cannot be read, has no calls */
        free(a->query.connections);
        resource_fail(a->r, err);
        return;
    }
    if (connection) {
        a->query.connections[a->query.connection_count++] = connection->uid;
        connection_unref(connection);
    }
    find_next(a);
}

/* What is left of one that was removed, an admin finds by its name. */
static void find_next(asking_t *a)
{
    resource_t *r = a->r;
    str_t name = name_at(a, a->named);
    if (name.p) {
        a->named++;
        worker_find_connection(r->worker, name, on_found, a);
        return;
    }
    a->query.is_bound = !r->caller->is_admin || a->query.connection_count > 0;
    journals_ask(worker_options(r->worker)->journals, &a->query, a->on_calls, r);
}

static void ask(resource_t *r, const journal_query_t *q, journal_on_calls_t *on_calls)
{
    asking_t *a = arena_new_of(http_request_arena(r->request), asking_t);
    *a = (asking_t){.r = r, .query = *q, .on_calls = on_calls};
    a->query.connections = mem_array(r->caller->connection_count + 1, sizeof *a->query.connections);
    find_next(a);
}

static void on_page(void *context, const journal_entry_t *list, size_t count, bool more)
{
    json_t *calls = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(calls, show(context, &list[i]));
    }
    json_t *page = json_pack("{s:o}", "calls", calls);
    if (more) {
        json_object_set_new(page, "next", show_place(&list[count - 1]));
    }
    resource_answer(context, 200, page);
}

void calls_list(resource_t *r)
{
    journal_query_t query;
    err_t err = ERR_INIT;
    if (!read_query(r, &query, &err)) {
        resource_fail(r, &err);
        err_fini(&err);
        return;
    }
    if (!query.connection[0] || resource_may_see(r, str_of(query.connection))) {
        ask(r, &query, on_page);
    }
}

/* --- one --- */

static void on_one(void *context, const journal_entry_t *list, size_t count, bool more)
{
    resource_t *r = context;
    (void)more;
    if (count) {
        resource_answer(r, 200, show_whole(r, list));
    } else {
        resource_refuse(r, ERR_not_found, "no call of this id is among the latest");
    }
}

void calls_show(resource_t *r)
{
    journal_query_t query = {.limit = 1, .status_to = UINT16_MAX};
    str_t id = r->variables[0];
    if (id.n != JOURNAL_ID_BYTES) {
        on_one(r, NULL, 0, false);
        return;
    }
    memcpy(query.request_id, id.p, JOURNAL_ID_BYTES);
    ask(r, &query, on_one);
}
