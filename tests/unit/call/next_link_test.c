/* SPDX-License-Identifier: MIT */
#include "call/check.h"

#include "call/next_link.h"

enum { TEXT_MAX = 10000 };

/* body._links.next.href, and body.pages[1] */
static const place_step_t HREF[] = {
    {.name = STR_INIT("_links")}, {.name = STR_INIT("next")}, {.name = STR_INIT("href")}};
static const place_step_t SECOND[] = {{.name = STR_INIT("pages")}, {.index = 1}};
static const place_t NEXT = {.steps = HREF, .count = COUNT(HREF)};
static const place_t PAGE = {.steps = SECOND, .count = COUNT(SECOND)};

static void finds_the_link_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *body, *link;
        const place_t *place;
    } rows[] = {
        {"{\"_links\": {\"next\": {\"href\": \"https://a.example/2\"}}}", "https://a.example/2",
         &NEXT},
        {"{\"pages\": [\"x\", \"http://a.example/2\"]}", "http://a.example/2", &PAGE},
        {"{\"_links\": {\"self\": {\"href\": \"https://a.example/1\"}}}", NULL, &NEXT},
        {"{\"_links\": {\"next\": null}}", NULL, &NEXT},
        {"{\"_links\": {\"next\": {\"href\": \"\"}}}", NULL, &NEXT},
        {"{\"_links\": {\"next\": {\"href\": \"/2\"}}}", NULL, &NEXT},
        {"{\"_links\": {\"next\": {\"href\": \"javascript:x\"}}}", NULL, &NEXT},
        {"{\"_links\": {\"next\": {\"href\": 2}}}", NULL, &NEXT},
        {"{\"_links\": [1]}", NULL, &NEXT},
        {"{\"pages\": [\"https://a.example/1\"]}", NULL, &PAGE},
        {"[]", NULL, &NEXT},
        {"\"https://a.example/2\"", NULL, &NEXT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *body = read_json(rows[i].body);
        str_t link = next_link_find(rows[i].place, body);
        assert_true(str_eq(link, str_of(rows[i].link)));
        json_decref(body);
    }
    assert_null(next_link_find(&NEXT, NULL).p);
}

/* What is no link stays byte by byte: blanks, numbers beyond what a double holds, escapes. */
static void replaces_the_link_alone(void **state)
{
    (void)state;
    static const struct {
        const char *text, *replaced;
    } rows[] = {
        {"{ \"n\": 123456789012345678901234567890, \"x\": 1.50,\n \"_links\": {\"next\": "
         "{\"href\": "
         "\"https://a.example/2?a=1&b=2\"}}}",
         "{ \"n\": 123456789012345678901234567890, \"x\": 1.50,\n \"_links\": {\"next\": "
         "{\"href\": "
         "\"https://t.example/?n=1\"}}}"},
        /* spelt in two ways; and one that only looks like it, within another text */
        {"{\"a\":\"https://a.example/2\",\"_links\":{\"next\":{\"href\":\"https:\\/\\/"
         "a.example\\/2\"}}}",
         "{\"a\":\"https://t.example/?n=1\",\"_links\":{\"next\":{\"href\":\"https://t.example/"
         "?n=1\"}}}"},
        {"{\"a\":\"x\\\"https://a.example/\\\\\",\"_links\": "
         "{\"next\":{\"href\":\"https://a.example/\\\\\"}}}",
         "{\"a\":\"x\\\"https://a.example/\\\\\",\"_links\":{\"next\":{\"href\":\"https://"
         "t.example/?n=1\"}}}"},
        {"{\"_links\": {\"next\": {\"href\": \"https:\\/\\/a.example\\/2\"}}, \"s\": \"a\\/b\"}",
         "{\"_links\": {\"next\": {\"href\": \"https://t.example/?n=1\"}}, \"s\": \"a\\/b\"}"},
        {"{\"_links\":{\"next\":{\"href\":\"https://a.example/2\"},\"last\":{\"href\":"
         "\"https://a.example/2\"},\"self\":{\"href\":\"https://a.example/22\"}}}",
         "{\"_links\":{\"next\":{\"href\":\"https://t.example/?n=1\"},\"last\":{\"href\":"
         "\"https://t.example/?n=1\"},\"self\":{\"href\":\"https://a.example/22\"}}}"},
        /* in an unusual way: written anew */
        {"{\"_links\": {\"next\": {\"href\": \"https://a.example/2?a=1\\u0026b=2\"}}, \"x\": 1}",
         "{\"_links\":{\"next\":{\"href\":\"https://t.example/?n=1\"}},\"x\":1}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        buf_t out;
        json_t *body = read_json(rows[i].text);
        buf_init(&out, TEXT_MAX);
        next_link_replace(str_of(rows[i].text), &NEXT, body, STR("https://t.example/?n=1"), NULL, &out);
        assert_string_equal(buf_c(&out), rows[i].replaced);
        buf_fini(&out);
        json_decref(body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_the_link_at_its_place),
                                       cmocka_unit_test(replaces_the_link_alone)};
    return cmocka_run_group_tests_name("next_link", tests, NULL, NULL);
}
