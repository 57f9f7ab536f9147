/* SPDX-License-Identifier: MIT */
/* XML answers of services. What is read has a tree's shape and bounded depth; what is written of it
 * is read as the same, so that no text becomes an element. The second use of the input is as JSON,
 * for trees that nobody read. */
#include "codec/json.h"
#include "codec/xml.h"
#include "fuzz.h"

enum { DEPTH_MAX = 64 };

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
    return deepest + json_is_object(v);
}

/* Elements are texts, objects or lists of these; attributes are texts. */
static void check_shape(const json_t *v)
{
    const char *key;
    size_t index;
    json_t *item;
    REQUIRE(json_is_string(v) || json_is_object(v) || json_is_array(v) || json_is_null(v));
    REQUIRE(!json_is_string(v) || str_is_utf8(json_view(v)));
    json_array_foreach(v, index, item)
    {
        REQUIRE(!json_is_array(item));
        check_shape(item);
    }
    json_object_foreach((json_t *)(uintptr_t)v, key, item)
    {
        REQUIRE(key[0] != '@' || json_is_string(item));
        check_shape(item);
    }
}

static void check_read(str_t text)
{
    buf_t written;
    err_t err = ERR_INIT;
    json_t *tree = xml_read(text, &err);
    REQUIRE((tree != NULL) == (err.code == ERR_none));
    if (!tree) {
        REQUIRE(err.code == ERR_upstream_malformed && str_is_utf8(str_of(err.text)));
        return;
    }
    REQUIRE(json_object_size(tree) == 1 && depth_of(tree) <= DEPTH_MAX + 1);
    check_shape(tree);
    buf_init(&written, 16 * text.n + 4096);
    REQUIRE(xml_write(&written, tree, &err) && buf_ok(&written));
    json_t *again = xml_read(buf_view(&written), &err);
    REQUIRE(again && json_equal(tree, again));
    json_decref(again);
    json_decref(tree);
    buf_fini(&written);
}

static void check_write(str_t text)
{
    buf_t written;
    err_t err = ERR_INIT;
    json_t *tree = json_read(text, NULL, &err);
    if (!tree) {
        return;
    }
    err = ERR_INIT;
    buf_init(&written, 16 * text.n + 4096);
    if (xml_write(&written, tree, &err)) {
        json_t *again = xml_read(buf_view(&written), &err);
        REQUIRE(buf_ok(&written) && again);
        json_decref(again);
    } else {
        REQUIRE(err.code == ERR_request_malformed);
    }
    json_decref(tree);
    buf_fini(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_read(str_at(data, size));
    check_write(str_at(data, size));
    return 0;
}
