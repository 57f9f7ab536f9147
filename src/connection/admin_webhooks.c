/* SPDX-License-Identifier: MIT */
/* Webhooks: added, shown, rotated, removed. Their records are sealed as a whole, since secrets may
 * stand in their addresses, too. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "connection/admin_internal.h"
#include "connection/sealed_json.h"
#include "seal/hash.h"

enum { ID_LENGTH = 8 };

/* --- what the store holds --- */

void webhooks_take(manager_t *m, const store_record_t *record)
{
    json_t *all = sealed_json_read(record, m->keyring);
    if (all) {
        webhooks_load(m->webhooks, record->id, all);
    }
}

void webhooks_take_progress(manager_t *m, const store_record_t *record)
{
    webhooks_resume(m->webhooks, record->id, record->plain);
}

/* --- one on its way into the store --- */

typedef struct writing_webhook {
    admin_call_t *call;
    char id[16];
    json_t *record;
} writing_webhook_t;

static void answer_with_secret(admin_call_t *call, str_t id)
{
    const webhooks_t *all = call->manager->webhooks;
    const webhook_t *h = webhooks_find(all, id);
    json_t *shown = webhooks_show(all, h);
    json_object_set_new(shown, "secret", json_str(webhook_secret(h->record)));
    admin_answer(call, shown, NULL);
}

static void on_written(void *context, const store_result_t *result)
{
    writing_webhook_t w = *(writing_webhook_t *)context;
    free(context);
    if (result->ok) {
        webhooks_put(w.call->manager->webhooks, str_of(w.id), w.record);
        answer_with_secret(w.call, str_of(w.id));
        return;
    }
    err_t err = result->err;
    json_decref(w.record);
    admin_answer(w.call, NULL, &err);
}

/* record is stolen. */
static void write(admin_call_t *call, str_t id, json_t *record)
{
    writing_webhook_t *w = mem_new(writing_webhook_t);
    store_change_t changes[2];
    arena_t *arena = arena_new(0);
    const store_record_t place = {
        .kind = STR(WEBHOOK_RECORD), .id = id, .generation = (uint64_t)clock_wall_ms()};
    *w = (writing_webhook_t){.call = call, .record = record};
    memcpy(w->id, id.p, id.n < sizeof w->id ? id.n : sizeof w->id - 1);
    if (sealed_json_write(&place, record, call->manager->keyring, arena, &changes[0])) {
        admin_line(call, arena, &(admin_line_t){.object = id}, &changes[1]);
        manager_store_write(call->manager, changes, 2, true, on_written, w);
    } else {
        store_result_t none = {.ok = false};
        err_set(&none.err, ERR_param_too_long, "the webhook's values are too long");
        on_written(w, &none);
    }
    arena_free(arena);
}

void admin_webhook_add(admin_call_t *call)
{
    manager_t *m = call->manager;
    err_t err = ERR_INIT;
    char id[ID_LENGTH];
    uint64_t random;
    json_t *record = webhook_new_record(call->input, m->options.upstream.egress, &err);
    if (record && map_count(webhooks_map(m->webhooks)) >= WEBHOOKS_MAX) {
        json_decref(record);
        record = NULL;
        err_set(&err, ERR_param_limit, "there are %d webhooks already", WEBHOOKS_MAX);
    }
    if (!record) {
        admin_answer(call, NULL, &err);
        return;
    }
    random_bytes(&random, sizeof random);
    base62_write(id, sizeof id, random);
    write(call, str_at(id, sizeof id), record);
}

/* --- one that is there, changed by one at a time --- */

static webhook_t *find(admin_call_t *call)
{
    str_t id = json_member(call->input, "id");
    webhook_t *h = webhooks_find(call->manager->webhooks, id);
    if (!h) {
        err_t err = ERR_INIT;
        err_set(&err, ERR_not_found, "there is no webhook `%.*s`", STR_ARG(id));
        admin_answer(call, NULL, &err);
    }
    return h;
}

