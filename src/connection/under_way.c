/* SPDX-License-Identifier: MIT */
#include "connection/under_way.h"

#include "base/clock.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "connection/moment.h"
#include "connection/sealed_json.h"

static const str_t KIND = STR_INIT("under_way");

/* --- writing --- */

static json_t *describe_answer(const upstream_answer_t *answer)
{
    json_t *headers = json_array();
    buf_t body;
    for (size_t i = 0; i < answer->header_count; i++) {
        const message_header_t *header = &answer->headers[i];
        json_t *pair = json_array();
        json_array_append_new(pair, json_str(header->name));
        json_array_append_new(pair, json_str(header->value));
        json_array_append_new(headers, pair);
    }
    buf_init_wiping(&body, 2 * TOKEN_ANSWER_BYTES_MAX);
    base64_write(&body, answer->body);
    json_t *all = json_pack("{s:i, s:o, s:o}", "status", answer->status, "headers", headers, "body",
                            json_str(buf_view(&body)));
    buf_fini(&body);
    return all;
}

size_t under_way_write(const under_way_t *u, str_t key, uint64_t credential_generation,
                       keyring_t *keyring, arena_t *arena, store_change_t *change)
{
    json_t *all =
        json_pack("{s:i, s:I, s:i, s:I}", "kind", (int)u->kind, "follows", (json_int_t)u->follows,
                  "tries", (int)u->tries, "sent_boot_ms", (json_int_t)u->answers.sent_at_ms);
    json_object_set(all, "oauth", u->oauth);
    json_object_set(all, "callback", u->callback);
    fingerprints_write(all, &u->made_for);
    moment_write(all);
    json_t *answers = json_array();
    for (size_t i = 0; i < u->answers.count; i++) {
        json_array_append_new(answers, describe_answer(&u->answers.list[i]));
    }
    json_object_set_new(all, "answers", answers);
    const store_record_t record = {.kind = KIND, .id = key, .generation = credential_generation};
    size_t changes = sealed_json_write(&record, all, keyring, arena, change);
    json_decref(all);
    return changes;
}

void under_way_delete(str_t key, store_change_t *change)
{
    *change = (store_change_t){.verb = STORE_DELETE, .record = {.kind = KIND, .id = key}};
}

/* --- reading --- */

static void wipe(void *body)
{
    buf_fini(body);
}

/* Wiped with the arena. */
static bool read_body(const json_t *answer, arena_t *arena, str_t *out)
{
    buf_t *body = arena_new_of(arena, buf_t);
    buf_init_wiping(body, TOKEN_ANSWER_BYTES_MAX);
    arena_on_free(arena, wipe, body);
    bool ok = base64_read(body, json_member(answer, "body"));
    *out = buf_view(body);
    return ok;
}

static bool read_answer(const json_t *answer, arena_t *arena, upstream_answer_t *out)
{
    const json_t *headers = json_object_get(answer, "headers");
    size_t count = json_array_size(headers);
    message_header_t *list = arena_array_of(arena, message_header_t, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(headers, i);
        list[i] = (message_header_t){arena_str(arena, json_view(json_array_get(pair, 0))),
                                     arena_str(arena, json_view(json_array_get(pair, 1)))};
    }
    out->status = (int)json_integer_value(json_object_get(answer, "status"));
    out->headers = list;
    out->header_count = count;
    return read_body(answer, arena, &out->body);
}

static bool read_answers(const json_t *list, arena_t *arena, answers_t *out)
{
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count && i < GRANT_REQUESTS_MAX; i++) {
        if (!read_answer(json_array_get(list, i), arena, &out->list[out->count++])) {
            return false;
        }
    }
    return count <= GRANT_REQUESTS_MAX;
}

static bool read_all(under_way_t *u, const json_t *all, arena_t *arena)
{
    json_int_t kind = json_integer_value(json_object_get(all, "kind"));
    int64_t sent = json_integer_value(json_object_get(all, "sent_boot_ms"));
    u->kind = (errand_kind_t)kind;
    u->follows = (uint64_t)json_integer_value(json_object_get(all, "follows"));
    u->tries = (unsigned)json_integer_value(json_object_get(all, "tries"));
    u->oauth = json_incref(json_object_get(all, "oauth"));
    u->callback = json_incref(json_object_get(all, "callback"));
    u->answers.sent_at_ms = clock_boot_ms() - moment_age_ms(all) - (moment_boot_ms(all) - sent);
    return kind >= ERRAND_SIGN_IN && kind <= ERRAND_PERSON &&
           fingerprints_read(all, &u->made_for) &&
           read_answers(json_object_get(all, "answers"), arena, &u->answers);
}

bool under_way_read(under_way_t *out, const store_record_t *record, keyring_t *keyring,
                    arena_t *arena)
{
    json_t *all = sealed_json_read(record, keyring);
    *out = (under_way_t){0};
    bool ok = all && read_all(out, all, arena);
    json_decref(all);
    if (!ok) {
        under_way_fini(out);
    }
    return ok;
}

void under_way_fini(under_way_t *u)
{
    json_decref(u->oauth);
    json_decref(u->callback);
    *u = (under_way_t){0};
}

/* --- its answers --- */

void under_way_errand(const under_way_t *u, const connection_t *c, json_t *before, errand_t *out)
{
    const grant_definition_t *grant = &c->auth->grant;
    bool is_refresh = u->kind == ERRAND_REFRESH && grant->refresh;
    errand_copy(out, &(errand_t){.connection = c,
                                 .grant = is_refresh ? grant->refresh : grant,
                                 .oauth = u->oauth,
                                 .callback = u->callback,
                                 .token = is_refresh ? before : NULL});
}

bool under_way_land(const under_way_t *u, errand_t *errand, landing_t *l)
{
    bool taken = true;
    *l = (landing_t){.sent_at_ms = u->answers.sent_at_ms, .err = ERR_INIT};
    for (size_t i = 0; taken && i < u->answers.count && !errand_is_answered(errand); i++) {
        taken = landing_take(l, errand, &u->answers.list[i]);
    }
    if (taken && !errand_is_answered(errand)) {
        return false;
    }
    if (taken) {
        landing_read(l, errand);
    }
    return true;
}
