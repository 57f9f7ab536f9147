/* SPDX-License-Identifier: MIT */
#include "call/check.h"

#include "call/hot.h"

static connector_t *connector;
static connection_t *connection;

static int up(void **state)
{
    (void)state;
    connector = load_case("limits");
    connection = connection_of(connector, NULL, NULL);
    return 0;
}

static int down(void **state)
{
    (void)state;
    connection_unref(connection);
    connector_unref(connector);
    return 0;
}

static http_view_t view_of(const char *path, const char *key, const char *body)
{
    return (http_view_t){
        .method = STR("POST"), .path = str_of(path), .api_key = str_of(key), .body = str_of(body)};
}

static bool same(hot_id_t a, hot_id_t b)
{
    return a.a == b.a && a.b == b.b;
}

/* No byte may move from one part to the next unseen. */
static void test_identity(void **state)
{
    (void)state;
    const http_view_t rows[] = {
        view_of("/run/a", "key", "body"), view_of("/run/ak", "ey", "body"),
        view_of("/run/a", "keyb", "ody"), view_of("/run/a", "key", ""),
        view_of("/run/a", "", "keybody"), view_of("/run/abody", "key", ""),
    };
    hot_id_t ids[COUNT(rows)];
    for (size_t i = 0; i < COUNT(rows); i++) {
        ids[i] = hot_identify(&rows[i]);
        assert_true(ids[i].a && ids[i].b && ids[i].a != ids[i].b);
        assert_true(same(ids[i], hot_identify(&rows[i])));
        for (size_t k = 0; k < i; k++) {
            assert_false(same(ids[i], ids[k]));
        }
    }
    http_view_t as_bearer = rows[0];
    as_bearer.api_key = STR_NONE;
    as_bearer.authorization = STR("key");
    assert_false(same(ids[0], hot_identify(&as_bearer)));
}

/* Neither what is too large nor what came by the socket without a key. */
static void test_without_identity(void **state)
{
    (void)state;
    static char large[65 * 1024];
    http_view_t view = view_of("/run/a", "key", "");
    view.body = str_at(large, sizeof large);
    assert_true(same(hot_identify(&view), (hot_id_t){0, 0}));
    view = view_of("/run/a", "", "");
    view.local = true;
    assert_true(same(hot_identify(&view), (hot_id_t){0, 0}));
    hot_t *h = hot_new();
    hot_put(h, hot_identify(&view),
            &(hot_entry_t){.token_key = STR("k"), .connection = connection});
    assert_null(hot_get(h, hot_identify(&view)));
    hot_free(h);
}

static void test_table(void **state)
{
    (void)state;
    hot_t *h = hot_new();
    const hot_id_t id = {7, 8};
    char key[] = "one";
    assert_null(hot_get(h, id));
    hot_put(h, id, &(hot_entry_t){.token_key = str_of(key), .connection = connection});
    key[0] = 'X'; /* it has a copy */
    assert_true(str_is(hot_get(h, id)->token_key, "one"));
    hot_put(h, id, &(hot_entry_t){.token_key = STR("two"), .connection = connection});
    assert_true(str_is(hot_get(h, id)->token_key, "two"));
    assert_null(hot_get(h, (hot_id_t){7, 9}));
    hot_clear(h);
    assert_null(hot_get(h, id));
    hot_free(h);
}

/* It never grows: of many in one place the latest stay. */
static void test_crowd(void **state)
{
    (void)state;
    hot_t *h = hot_new();
    unsigned kept = 0;
    for (uint64_t i = 1; i <= 100; i++) {
        hot_put(h, (hot_id_t){i << 32, i},
                &(hot_entry_t){.token_key = STR("k"), .connection = connection});
        assert_non_null(hot_get(h, (hot_id_t){i << 32, i}));
    }
    for (uint64_t i = 1; i <= 100; i++) {
        kept += hot_get(h, (hot_id_t){i << 32, i}) != NULL;
    }
    assert_int_equal(kept, 4);
    hot_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_identity, up, down),
        cmocka_unit_test_setup_teardown(test_without_identity, up, down),
        cmocka_unit_test_setup_teardown(test_table, up, down),
        cmocka_unit_test_setup_teardown(test_crowd, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
