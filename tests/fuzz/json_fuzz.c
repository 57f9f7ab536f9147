/* SPDX-License-Identifier: MIT */
/* JSON from strangers: what is read is written as valid JSON that says the same, limits hold, and
 * no error repeats what stood in the text. */
#include "codec/json.h"
#include "fuzz.h"

static const json_limits_t TIGHT = {.depth = 6, .array_items = 8, .string_bytes = 32};

static unsigned depth_of(const json_t *v)
{
    unsigned deepest = 0;
    const char *key;
    size_t index;
    json_t *item;
    json_array_foreach(v, index, item)
    {
        unsigned depth = depth_of(item);
        deepest = depth > deepest ? depth : deepest;
    }
    json_object_foreach((json_t *)(uintptr_t)v, key, item)
    {
        unsigned depth = depth_of(item);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + (json_is_array(v) || json_is_object(v));
}

static bool is_tight(const json_t *v)
{
    const char *key;
    size_t index;
    json_t *item;
    if (json_is_string(v)) {
        return json_string_length(v) <= TIGHT.string_bytes;
    }
    json_array_foreach(v, index, item)
    {
        if (!is_tight(item)) {
            return false;
        }
    }
    json_object_foreach((json_t *)(uintptr_t)v, key, item)
    {
        if (!is_tight(item)) {
            return false;
        }
    }
    return json_array_size(v) <= TIGHT.array_items;
}

static bool is_json_fault(err_code_t code)
{
    return code == ERR_json_invalid || code == ERR_json_duplicate_key ||
           code == ERR_json_too_deep || code == ERR_request_bad_encoding ||
           code == ERR_param_limit || code == ERR_param_too_long;
}

static json_t *read(str_t text, const json_limits_t *limits)
{
    err_t err = ERR_INIT;
    json_t *v = json_read(text, limits, &err);
    REQUIRE((v != NULL) == (err.code == ERR_none));
    REQUIRE(v || is_json_fault(err.code));
    REQUIRE(fuzz_is_printable(str_of(err.text)));
    /* A phrase and an offset, not a piece of the text. */
    REQUIRE(strlen(err.text) < 80);
    return v;
}

static void check_written(const json_t *v, void (*write)(buf_t *to, const json_t *v), size_t size)
{
    buf_t text;
    buf_t again;
    buf_init(&text, 64 * size + 4096);
    buf_init(&again, 64 * size + 4096);
    write(&text, v);
    REQUIRE(buf_ok(&text) && str_is_utf8(buf_view(&text)));
    json_t *back = read(buf_view(&text), NULL);
    REQUIRE(back && json_equal(v, back));
    write(&again, back);
    REQUIRE(str_eq(buf_view(&text), buf_view(&again)));
    json_decref(back);
    buf_fini(&text);
    buf_fini(&again);
}

static void check_string(str_t s)
{
    buf_t text;
    buf_init(&text, 6 * s.n + 8);
    json_write_string(&text, s);
    json_t *back = read(buf_view(&text), NULL);
    json_t *own = json_str(s);
    REQUIRE(json_is_string(back) && json_equal(back, own));
    REQUIRE(!str_is_utf8(s) || str_eq(json_view(back), s));
    json_decref(back);
    json_decref(own);
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t text = str_at(data, size);
    json_t *v = read(text, NULL);
    json_t *tight = read(text, &TIGHT);
    if (v) {
        REQUIRE(depth_of(v) <= 32);
        check_written(v, json_write, size);
        check_written(v, json_write_pretty, size);
    }
    REQUIRE(!tight || (v && json_equal(v, tight) && depth_of(tight) <= TIGHT.depth));
    REQUIRE(!tight || is_tight(tight));
    check_string(text);
    json_decref(v);
    json_decref(tight);
    return 0;
}
