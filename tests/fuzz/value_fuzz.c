/* SPDX-License-Identifier: MIT */
/* Any value against any schema. The input is SCHEMA NUL VALUE, both JSON. Checking ends within its
 * bound; every fault has a place and words; and where the value is secret no part of it stands in
 * them. Defaults change nothing that is
 * there. */
#include "codec/json.h"
#include "connector.h"
#include "definition/value/check.h"

enum { TOLD_BYTES_MIN = 8 }; /* fewer bytes may stand in a message by chance */

/* A connector whose one action has this field `v`; NULL where the loader refuses it. */
static connector_t *connector_with(str_t schema)
{
    buf_t members;
    buf_init(&members, 1 << 20);
    buf_lit(&members, "method: POST, path: /a, input: {v: ");
    buf_str(&members, schema);
    buf_char(&members, '}');
    connector_t *c = buf_ok(&members)
                         ? fuzz_connector("schemas: {text: {type: string}, list: {type: array, "
                                          "items: {$ref: '#/schemas/list'}}}\n",
                                          buf_view(&members))
                         : NULL;
    buf_fini(&members);
    return c;
}

static bool is_told(const char *words, str_t part)
{
    return str_find(str_of(words), part, 0) != SIZE_MAX;
}

/* No text of the value, nor a piece of it, stands in the fault, unless the schema itself has it. */
static void check_untold(const err_t *err, str_t text, str_t schema)
{
    for (size_t at = 0; at + TOLD_BYTES_MIN <= text.n; at++) {
        str_t part = str_slice(text, at, at + TOLD_BYTES_MIN);
        if (str_find(schema, part, 0) != SIZE_MAX) {
            continue;
        }
        for (unsigned i = 0; i < err->detail_count; i++) {
            REQUIRE(!is_told(err->details[i].text, part));
        }
        REQUIRE(!is_told(err->text, part));
    }
}

static void check_faults(const err_t *err)
{
    REQUIRE(err_code_status(err->code) == 400 && err->detail_count <= ERR_DETAILS_MAX);
    for (unsigned i = 0; i < err->detail_count; i++) {
        REQUIRE(err->details[i].pointer[0] == '/' && str_is_utf8(str_of(err->details[i].pointer)));
        REQUIRE(err->details[i].text[0] && str_is_utf8(str_of(err->details[i].text)));
    }
}

static void check(const field_t *field, str_t schema, const json_t *value)
{
    err_t open = ERR_INIT;
    err_t closed = ERR_INIT;
    field_check(field, value, "/v", &VALUE_LIMITS, &open);
    if (err_is_set(&open)) {
        check_faults(&open);
    }
    schema_check(field->schema, value, "/v", true, &closed);
    if (err_is_set(&closed) && json_is_string(value)) {
        check_untold(&closed, json_view(value), schema);
    }
    err_fini(&open);
    err_fini(&closed);
}

/* All that was there is there as it was. */
static bool holds(const json_t *filled, const json_t *value)
{
    const char *name;
    size_t length;
    size_t index;
    json_t *inner;
    if (!json_is_object(value) && !json_is_array(value)) {
        return json_equal(filled, value);
    }
    if (json_typeof(filled) != json_typeof(value) ||
        json_array_size(filled) != json_array_size(value)) {
        return false;
    }
    json_array_foreach(value, index, inner)
    {
        if (!holds(json_array_get(filled, index), inner)) {
            return false;
        }
    }
    json_object_keylen_foreach((json_t *)(uintptr_t)value, name, length, inner)
    {
        if (!holds(json_object_getn(filled, name, length), inner)) {
            return false;
        }
    }
    return true;
}

static void check_defaults(const fields_t *fields, json_t *values)
{
    json_t *before = json_deep_copy(values);
    fields_fill_defaults(fields, values);
    REQUIRE(holds(values, before));
    json_decref(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t rest = str_at(data, size);
    str_t schema = str_cut(&rest, '\0');
    err_t err = ERR_INIT;
    connector_t *c = connector_with(schema.p ? schema : STR(""));
    json_t *value = json_read(rest.p ? rest : STR("null"), NULL, &err);
    if (c && value && c->actions[0].input.count == 1) {
        const fields_t *fields = &c->actions[0].input;
        json_t *values = json_object();
        json_object_setn_new(values, fields->list[0].name.p, fields->list[0].name.n,
                             json_deep_copy(value));
        check(&fields->list[0], schema, value);
        check_defaults(fields, values);
        json_decref(values);
    }
    json_decref(value);
    if (c) {
        connector_unref(c);
    }
    return 0;
}
