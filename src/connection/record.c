/* SPDX-License-Identifier: MIT */
#include "connection/record.h"

#include <stdlib.h>

#include "base/mem.h"
#include "codec/json.h"
#include "connection/sealed_place.h"

/* No parameter is called that. */
static const char PROOF_KEY[] = "#proof_key", CLIENT[] = "#client";

enum { SECRETS_MAX = 4 * 1024 * 1024, PLAIN_MAX = 4 * 1024 * 1024 };

connection_record_t *connection_record_new(str_t name)
{
    connection_record_t *r = mem_new(connection_record_t);
    memcpy(r->name, name.p, name.n < sizeof r->name - 1 ? name.n : sizeof r->name - 1);
    r->plain = json_object();
    r->secrets = json_object();
    return r;
}

void connection_record_free(connection_record_t *r)
{
    if (r) {
        json_decref(r->plain);
        json_decref(r->secrets);
        json_decref(r->proof_key);
        json_decref(r->client);
        free(r);
    }
}

connection_record_t *connection_record_copy(const connection_record_t *r)
{
    connection_record_t *copy = mem_new(connection_record_t);
    *copy = *r;
    copy->plain = json_deep_copy(r->plain);
    copy->secrets = json_deep_copy(r->secrets);
    copy->proof_key = json_deep_copy(r->proof_key);
    copy->client = json_deep_copy(r->client);
    return copy;
}

/* One of before they were drawn has the time when it was made. */
uint64_t connection_record_uid(const connection_record_t *r)
{
    const json_t *uid = json_object_get(r->plain, "uid");
    return (uint64_t)json_integer_value(uid ? uid : json_object_get(r->plain, "created_at_ms"));
}

/* --- reading --- */

static json_t *unseal(const store_record_t *record, keyring_t *keyring, err_t *err)
{
    buf_t text;
    buf_init_wiping(&text, SECRETS_MAX);
    seal_place_t place = sealed_place(record);
    json_t *secrets = NULL;
    if (keyring_unseal(keyring, &place, record->sealed, &text, err)) {
        secrets = json_read(buf_view(&text), NULL, err);
    }
    buf_fini(&text);
    return secrets;
}

static connection_record_t *take_over(const store_record_t *record, json_t *plain, json_t *secrets)
{
    connection_record_t *r = mem_new(connection_record_t);
    memcpy(r->name, record->id.p,
           record->id.n < sizeof r->name - 1 ? record->id.n : sizeof r->name - 1);
    r->plain = plain;
    r->secrets = secrets;
    r->proof_key = json_incref(json_object_get(secrets, PROOF_KEY));
    r->client = json_incref(json_object_get(secrets, CLIENT));
    json_object_del(secrets, PROOF_KEY);
    json_object_del(secrets, CLIENT);
    r->generation = record->generation;
    r->credential_generation =
        (uint64_t)json_integer_value(json_object_get(plain, "credential_generation"));
    r->resets = (uint64_t)json_integer_value(json_object_get(plain, "resets"));
    return r;
}

connection_record_t *connection_record_read(const store_record_t *record, keyring_t *keyring,
                                            err_t *err)
{
    err_t why = ERR_INIT;
    json_t *plain = json_read(record->plain, NULL, &why);
    json_t *secrets = plain ? unseal(record, keyring, &why) : NULL;
    if (json_is_object(plain) && json_is_object(secrets)) {
        return take_over(record, plain, secrets);
    }
    json_decref(plain);
    json_decref(secrets);
    err_set(err, ERR_store_record_corrupt, "the record of connection `%.*s` does not open",
            STR_ARG(record->id));
    return NULL;
}

/* --- writing --- */

