/* SPDX-License-Identifier: MIT */
#include "import/write.h"

#include "codec/json.h"
#include "definition/catalogue/loading.h"

static void writes_in_the_order_of_the_format(void **state)
{
    (void)state;
    static const char given[] =
        "{\"actions\":{\"B\":{\"responses\":{\"200\":{\"schema\":{\"properties\":{\"x\":{\"type\":"
        "\"string\",\"title\":\"X\"}},\"type\":\"object\"},"
        "\"description\":\"D\"}},\"path\":\"/"
        "b\",\"summary\":\"S\",\"input\":{\"i\":{\"type\":\"string\",\"in\":\"query\"}}}},"
        "\"x-own\":1,\"title\":\"T\",\"id\":\"t\",\"connection\":{\"auth\":{\"k\":{\"inject\":{},"
        "\"type\":\"api_key\"}},\"parameters\":{}},\"tenon\":1}";
    static const char expected[] =
        "tenon: 1\nid: t\ntitle: T\nconnection:\n  parameters: {}\n  auth:\n    k:\n      type: "
        "api_key\n      inject: {}\n"
        "actions:\n  B:\n    summary: S\n    path: /b\n    input:\n      i:\n        in: query\n   "
        "     type: string\n"
        "    responses:\n      \"200\":\n        description: D\n        schema:\n          type: "
        "object\n          properties:\n"
        "            x:\n              title: X\n              type: string\nx-own: 1\n";
    err_t err = ERR_INIT;
    json_t *definition = json_read(str_of(given), NULL, &err);
    assert_non_null(definition);
    buf_t text;
    buf_init(&text, 1 << 16);
    definition_write(&text, definition, "test");
    str_t rest = buf_view(&text), first = str_cut(&rest, '\n');
    assert_true(str_starts(first, STR("# tenon import test sha256=")));
    assert_int_equal(first.n, strlen("# tenon import test sha256=") + 64);
    assert_true(str_is(rest, expected));
    buf_fini(&text);
    json_decref(definition);
}

/* The digest tells whether somebody has edited what was written. */
static void the_digest_is_of_the_text(void **state)
{
    (void)state;
    json_t *one = json_pack("{s:s}", "id", "a"), *other = json_pack("{s:s}", "id", "b");
    buf_t texts[3];
    for (size_t i = 0; i < COUNT(texts); i++) {
        buf_init(&texts[i], 1 << 10);
        definition_write(&texts[i], i == 1 ? other : one, "test");
    }
    assert_true(str_eq(buf_view(&texts[0]), buf_view(&texts[2])));
    assert_memory_not_equal(texts[0].p, texts[1].p, 90);
    for (size_t i = 0; i < COUNT(texts); i++) {
        buf_fini(&texts[i]);
    }
    json_decref(one);
    json_decref(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_in_the_order_of_the_format),
        cmocka_unit_test(the_digest_is_of_the_text),
    };
    return cmocka_run_group_tests_name("write", tests, NULL, NULL);
}
