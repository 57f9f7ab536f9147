/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/call_request.h"
#include "codec/json.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static char secret_file[] = "/tmp/tenon-call-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(secret_file);
    bool ok = fd >= 0 && write(fd, "s3cr3t\r\n", 8) == 8;
    close(fd);
    setenv("TENON_TEST_SECRET", "from env", 1);
    return ok ? 0 : -1;
}

static int drop_file(void **state)
{
    (void)state;
    unlink(secret_file);
    unsetenv("TENON_TEST_SECRET");
    return 0;
}

/* Actions as /v1 shows them. */
static const char GET_ITEM[] =
    "{\"method\":\"GET\",\"path\":\"/items/{id}/parts\",\"input\":["
    "{\"name\":\"id\",\"in\":\"path\",\"type\":\"string\"},"
    "{\"name\":\"q\",\"in\":\"query\",\"type\":\"string\"},"
    "{\"name\":\"tag\",\"in\":\"query\",\"type\":\"array\",\"collectionFormat\":\"multi\","
    "\"items\":{\"type\":\"integer\"}},"
    "{\"name\":\"csv\",\"in\":\"query\",\"type\":\"array\",\"collectionFormat\":\"csv\"},"
    "{\"name\":\"X-Trace\",\"in\":\"header\",\"type\":\"string\"}]}";
static const char POST_JSON[] =
    "{\"method\":\"POST\",\"path\":\"/a\",\"input\":["
    "{\"name\":\"text\",\"in\":\"json\",\"type\":\"string\"},"
    "{\"name\":\"count\",\"in\":\"json\",\"type\":\"integer\"},"
    "{\"name\":\"rate\",\"in\":\"json\",\"type\":\"number\"},"
    "{\"name\":\"on\",\"in\":\"json\",\"type\":\"boolean\"},"
    "{\"name\":\"list\",\"in\":\"json\",\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
    "{\"name\":\"tree\",\"in\":\"json\",\"type\":\"object\"},"
    "{\"name\":\"password\",\"in\":\"json\",\"type\":\"string\",\"secret\":true}]}";
static const char POST_RAW[] =
    "{\"method\":\"PUT\",\"path\":\"/b\",\"input_type\":\"text/plain\","
    "\"input\":[{\"name\":\"body\",\"in\":\"body\",\"type\":\"string\"}]}";
static const char POST_ANY[] = "{\"method\":\"POST\",\"path\":\"/c\","
                               "\"input_type\":\"application/json\","
                               "\"input\":[{\"name\":\"body\",\"in\":\"body\"}]}";

typedef struct row {
    const char *action;
    const char *words[4];
    const char *json;              /* --json; NULL: none */
    const char *url, *body, *type; /* NULL url: refused; body then what the error says */
} row_t;

static void check(const row_t *row)
{
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    json_t *action = json_read(str_of(row->action), NULL, &err);
    str_t words[COUNT(row->words)];
    call_words_t given = {.connector = STR("conn"),
                          .connection = STR("acme"),
                          .action = action,
                          .words = words,
                          .body = str_of(row->json)};
    while (given.word_count < COUNT(row->words) && row->words[given.word_count]) {
        words[given.word_count] = str_of(row->words[given.word_count]);
        given.word_count++;
    }
    upstream_request_t request;
    bool ok = call_request_in(arena, &given, &request, &err);
    if (!row->url) {
        assert_false(ok);
        if (!strstr(err.text, row->body)) {
            fail_msg("%s", err.text);
        }
    } else {
        if (!ok) {
            fail_msg("%s", err.text);
        }
        str_t type = message_header_get(request.headers, request.header_count, "Content-Type");
        if (!str_is(request.url, row->url) || !str_eq(request.body, str_of(row->body)) ||
            !str_eq(type, str_of(row->type))) {
            fail_msg("%.*s | %.*s | %.*s", STR_ARG(request.url), STR_ARG(request.body),
                     STR_ARG(type));
        }
    }
    json_decref(action);
    arena_free(arena);
}

