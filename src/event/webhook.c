/* SPDX-License-Identifier: MIT */
#include "event/webhook.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/json.h"
#include "event/signature.h"

enum {
    SECRETS_MAX = 2,
    URL_BYTES_MAX = 2048,
    NAMES_MAX = 100,
    NAME_BYTES_MAX = 200,
    TITLE_MAX = 200
};
static const int64_t DAY_MS = 24LL * 60 * 60 * 1000;

/* --- what is wanted --- */

static void check_url(str_t text, const egress_t *egress, err_t *err)
{
    arena_t *arena = arena_new(0);
    err_t why = ERR_INIT;
    url_t url;
    if (!text.n || text.n > URL_BYTES_MAX || !url_parse_in(arena, text, &url, &why) ||
        !egress_check_url(egress, &url, &why)) {
        err_add_detail(err, text.p ? ERR_param_value : ERR_param_missing, "/url",
                       "`url` is an https address that this host may call (egress_allow)");
    }
    arena_free(arena);
}

static bool is_list_of_texts(const json_t *list)
{
    bool ok = !list || (json_is_array(list) && json_array_size(list) <= NAMES_MAX);
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        size_t length = json_string_length(json_array_get(list, i));
        ok = length > 0 && length <= NAME_BYTES_MAX;
    }
    return ok;
}

/* Only what is kept is sent, and what a webhook does only where that is asked for. */
static event_kinds_t kinds_of(const json_t *types, err_t *err)
{
    event_kinds_t kept = event_kinds_lasting(EVENT_KEPT);
    event_kinds_t kinds = json_array_size(types) ? 0 : kept & ~event_kinds_named(STR("webhook.*"));
    for (size_t i = 0; i < json_array_size(types); i++) {
        str_t name = json_view(json_array_get(types, i));
        event_kinds_t named = event_kinds_named(name) & kept;
        kinds |= named;
        if (!named) {
            err_add_detail(err, ERR_param_value, "/types",
                           "there are no events `%.*s` that are kept", STR_ARG(name));
        }
    }
    return kinds;
}

static json_t *new_secret(void)
{
    buf_t text;
    buf_init_wiping(&text, 128);
    signature_secret_make(&text);
    json_t *secret = json_pack("{s:o}", "secret", json_str(buf_view(&text)));
    buf_fini(&text);
    return secret;
}

json_t *webhook_new_record(const json_t *input, const egress_t *egress, err_t *err)
{
    const json_t *types = json_object_get(input, "types");
    const json_t *connections = json_object_get(input, "connections");
    check_url(json_member(input, "url"), egress, err);
    if (json_member(input, "title").n > TITLE_MAX) {
        err_add_detail(err, ERR_param_too_long, "/title", "at most %d bytes", TITLE_MAX);
    }
    if (!is_list_of_texts(connections)) {
        err_add_detail(err, ERR_param_type, "/connections", "a list of names of connections");
    }
    if (!is_list_of_texts(types)) {
        err_add_detail(err, ERR_param_type, "/types", "a list of types of events");
    } else {
        (void)kinds_of(types, err);
    }
    if (err_is_set(err)) {
        return NULL;
    }
    json_t *record = json_object();
    json_add_copy(record, "url", json_object_get(input, "url"));
    json_add_copy(record, "types", types);
    json_add_copy(record, "connections", connections);
    json_add_copy(record, "title", json_object_get(input, "title"));
    json_object_set_new(record, "created_ms", json_integer(clock_wall_ms()));
    json_object_set_new(record, "secrets", json_pack("[o]", new_secret()));
    return record;
}

json_t *webhook_rotated_record(const json_t *record, int64_t wall_ms)
{
    json_t *rotated = json_deep_copy(record);
    json_t *secrets = json_object_get(rotated, "secrets");
    json_object_set_new(json_array_get(secrets, 0), "until_ms", json_integer(wall_ms + DAY_MS));
    json_array_insert_new(secrets, 0, new_secret());
    while (json_array_size(secrets) > SECRETS_MAX) {
        json_array_remove(secrets, SECRETS_MAX);
    }
    return rotated;
}

str_t webhook_secret(const json_t *record)
{
    return json_member(json_array_get(json_object_get(record, "secrets"), 0), "secret");
}

/* --- its life --- */

void webhook_take_record(webhook_t *h, json_t *record)
{
    err_t ignored = ERR_INIT;
    const json_t *connections = json_object_get(record, "connections");
    event_filter_fini(&h->filter);
    json_decref(h->record);
    h->record = record;
    h->filter.kinds = kinds_of(json_object_get(record, "types"), &ignored);
    h->filter.connections = json_array_size(connections) ? json_object() : NULL;
    for (size_t i = 0; i < json_array_size(connections); i++) {
        json_object_set_new(h->filter.connections,
                            json_string_value(json_array_get(connections, i)), json_true());
    }
    err_fini(&ignored);
}

