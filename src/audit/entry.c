/* SPDX-License-Identifier: MIT */
#include "audit/entry.h"

#include "base/utc.h"
#include "base/utf8.h"
#include "codec/json.h"

enum { TEXT_BYTES = 256, ITEMS = 50, DEPTH = 3 };

/* --- what strangers choose is cut --- */

static json_t *cut_text(str_t text)
{
    if (text.n <= TEXT_BYTES) {
        return json_str(text);
    }
    char kept[TEXT_BYTES + sizeof "…"];
    size_t n = utf8_whole(text.p, TEXT_BYTES);
    memcpy(kept, text.p, n);
    memcpy(kept + n, "…", sizeof "…");
    return json_str(str_of(kept));
}

static json_t *cut(const json_t *value, unsigned depth);

static json_t *cut_list(const json_t *list, unsigned depth)
{
    json_t *kept = json_array();
    for (size_t i = 0; i < json_array_size(list) && i < ITEMS; i++) {
        json_array_append_new(kept, cut(json_array_get(list, i), depth));
    }
    if (json_array_size(list) > ITEMS) {
        json_array_append_new(kept, json_string("…"));
    }
    return kept;
}

static json_t *cut_object(const json_t *object, unsigned depth)
{
    json_t *kept = json_object(), *value;
    const char *name;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (json_object_size(kept) < ITEMS) {
            json_object_set_new(kept, name, cut(value, depth));
        }
    }
    return kept;
}

static json_t *cut(const json_t *value, unsigned depth)
{
    if (json_is_string(value)) {
        return cut_text(json_view(value));
    }
    if (depth >= DEPTH && (json_is_array(value) || json_is_object(value))) {
        return json_string("…");
    }
    return json_is_array(value)    ? cut_list(value, depth + 1)
           : json_is_object(value) ? cut_object(value, depth + 1)
                                   : json_deep_copy(value);
}

/* --- the object --- */

static void add_text(json_t *to, const char *name, str_t text)
{
    if (text.n) {
        json_object_set_new(to, name, cut_text(text));
    }
}

static void add_actor(json_t *to, const actor_t *actor)
{
    json_object_set_new(to, "actor", json_string(actor_kind_name(actor->kind)));
    add_text(to, "key", str_of(actor->key));
    add_text(to, "session", str_of(actor->session));
    add_text(to, "address", str_of(actor->address));
    add_text(to, "request_id", str_of(actor->request_id));
}

static void add_time(json_t *to, int64_t wall_ms)
{
    buf_t time;
    buf_init(&time, 64);
    utc_write(&time, wall_ms);
    json_object_set_new(to, "time", json_str(buf_view(&time)));
    buf_fini(&time);
}

static void add_outcome(json_t *to, err_code_t refused)
{
    json_object_set_new(to, "outcome", json_string(refused == ERR_none ? "done" : "refused"));
    if (refused != ERR_none) {
        json_object_set_new(to, "code", json_string(err_code_name(refused)));
    }
}

static json_t *object_of(const audit_entry_t *e, str_t id, int64_t wall_ms)
{
    json_t *o = json_object();
    json_object_set_new(o, "id", json_str(id));
    add_time(o, wall_ms);
    json_object_set_new(o, "what", json_string(audit_what_name(e->what)));
    add_text(o, "object", e->object);
    add_actor(o, e->actor);
    add_outcome(o, e->refused);
    json_add_filled(o, "fields", e->fields ? cut(e->fields, 0) : json_array());
    json_add_filled(o, "details", e->details ? cut(e->details, 0) : json_object());
    return o;
}

void entry_write(const audit_entry_t *e, str_t id, int64_t wall_ms, buf_t *to)
{
    json_t *o = object_of(e, id, wall_ms);
    buf_t text;
    buf_init(&text, ENTRY_MAX);
    json_write(&text, o);
    if (!buf_ok(&text)) { /* many long names: that there were some is what is left */
        json_object_del(o, "fields");
        json_object_del(o, "details");
        json_object_set_new(o, "is_cut", json_true());
        buf_clear(&text);
        json_write(&text, o);
    }
    buf_str(to, buf_view(&text));
    buf_fini(&text);
    json_decref(o);
}
