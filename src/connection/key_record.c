/* SPDX-License-Identifier: MIT */
#include "connection/key_record.h"

#include "base/mem.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "connection/record.h"

static unsigned read_rights(const json_t *names)
{
    unsigned rights = 0;
    for (size_t i = 0; i < json_array_size(names); i++) {
        for (unsigned right = 0; right < KEY_RIGHT_COUNT; right++) {
            if (str_is(json_view(json_array_get(names, i)), key_right_name((key_right_t)right))) {
                rights |= 1U << right;
            }
        }
    }
    return rights;
}

static void read_connections(caller_key_t *key, const json_t *names)
{
    key->connections = mem_array(json_array_size(names) + 1, sizeof *key->connections);
    for (size_t i = 0; i < json_array_size(names); i++) {
        key->connections[key->connection_count++] = str_dup(json_view(json_array_get(names, i)));
    }
}

static bool read_digest(caller_key_t *key, str_t hex)
{
    buf_t bytes;
    buf_init(&bytes, 64);
    bool ok = hex_read(&bytes, hex) && bytes.n == sizeof key->digest;
    if (ok) {
        memcpy(key->digest, bytes.p, sizeof key->digest);
    }
    buf_fini(&bytes);
    return ok;
}

caller_key_t *key_record_read(const store_record_t *record)
{
    err_t ignored = ERR_INIT;
    json_t *plain = json_read(record->plain, NULL, &ignored);
    caller_key_t *key = caller_key_new();
    size_t n = record->id.n < sizeof key->id - 1 ? record->id.n : sizeof key->id - 1;
    memcpy(key->id, record->id.p, n);
    key->is_admin = str_is(json_member(plain, "role"), "admin");
    key->rights = read_rights(json_object_get(plain, "rights"));
    key->expires_wall_ms = json_integer_value(json_object_get(plain, "expires_at_ms"));
    read_connections(key, json_object_get(plain, "connections"));
    if (!read_digest(key, json_member(plain, "digest"))) {
        caller_key_unref(key);
        key = NULL;
    }
    json_decref(plain);
    return key;
}

json_t *key_show(str_t id, const json_t *plain)
{
    static const char *const AS_IT_IS[] = {"role", "connections", "rights"};
    json_t *shown = json_pack("{s:o}", "id", json_str(id));
    for (size_t i = 0; i < sizeof AS_IT_IS / sizeof *AS_IT_IS; i++) {
        json_object_set_new(shown, AS_IT_IS[i],
                            json_deep_copy(json_object_get(plain, AS_IT_IS[i])));
    }
    json_object_set_new(shown, "created_at",
                        shown_time(json_integer_value(json_object_get(plain, "created_at_ms"))));
    if (json_object_get(plain, "expires_at_ms")) {
        json_object_set_new(
            shown, "expires_at",
            shown_time(json_integer_value(json_object_get(plain, "expires_at_ms"))));
    }
    return shown;
}

json_t *key_record_show(const store_record_t *record, int64_t last_used_wall_ms)
{
    err_t ignored = ERR_INIT;
    json_t *plain = json_read(record->plain, NULL, &ignored);
    json_t *shown = key_show(record->id, plain);
    if (last_used_wall_ms) {
        json_object_set_new(shown, "last_used_at", shown_time(last_used_wall_ms));
    }
    json_decref(plain);
    return shown;
}