webhook_t *webhook_new(str_t id, json_t *record)
{
    webhook_t *h = mem_new(webhook_t);
    memcpy(h->id, id.p, id.n < sizeof h->id ? id.n : sizeof h->id - 1);
    webhook_take_record(h, record);
    return h;
}

void webhook_free(webhook_t *h)
{
    event_unref(h->sending);
    event_filter_fini(&h->filter);
    json_decref(h->record);
    free(h);
}

/* --- shown --- */

static void show_time(json_t *shown, const char *name, int64_t wall_ms)
{
    char text[EVENT_TIME_BYTES];
    if (wall_ms) {
        event_time(text, wall_ms);
        json_object_set_new(shown, name, json_string(text));
    }
}

json_t *webhook_show(const webhook_t *h, size_t waiting)
{
    json_t *shown = json_pack("{s:s}", "id", h->id);
    json_add_copy(shown, "url", json_object_get(h->record, "url"));
    json_add_copy(shown, "title", json_object_get(h->record, "title"));
    json_add_copy(shown, "types", json_object_get(h->record, "types"));
    json_add_copy(shown, "connections", json_object_get(h->record, "connections"));
    json_object_set_new(shown, "state",
                        json_string(h->is_off     ? "off"
                                    : h->attempts ? "retrying"
                                                  : "active"));
    json_object_set_new(shown, "waiting", json_integer((json_int_t)waiting));
    if (h->attempts) {
        json_object_set_new(shown, "attempts", json_integer(h->attempts));
        show_time(shown, "next_attempt_at", h->is_off ? 0 : h->next_wall_ms);
    }
    if (h->last_status) {
        json_object_set_new(shown, "last_status", json_integer(h->last_status));
    }
    json_add_text(shown, "last_error", str_of(h->last_error));
    show_time(shown, "last_delivered_at", h->delivered_wall_ms);
    show_time(shown, "created_at", json_integer_value(json_object_get(h->record, "created_ms")));
    return shown;
}

/* --- how far it has got --- */

void webhook_write_progress(const webhook_t *h, buf_t *to)
{
    json_t *all = json_object();
    char after[EVENT_ID_DIGITS + 1];
    event_id_write(after, h->after);
    json_object_set_new(all, "after", json_string(after));
    json_object_set_new(all, "off", json_boolean(h->is_off));
    json_object_set_new(all, "attempts", json_integer(h->attempts));
    json_object_set_new(all, "next_ms", json_integer(h->next_wall_ms));
    json_object_set_new(all, "last_status", json_integer(h->last_status));
    json_object_set_new(all, "last_error", json_string(h->last_error));
    json_object_set_new(all, "delivered_ms", json_integer(h->delivered_wall_ms));
    json_write(to, all);
    json_decref(all);
}

void webhook_read_progress(webhook_t *h, str_t text)
{
    err_t ignored = ERR_INIT;
    json_t *all = json_read(text, NULL, &ignored);
    (void)event_id_read(json_member(all, "after"), &h->after);
    h->is_off = json_is_true(json_object_get(all, "off"));
    h->attempts = (unsigned)json_integer_value(json_object_get(all, "attempts"));
    h->next_wall_ms = json_integer_value(json_object_get(all, "next_ms"));
    h->last_status = (int)json_integer_value(json_object_get(all, "last_status"));
    err_clean_text(h->last_error, sizeof h->last_error, json_member(all, "last_error"));
    h->delivered_wall_ms = json_integer_value(json_object_get(all, "delivered_ms"));
    json_decref(all);
}

/* --- its queue: the events that are kept, behind the last it is done with --- */

event_t *webhook_next(webhook_t *h, const event_ring_t *kept)
{
    for (size_t i = event_ring_after(kept, h->after); i < kept->count; i++) {
        event_t *e = event_ring_at(kept, i);
        if (event_filter_takes(&h->filter, e)) {
            return e;
        }
        h->after = e->id;
    }
    return NULL;
}

size_t webhook_waiting(const webhook_t *h, const event_ring_t *kept)
{
    size_t waiting = 0;
    for (size_t i = event_ring_after(kept, h->after); i < kept->count; i++) {
        waiting += event_filter_takes(&h->filter, event_ring_at(kept, i));
    }
    return waiting;
}

int64_t webhook_pause_ms(unsigned attempts)
{
    static const int PAUSES_S[] = {1, 5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800};
    enum { COUNT = sizeof PAUSES_S / sizeof *PAUSES_S };
    return attempts >= 1 && attempts <= COUNT ? PAUSES_S[attempts - 1] * 1000LL : 0;
}