static void take_turn(admin_call_t *call, void (*run)(void *context))
{
    admin_take_turn(call, json_member(call->input, "id"), run, call);
}

static void rotate(void *context)
{
    admin_call_t *call = context;
    const webhook_t *h = find(call);
    if (h) {
        write(call, str_of(h->id), webhook_rotated_record(h->record, clock_wall_ms()));
    }
}

void admin_webhook_rotate(admin_call_t *call)
{
    take_turn(call, rotate);
}

void admin_webhook_show(admin_call_t *call)
{
    const webhook_t *h = find(call);
    if (h) {
        admin_answer(call, webhooks_show(call->manager->webhooks, h), NULL);
    }
}

void admin_webhook_list(admin_call_t *call)
{
    const webhooks_t *all = call->manager->webhooks;
    json_t *list = json_array();
    void *value;
    for (size_t at = 0; map_next(webhooks_map(all), &at, NULL, &value);) {
        json_array_append_new(list, webhooks_show(all, value));
    }
    admin_answer(call, json_pack("{s:o}", "webhooks", list), NULL);
}

static void on_tested(void *context, int status, const char *detail)
{
    admin_call_t *call = context;
    json_t *report = json_object();
    audit_note(call->manager->audit, &(audit_entry_t){.what = AUDIT_WEBHOOK_TESTED,
                                                      .actor = &call->actor,
                                                      .object = json_member(call->input, "id")});
    json_object_set_new(report, "ok", json_boolean(status / 100 == 2));
    if (status) {
        json_object_set_new(report, "status", json_integer(status));
    }
    json_add_text(report, "detail", str_of(detail));
    admin_answer(call, report, NULL);
}

void admin_webhook_test(admin_call_t *call)
{
    err_t err = ERR_INIT;
    if (find(call) &&
        !webhooks_test(call->manager->webhooks, json_member(call->input, "id"), on_tested, call)) {
        err_set(&err, ERR_draining, "the host is shutting down");
        admin_answer(call, NULL, &err);
    }
}

/* --- changes that bring no new secret --- */

static void on_removed(void *context, const store_result_t *result)
{
    admin_call_t *call = context;
    err_t err = result->err;
    if (result->ok) {
        webhooks_remove(call->manager->webhooks, json_member(call->input, "id"));
    }
    admin_answer(call, NULL, result->ok ? NULL : &err);
}

static void remove_one(void *context)
{
    admin_call_t *call = context;
    const webhook_t *h = find(call);
    if (!h) {
        return;
    }
    arena_t *arena = arena_new(0);
    store_change_t changes[2] = {
        {.verb = STORE_DELETE, .record = {.kind = STR(WEBHOOK_RECORD), .id = str_of(h->id)}}};
    admin_line(call, arena, &(admin_line_t){.object = str_of(h->id)}, &changes[1]);
    manager_store_write(call->manager, changes, 2, true, on_removed, call);
    arena_free(arena);
}

void admin_webhook_remove(admin_call_t *call)
{
    take_turn(call, remove_one);
}

static void on_enabled(void *context, const store_result_t *result)
{
    admin_call_t *call = context;
    err_t err = result->err;
    if (!result->ok) {
        admin_answer(call, NULL, &err);
        return;
    }
    webhooks_enable(call->manager->webhooks, json_member(call->input, "id"));
    admin_webhook_show(call);
}

static void enable(void *context)
{
    admin_call_t *call = context;
    const webhook_t *h = find(call);
    if (!h) {
        return;
    }
    arena_t *arena = arena_new(0);
    store_change_t change;
    admin_line(call, arena, &(admin_line_t){.object = str_of(h->id)}, &change);
    manager_store_write(call->manager, &change, 1, true, on_enabled, call);
    arena_free(arena);
}

void admin_webhook_enable(admin_call_t *call)
{
    take_turn(call, enable);
}
