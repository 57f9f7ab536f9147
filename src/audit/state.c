/* SPDX-License-Identifier: MIT */
#include "audit/state.h"

#include "base/clock.h"
#include "base/secret.h"
#include "codec/base64.h"
#include "codec/json.h"

enum { TEXT_MAX = 4096 };

static seal_place_t place_of(uint64_t generation)
{
    return (seal_place_t){
        .type = STR("meta"), .id = STR("audit"), .field = STR("secret"), /* as of all of its kind */ .generation = generation};
}

/* --- as JSON --- */

static json_t *hex(const unsigned char *bytes, size_t n)
{
    buf_t text;
    buf_init_wiping(&text, 256);
    hex_write(&text, str_at(bytes, n));
    json_t *value = json_str(buf_view(&text));
    buf_fini(&text);
    return value;
}

static bool read_hex(const json_t *object, const char *name, unsigned char *to, size_t n)
{
    buf_t bytes;
    buf_init_wiping(&bytes, n);
    bool ok = hex_read(&bytes, json_member(object, name)) && buf_ok(&bytes) && bytes.n == n;
    if (ok) {
        memcpy(to, bytes.p, n);
    }
    buf_fini(&bytes);
    return ok;
}

static json_t *link_json(const chain_link_t *link)
{
    return json_pack("{s:I, s:o}", "seq", (json_int_t)link->seq, "mac",
                     hex(link->mac, sizeof link->mac));
}

static bool read_link(const json_t *from, chain_link_t *link)
{
    link->seq = (uint64_t)json_integer_value(json_object_get(from, "seq"));
    return read_hex(from, "mac", link->mac, sizeof link->mac);
}

static bool read_text(str_t text, audit_state_t *out)
{
    err_t ignored = ERR_INIT;
    json_t *from = json_read(text, NULL, &ignored);
    bool ok = from && read_hex(from, "key", out->key, sizeof out->key) &&
              read_link(json_object_get(from, "start"), &out->start) &&
              read_link(json_object_get(from, "head"), &out->head);
    json_decref(from);
    return ok;
}

/* --- in the store --- */

typedef struct reading {
    keyring_t *keyring;
    audit_state_t *out;
    state_outcome_t outcome;
    err_t *err;
} reading_t;

static void on_record(void *context, const store_result_t *result)
{
    reading_t *r = context;
    if (!result->ok) {
        err_set(r->err, ERR_store_failed, "%s", result->err.text);
        return;
    }
    if (result->count == 0) {
        r->outcome = STATE_MISSING;
        return;
    }
    const store_record_t *record = &result->records[0];
    const seal_place_t place = place_of(record->generation);
    err_t ignored = ERR_INIT;
    buf_t text;
    buf_init_wiping(&text, TEXT_MAX);
    bool ok = keyring_unseal(r->keyring, &place, record->sealed, &text, &ignored) &&
              read_text(buf_view(&text), r->out);
    buf_fini(&text);
    r->out->generation = record->generation;
    r->outcome = ok ? STATE_READ : STATE_UNREADABLE;
}

bool state_read(store_t *store, keyring_t *keyring, audit_state_t *out, state_outcome_t *outcome,
                err_t *err)
{
    reading_t r = {.keyring = keyring, .out = out, .err = err};
    *out = (audit_state_t){.generation = 0};
    store_get_now(store, STR("meta"), STR("audit"), on_record, &r);
    *outcome = r.outcome;
    return !err_is_set(err);
}

void state_change(const audit_state_t *s, keyring_t *keyring, arena_t *arena,
                  store_change_t *change)
{
    const seal_place_t place = place_of(s->generation + 1);
    json_t *o = json_object();
    buf_t text, sealed;
    json_object_set_new(o, "key", hex(s->key, sizeof s->key));
    json_object_set_new(o, "start", link_json(&s->start));
    json_object_set_new(o, "head", link_json(&s->head));
    buf_init_wiping(&text, TEXT_MAX);
    buf_init(&sealed, 2 * TEXT_MAX);
    json_write(&text, o);
    keyring_seal(keyring, &place, buf_view(&text), &sealed);
    *change = (store_change_t){.verb = STORE_PUT,
                               .record = {.kind = STR("meta"),
                                          .id = STR("audit"),
                                          .generation = s->generation + 1,
                                          .changed_at_ms = clock_wall_ms(),
                                          .plain = STR("{}"),
                                          .sealed = arena_str(arena, buf_view(&sealed))}};
    buf_fini(&text);
    buf_fini(&sealed);
    json_decref(o);
}
