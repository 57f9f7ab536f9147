/* SPDX-License-Identifier: MIT */
#include "event/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "codec/json.h"

enum { HEAD_MAX = 256 };

event_t *event_ref(event_t *e)
{
    atomic_fetch_add_explicit(&e->references, 1, memory_order_relaxed);
    return e;
}

void event_unref(event_t *e)
{
    if (e && atomic_fetch_sub_explicit(&e->references, 1, memory_order_acq_rel) == 1) {
        free(e);
    }
}

/* --- its data --- */

static void write_value(buf_t *to, const log_field_t *field)
{
    switch (field->kind) {
    case LOG_FIELD_STR:
        json_write_string(to, field->text);
        break;
    case LOG_FIELD_INT:
        buf_i64(to, field->number);
        break;
    case LOG_FIELD_BOOL:
        buf_lit(to, field->number ? "true" : "false");
        break;
    }
}

static void write_member(buf_t *to, const log_field_t *field)
{
    if (field->kind == LOG_FIELD_STR && !field->text.n) {
        return;
    }
    if (to->n && to->p[to->n - 1] != '{') {
        buf_char(to, ',');
    }
    json_write_string(to, str_of(field->name));
    buf_char(to, ':');
    write_value(to, field);
}

void event_write_data(buf_t *to, str_t connection, const log_field_t *fields)
{
    const log_field_t first = LOG_S("connection", connection);
    buf_char(to, '{');
    write_member(to, &first);
    for (const log_field_t *f = fields; f->name; f++) {
        write_member(to, f);
    }
    buf_char(to, '}');
}

/* --- the whole --- */

void event_time(char to[EVENT_TIME_BYTES], int64_t wall_ms)
{
    struct tm tm;
    time_t seconds = (time_t)(wall_ms / 1000);
    char text[24] = "";
    if (gmtime_r(&seconds, &tm)) {
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    }
    (void)snprintf(to, EVENT_TIME_BYTES, "%s.%03dZ", text, (int)(wall_ms % 1000));
}

void event_id_write(char to[EVENT_ID_DIGITS + 1], uint64_t id)
{
    (void)snprintf(to, EVENT_ID_DIGITS + 1, "%016llu", (unsigned long long)id);
}

bool event_id_read(str_t text, uint64_t *id)
{
    return text.n <= EVENT_ID_DIGITS && str_to_u64(text, id);
}

/* Ids hold nothing that JSON escapes, and no value of its texts holds such a quote. */
static void find_who(event_t *e)
{
    static const char *const MEMBERS[] = {",\"key\":\"", ",\"by\":\""};
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS && !e->who.p; i++) {
        size_t at = str_find(e->text, str_of(MEMBERS[i]), 0);
        if (at != SIZE_MAX) {
            size_t from = at + strlen(MEMBERS[i]);
            str_t rest = str_slice(e->text, from, e->text.n);
            e->who = str_slice(rest, 0, str_index(rest, '"'));
            e->who_member = str_slice(e->text, at, from + e->who.n + 1);
        }
    }
}

void event_write(buf_t *to, const event_t *e, const char *key)
{
    if (!key || !e->who.p || str_is(e->who, key)) {
        buf_str(to, e->text);
        return;
    }
    size_t at = (size_t)(e->who_member.p - e->text.p);
    buf_str(to, str_slice(e->text, 0, at));
    buf_str(to, str_slice(e->text, at + e->who_member.n, e->text.n));
}

static event_t *make(event_kind_t kind, uint64_t id, str_t connection, str_t text)
{
    event_t *e = mem_alloc(sizeof *e + text.n);
    *e = (event_t){.kind = kind, .id = id};
    atomic_init(&e->references, 1);
    event_id_write(e->id_text, id);
    memcpy(e->connection, connection.p,
           connection.n < sizeof e->connection ? connection.n : sizeof e->connection - 1);
    char *copy = (char *)(e + 1);
    memcpy(copy, text.p, text.n);
    e->text = str_at(copy, text.n);
    find_who(e);
    return e;
}

event_t *event_new(event_kind_t kind, uint64_t id, int64_t wall_ms, str_t connection, str_t data)
{
    char time_text[EVENT_TIME_BYTES];
    char id_text[EVENT_ID_DIGITS + 1];
    buf_t text;
    buf_init(&text, HEAD_MAX + EVENT_DATA_MAX);
    event_time(time_text, wall_ms);
    event_id_write(id_text, id);
    buf_printf(&text, "{\"id\":\"%s\",\"type\":\"%s\",\"timestamp\":\"%s\",\"data\":", id_text,
               EVENT_INFO[kind].name, time_text);
    buf_str(&text, data);
    buf_char(&text, '}');
    event_t *e = make(kind, id, connection.p ? connection : STR(""), buf_view(&text));
    buf_fini(&text);
    return e;
}

static event_kind_t kind_of(str_t name)
{
    int kind = 0;
    while (kind < EVENT_KIND_COUNT && !str_is(name, EVENT_INFO[kind].name)) {
        kind++;
    }
    return (event_kind_t)kind;
}

event_t *event_read(str_t text)
{
    err_t ignored = ERR_INIT;
    uint64_t id = 0;
    event_t *e = NULL;
    json_t *all = json_read(text, NULL, &ignored);
    event_kind_t kind = kind_of(json_member(all, "type"));
    str_t connection = json_member(json_object_get(all, "data"), "connection");
    if (kind < EVENT_KIND_COUNT && event_id_read(json_member(all, "id"), &id)) {
        e = make(kind, id, connection.p ? connection : STR(""), text);
    }
    json_decref(all);
    return e;
}