static void fields_go_to_their_places(void **state)
{
    (void)state;
    static const char json[] = "application/json";
    char file_word[64];
    snprintf(file_word, sizeof file_word, "password=@%s", secret_file);
    const row_t rows[] = {
        {GET_ITEM, {"id=a/b c"}, NULL, "/run/conn/acme/items/a%2Fb%20c/parts", NULL, NULL},
        {GET_ITEM, {"id=1", "q=x&y"}, NULL, "/run/conn/acme/items/1/parts?q=x%26y", NULL, NULL},
        {GET_ITEM,
         {"id=1", "tag=1,2", "csv=a,b"},
         NULL,
         "/run/conn/acme/items/1/parts?tag=1&tag=2&csv=a%2Cb",
         NULL,
         NULL},
        {GET_ITEM, {"q=x"}, NULL, NULL, "`id` stands in the path", NULL},
        {GET_ITEM, {"nope=x"}, NULL, NULL, "no field `nope`", NULL},
        {GET_ITEM, {"id"}, NULL, NULL, "expected name=value", NULL},
        {POST_JSON, {NULL}, NULL, "/run/conn/acme/a", NULL, NULL},
        {POST_JSON,
         {"text=1", "count=1", "rate=1.5", "on=true"},
         NULL,
         "/run/conn/acme/a",
         "{\"text\":\"1\",\"count\":1,\"rate\":1.5,\"on\":true}",
         json},
        {POST_JSON,
         {"list=a,b", "tree={\"a\":[1]}"},
         NULL,
         "/run/conn/acme/a",
         "{\"list\":[\"a\",\"b\"],\"tree\":{\"a\":[1]}}",
         json},
        {POST_JSON, {"list=[\"a,b\"]"}, NULL, "/run/conn/acme/a", "{\"list\":[\"a,b\"]}", json},
        /* what is no such type goes as text, for the host to refuse */
        {POST_JSON,
         {"count=1.5", "on=yes"},
         NULL,
         "/run/conn/acme/a",
         "{\"count\":\"1.5\",\"on\":\"yes\"}",
         json},
        {POST_JSON,
         {"text=x"},
         "{\"text\":\"y\",\"z\":1}",
         "/run/conn/acme/a",
         "{\"text\":\"x\",\"z\":1}",
         json},
        {POST_JSON, {NULL}, "{", NULL, "", NULL},
        {POST_JSON, {"password=literal"}, NULL, NULL, "password=@FILE", NULL},
        {POST_JSON,
         {"password=env:TENON_TEST_SECRET"},
         NULL,
         "/run/conn/acme/a",
         "{\"password\":\"from env\"}",
         json},
        {POST_JSON, {"password=env:TENON_NOT_THERE"}, NULL, NULL, "no TENON_NOT_THERE", NULL},
        {POST_JSON, {file_word}, NULL, "/run/conn/acme/a", "{\"password\":\"s3cr3t\"}", json},
        {POST_JSON, {"password=@/nowhere"}, NULL, NULL, "/nowhere: No such file", NULL},
        {POST_RAW, {"body=hello"}, NULL, "/run/conn/acme/b", "hello", "text/plain"},
        {POST_ANY, {"body=hello"}, NULL, "/run/conn/acme/c", "\"hello\"", json},
        {POST_ANY, {"body={\"a\":1}"}, NULL, "/run/conn/acme/c", "{\"a\":1}", json},
        {POST_ANY, {NULL}, "[1]", "/run/conn/acme/c", "[1]", json},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(&rows[i]);
    }
}

static void a_header_field_becomes_a_header(void **state)
{
    (void)state;
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    json_t *action = json_read(str_of(GET_ITEM), NULL, &err);
    const str_t words[] = {STR("id=1"), STR("X-Trace=abc")};
    const call_words_t given = {STR("conn"), STR("acme"), action, words, 2, STR_NONE};
    upstream_request_t request;
    assert_true(call_request_in(arena, &given, &request, &err));
    assert_true(
        str_is(message_header_get(request.headers, request.header_count, "x-trace"), "abc"));
    json_decref(action);
    arena_free(arena);
}

static void a_file_makes_the_form_multipart(void **state)
{
    (void)state;
    static const char text[] = "{\"method\":\"POST\",\"path\":\"/f\",\"input\":["
                               "{\"name\":\"note\",\"in\":\"form\",\"type\":\"string\"},"
                               "{\"name\":\"file\",\"in\":\"form\",\"type\":\"string\","
                               "\"format\":\"binary\"}]}";
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    json_t *action = json_read(str_of(text), NULL, &err);
    char file_word[64];
    snprintf(file_word, sizeof file_word, "file=@%s", secret_file);
    const str_t words[] = {STR("note=x"), str_of(file_word)};
    const call_words_t given = {STR("conn"), STR("acme"), action, words, 2, STR_NONE};
    upstream_request_t request;
    assert_true(call_request_in(arena, &given, &request, &err));
    str_t type = message_header_get(request.headers, request.header_count, "Content-Type");
    assert_true(str_starts(type, STR("multipart/form-data; boundary=tenon-")));
    assert_true(str_find(request.body, STR("name=\"note\""), 0) != SIZE_MAX);
    assert_true(str_find(request.body, STR("filename=\"file\""), 0) != SIZE_MAX);
    assert_true(str_find(request.body, STR("s3cr3t"), 0) != SIZE_MAX);
    json_decref(action);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_go_to_their_places),
        cmocka_unit_test(a_header_field_becomes_a_header),
        cmocka_unit_test(a_file_makes_the_form_multipart),
    };
    return cmocka_run_group_tests(tests, make_file, drop_file);
}
