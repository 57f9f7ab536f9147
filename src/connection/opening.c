/* SPDX-License-Identifier: MIT */
/* How the control loop starts from what stands in the store: the data keys, the secret behind the
 * token keys of calls, gates, host-wide parameters. All else is read when it is asked for. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/json.h"
#include "connection/manager_internal.h"
#include "connection/sealed_place.h"
#include "seal/hash.h"

enum { PAGE = 1000, VALUES_MAX = 4 * 1024 * 1024 };

typedef struct opening {
    manager_t *manager;
    char last[128]; /* id of the last record seen, for the next page */
    size_t seen;
    err_t *err;
} opening_t;

typedef void on_record_t(manager_t *m, const store_record_t *record);
typedef struct page {
    opening_t *opening;
    on_record_t *on_record;
} page_t;

static void on_page(void *context, const store_result_t *result)
{
    page_t *page = context;
    opening_t *o = page->opening;
    o->seen = result->count;
    if (!result->ok) {
        err_set(o->err, ERR_store_failed, "%s", result->err.text);
    }
    for (size_t i = 0; i < result->count; i++) {
        const store_record_t *r = &result->records[i];
        size_t n = r->id.n < sizeof o->last - 1 ? r->id.n : sizeof o->last - 1;
        memcpy(o->last, r->id.p, n);
        o->last[n] = '\0';
        page->on_record(o->manager, r);
    }
}

/* Every record of a kind, a page at a time. */
static bool read_all(opening_t *o, str_t kind, on_record_t *on_record)
{
    page_t page = {o, on_record};
    char after[sizeof o->last];
    o->last[0] = '\0';
    do {
        memcpy(after, o->last, sizeof after);
        store_list_now(o->manager->options.store, kind, STR_NONE,
                       after[0] ? str_of(after) : STR_NONE, PAGE, on_page, &page);
    } while (!err_is_set(o->err) && o->seen == PAGE);
    return !err_is_set(o->err);
}

/* --- the secret behind the token keys of calls --- */

typedef struct secret_reading {
    opening_t *opening;
    bool found;
} secret_reading_t;

/* One that does not open costs what was kept under it (refusals of calls), and nothing else. */
static void on_call_secret(void *context, const store_result_t *result)
{
    secret_reading_t *reading = context;
    manager_t *m = reading->opening->manager;
    err_t err = ERR_INIT;
    buf_t plain;
    if (!result->ok) {
        err_set(reading->opening->err, ERR_store_failed, "%s", result->err.text);
        return;
    }
    if (result->count == 0) {
        return;
    }
    seal_place_t place = sealed_place(&result->records[0]);
    buf_init_wiping(&plain, sizeof m->call_secret);
    reading->found = keyring_unseal(m->keyring, &place, result->records[0].sealed, &plain, &err) &&
                     plain.n == sizeof m->call_secret;
    if (reading->found) {
        memcpy(m->call_secret, plain.p, plain.n);
    } else {
        log_event(LOG_ERROR, "store.record_corrupt", LOG_S("kind", STR("meta")),
                  LOG_S("id", STR("call_secret")));
    }
    buf_fini(&plain);
}

static void on_written(void *context, const store_result_t *result)
{
    opening_t *o = context;
    if (!result->ok) {
        err_set(o->err, ERR_store_failed, "%s", result->err.text);
    }
}

static bool open_call_secret(opening_t *o)
{
    manager_t *m = o->manager;
    secret_reading_t reading = {.opening = o};
    store_get_now(m->options.store, STR("meta"), STR("call_secret"), on_call_secret, &reading);
    if (err_is_set(o->err) || reading.found) {
        return !err_is_set(o->err);
    }
    buf_t sealed;
    buf_init(&sealed, 1024);
    store_change_t change = {.verb = STORE_PUT,
                             .record = {.kind = STR("meta"),
                                        .id = STR("call_secret"),
                                        .generation = 1,
                                        .changed_at_ms = clock_wall_ms(),
                                        .plain = STR("{}")}};
    seal_place_t place = sealed_place(&change.record);
    random_bytes(m->call_secret, sizeof m->call_secret);
    keyring_seal(m->keyring, &place, str_at(m->call_secret, sizeof m->call_secret), &sealed);
    change.record.sealed = buf_view(&sealed);
    store_write_now(m->options.store, &change, 1, on_written, o);
    buf_fini(&sealed);
    return !err_is_set(o->err);
}

/* --- restores from backups (store/restore.h) --- */

static void on_restore(void *context, const store_result_t *result)
{
    opening_t *o = context;
    manager_t *m = o->manager;
    if (!result->ok) {
        err_set(o->err, ERR_store_failed, "%s", result->err.text);
        return;
    }
    if (result->count) {
        err_t ignored = ERR_INIT;
        json_t *plain = json_read(result->records[0].plain, NULL, &ignored);
        m->restores = result->records[0].generation;
        m->restored_at_ms = json_integer_value(json_object_get(plain, "restored_at_ms"));
        json_decref(plain);
    }
}

static bool look_for_restores(opening_t *o)
{
    store_get_now(o->manager->options.store, STR("meta"), STR("restore"), on_restore, o);
    return !err_is_set(o->err);
}

/* --- gates and host-wide parameters --- */

static void on_gate(manager_t *m, const store_record_t *record)
{
    err_t ignored = ERR_INIT;
    json_t *plain = json_read(record->plain, NULL, &ignored);
    int64_t left = json_integer_value(json_object_get(plain, "until_ms")) - clock_wall_ms();
    if (left > 0) {
        throttle_close_gate(m->options.throttle, json_member(plain, "connector"), record->id,
                            clock_boot_ms() + left);
    }
    json_decref(plain);
}

static void on_host_values(manager_t *m, const store_record_t *record)
{
    seal_place_t place = sealed_place(record);
    buf_t text;
    buf_init_wiping(&text, VALUES_MAX);
    err_t err = ERR_INIT;
    json_t *values = keyring_unseal(m->keyring, &place, record->sealed, &text, &err)
                         ? json_read(buf_view(&text), NULL, &err)
                         : NULL;
    buf_fini(&text);
    if (!json_is_object(values)) {
        log_event(LOG_ERROR, "store.record_corrupt", LOG_S("kind", record->kind),
                  LOG_S("id", record->id));
        json_decref(values);
        values = json_object();
    }
    host_values_t *host = mem_new(host_values_t);
    *host = (host_values_t){values, record->generation};
    map_set(m->host_values, record->id, host);
}

static bool open_audit(manager_t *m, err_t *err)
{
    trail_options_t options = m->options.audit;
    options.store = m->options.store;
    options.keyring = m->keyring;
    m->audit = audit_open(&options, err);
    return m->audit != NULL;
}

bool durable_open(manager_t *m, err_t *err)
{
    opening_t o = {.manager = m, .err = err};
    return ring_open(m, err) && look_for_restores(&o) && open_audit(m, err) &&
           open_call_secret(&o) && read_all(&o, STR("gate"), on_gate) &&
           read_all(&o, STR("parameters"), on_host_values) &&
           read_all(&o, STR("state"), states_take) &&
           read_all(&o, STR("device"), device_flow_restore) &&
           read_all(&o, STR("revocation"), revocation_restore) &&
           read_all(&o, STR(WEBHOOK_RECORD), webhooks_take) &&
           read_all(&o, STR(WEBHOOK_PROGRESS), webhooks_take_progress);
}