/* to: with its kind, id and generation. */
static bool seal(const connection_record_t *r, keyring_t *keyring, arena_t *arena,
                 store_record_t *to)
{
    buf_t text, sealed;
    buf_init_wiping(&text, SECRETS_MAX);
    buf_init(&sealed, SECRETS_MAX + 1024);
    json_t *all = json_copy(r->secrets);
    if (r->proof_key) {
        json_object_set(all, PROOF_KEY, r->proof_key);
    }
    if (r->client) {
        json_object_set(all, CLIENT, r->client);
    }
    json_write(&text, all);
    json_decref(all);
    bool ok = buf_ok(&text);
    if (ok) {
        seal_place_t place = sealed_place(to);
        keyring_seal(keyring, &place, buf_view(&text), &sealed);
        to->sealed = arena_str(arena, buf_view(&sealed));
    }
    buf_fini(&text);
    buf_fini(&sealed);
    return ok;
}

static bool write_plain(const connection_record_t *r, arena_t *arena, str_t *out)
{
    buf_t text;
    buf_init(&text, PLAIN_MAX);
    json_write(&text, r->plain);
    bool ok = buf_ok(&text);
    *out = arena_str(arena, buf_view(&text));
    buf_fini(&text);
    return ok;
}

bool connection_record_write(connection_record_t *r, keyring_t *keyring, int64_t wall_ms,
                             arena_t *arena, store_change_t *change, err_t *err)
{
    json_object_set_new(r->plain, "credential_generation",
                        json_integer((json_int_t)r->credential_generation));
    json_object_set_new(r->plain, "resets", json_integer((json_int_t)r->resets));
    json_object_set_new(r->plain, "changed_at_ms", json_integer(wall_ms));
    uint64_t expected = r->generation++;
    *change = (store_change_t){
        .verb = STORE_PUT,
        .check_generation = true,
        .expected = expected,
        .record = {.kind = STR("connection"),
                   .id = arena_str(arena, str_of(r->name)),
                   .generation = r->generation,
                   .changed_at_ms = wall_ms},
    };
    return (write_plain(r, arena, &change->record.plain) &&
            seal(r, keyring, arena, &change->record)) ||
           err_set(err, ERR_param_too_long, "the connection's values together are too long");
}

/* --- refusals --- */

void refusal_keep(json_t *plain, const refusal_t *r)
{
    json_t *kept = json_object();
    json_object_set_new(kept, "code", json_string(err_code_name(r->why.code)));
    json_object_set_new(kept, "text", json_string(r->why.text));
    json_object_set_new(kept, "upstream_status", json_integer(r->why.upstream_status));
    json_object_set_new(kept, "error", json_string(r->why.upstream_error));
    json_object_set_new(kept, "error_description", json_string(r->why.upstream_description));
    json_object_set_new(kept, "version", json_str(r->version));
    json_object_set_new(kept, "until_ms", json_integer(r->until_wall_ms));
    json_object_set_new(kept, "failures", json_integer(r->failures));
    json_object_set_new(plain, "refusal", kept);
}

static void copy_words(char *to, size_t size, const json_t *refusal, const char *member)
{
    err_clean_text(to, size, json_member(refusal, member));
}

bool refusal_read(const json_t *plain, refusal_t *out)
{
    const json_t *kept = json_object_get(plain, "refusal");
    if (!json_is_object(kept)) {
        return false;
    }
    *out = (refusal_t){.why = ERR_INIT};
    out->why.code = err_code_of(json_member(kept, "code"));
    if (out->why.code == ERR_none) {
        out->why.code = ERR_credentials_rejected;
    }
    copy_words(out->why.text, sizeof out->why.text, kept, "text");
    copy_words(out->why.upstream_error, sizeof out->why.upstream_error, kept, "error");
    copy_words(out->why.upstream_description, sizeof out->why.upstream_description, kept,
               "error_description");
    out->why.upstream_status = (int)json_integer_value(json_object_get(kept, "upstream_status"));
    out->version = json_member(kept, "version");
    out->until_wall_ms = json_integer_value(json_object_get(kept, "until_ms"));
    out->failures = (unsigned)json_integer_value(json_object_get(kept, "failures"));
    return true;
}
