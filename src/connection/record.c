/* SPDX-License-Identifier: MIT */
#include "connection/record.h"

#include <stdlib.h>

#include "base/mem.h"
#include "codec/json.h"

enum { SECRETS_MAX = 1024 * 1024, PLAIN_MAX = 4 * 1024 * 1024 };

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
        free(r);
    }
}

connection_record_t *connection_record_copy(const connection_record_t *r)
{
    connection_record_t *copy = mem_new(connection_record_t);
    *copy = *r;
    copy->plain = json_deep_copy(r->plain);
    copy->secrets = json_deep_copy(r->secrets);
    return copy;
}

static seal_place_t place_of(str_t name, uint64_t generation)
{
    return (seal_place_t){.type = STR("connection"), .id = name, .field = STR("secrets"), .generation = generation};
}

static json_t *unseal(const store_record_t *record, keyring_t *keyring, err_t *err)
{
    buf_t text;
    buf_init_wiping(&text, SECRETS_MAX);
    seal_place_t place = place_of(record->id, record->generation);
    json_t *secrets = NULL;
    if (keyring_unseal(keyring, &place, record->sealed, &text, err)) {
        secrets = json_read(buf_view(&text), NULL, err);
    }
    buf_fini(&text);
    return secrets;
}

connection_record_t *connection_record_read(const store_record_t *record, keyring_t *keyring, err_t *err)
{
    json_t *plain = json_read(record->plain, NULL, err);
    json_t *secrets = plain ? unseal(record, keyring, err) : NULL;
    if (!secrets) {
        json_decref(plain);
        return NULL;
    }
    connection_record_t *r = connection_record_new(record->id);
    json_decref(r->plain);
    json_decref(r->secrets);
    r->plain = plain;
    r->secrets = secrets;
    r->generation = record->generation;
    r->credential_generation = (uint64_t)json_integer_value(json_object_get(plain, "credential_generation"));
    return r;
}

static str_t written_in(arena_t *arena, const json_t *value, size_t ceiling)
{
    buf_t text;
    buf_init_wiping(&text, ceiling);
    json_write(&text, value);
    str_t copy = arena_str(arena, buf_view(&text));
    buf_fini(&text);
    return copy;
}

void connection_record_write(connection_record_t *r, keyring_t *keyring, int64_t wall_ms, arena_t *arena,
                             store_change_t *change)
{
    json_object_set_new(r->plain, "credential_generation", json_integer((json_int_t)r->credential_generation));
    json_object_set_new(r->plain, "changed_at_ms", json_integer(wall_ms));
    str_t name = arena_str(arena, str_of(r->name));
    uint64_t expected = r->generation++;
    *change = (store_change_t){
        .verb = STORE_PUT,
        .check_generation = true,
        .expected = expected,
        .record = {.kind = STR("connection"), .id = name, .generation = r->generation, .changed_at_ms = wall_ms},
    };
    buf_t sealed;
    buf_init(&sealed, SECRETS_MAX + 1024);
    seal_place_t place = place_of(name, r->generation);
    keyring_seal(keyring, &place, written_in(arena, r->secrets, SECRETS_MAX), &sealed);
    change->record.sealed = arena_str(arena, buf_view(&sealed));
    change->record.plain = written_in(arena, r->plain, PLAIN_MAX);
    buf_fini(&sealed);
}

/* --- refusals --- */

void refusal_keep(json_t *plain, const err_t *why, str_t definition_digest, int64_t until_wall_ms)
{
    json_t *refusal = json_object();
    json_object_set_new(refusal, "code", json_string(err_code_name(why->code)));
    json_object_set_new(refusal, "text", json_string(why->text));
    json_object_set_new(refusal, "upstream_status", json_integer(why->upstream_status));
    json_object_set_new(refusal, "error", json_string(why->upstream_error));
    json_object_set_new(refusal, "error_description", json_string(why->upstream_description));
    json_object_set_new(refusal, "definition", json_str(definition_digest));
    json_object_set_new(refusal, "until_ms", json_integer(until_wall_ms));
    json_object_set_new(plain, "refusal", refusal);
}

static void copy_words(char *to, size_t size, const json_t *refusal, const char *member)
{
    err_clean_text(to, size, json_member(refusal, member));
}

bool refusal_read(const json_t *plain, err_t *why, str_t *definition_digest, int64_t *until_wall_ms)
{
    const json_t *refusal = json_object_get(plain, "refusal");
    if (!json_is_object(refusal)) {
        return false;
    }
    why->code = err_code_of(json_member(refusal, "code"));
    if (why->code == ERR_none) {
        why->code = ERR_credentials_rejected;
    }
    copy_words(why->text, sizeof why->text, refusal, "text");
    copy_words(why->upstream_error, sizeof why->upstream_error, refusal, "error");
    copy_words(why->upstream_description, sizeof why->upstream_description, refusal, "error_description");
    why->upstream_status = (int)json_integer_value(json_object_get(refusal, "upstream_status"));
    *definition_digest = json_member(refusal, "definition");
    *until_wall_ms = json_integer_value(json_object_get(refusal, "until_ms"));
    return true;
}
