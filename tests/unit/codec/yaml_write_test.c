/* SPDX-License-Identifier: MIT */
#include "codec/check.h"

#include <stdio.h>

#include "codec/json.h"
#include "codec/yaml.h"
#include "codec/yaml_write.h"

static json_t *read(const char *json)
{
    err_t err = ERR_INIT;
    json_t *value = json_read(str_of(json), NULL, &err);
    if (!value) {
        fail_msg("%s: %s", json, err.text);
    }
    return value;
}

static void check_written(const json_t *value, const char *expected)
{
    buf_t text;
    buf_init(&text, 1 << 20);
    yaml_write(&text, value);
    if (!str_is(buf_view(&text), expected)) {
        fail_msg("expected\n%sfound\n%s", expected, buf_c(&text));
    }
    buf_fini(&text);
}

static void writes_blocks(void **state)
{
    (void)state;
    static const struct {
        const char *json, *yaml;
    } rows[] = {
        {"{}", "{}\n"},
        {"[]", "[]\n"},
        {"null", "null\n"},
        {"7", "7\n"},
        {"{\"a\": 1, \"b\": {\"c\": true}}", "a: 1\nb:\n  c: true\n"},
        {"{\"a\": [1, [2, 3], {\"b\": 1, \"c\": {}}, []]}",
         "a:\n  - 1\n  - - 2\n    - 3\n  - b: 1\n    c: {}\n  - []\n"},
        {"[{\"a\": [{\"b\": null}]}]", "- a:\n    - b: null\n"},
        {"{\"/run/{id}\": {\"$ref\": \"#/x\"}}", "/run/{id}:\n  $ref: \"#/x\"\n"},
        {"{\"\": \"\"}", "\"\": \"\"\n"},
        {"[1e300, 1.5e-7, 0.1, 2.0, 18446744073709551616, -3]",
         "- 1.0e+300\n- 1.5e-07\n- 0.1\n- 2.0\n- 18446744073709551616\n- -3\n"},
        {"{\"a\": \"one\\n two\\n\\nthree\\n\", \"b\": 1}",
         "a: |\n  one\n   two\n\n  three\nb: 1\n"},
        {"[\"one\\ntwo\"]", "- |-\n  one\n  two\n"},
        {"\"one\\ntwo\"", "|-\n  one\n  two\n"},
        {"[{\"a\": \"x\\ny\"}]", "- a: |-\n    x\n    y\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *value = read(rows[i].json);
        check_written(value, rows[i].yaml);
        json_decref(value);
    }
}

/* Texts that some reader would take for something else, or for another text. */
static const char *const quoted[] = {
    "",
    " ",
    "~",
    "null",
    "Null",
    "NULL",
    "true",
    "TRUE",
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "N",
    "0",
    "-1",
    "+1",
    "1_000",
    "0x1F",
    "0o7",
    "017",
    "0b1",
    "12:30",
    "190:20:30",
    "1.5",
    ".5",
    ".inf",
    ".nan",
    "1e3",
    "2001-12-14",
    "2001-12-14T21:59:43.1Z",
    "<<",
    "=",
    "- a",
    "-",
    "--- a",
    "? a",
    ": a",
    "a: b",
    "a:",
    "a #b",
    "#a",
    "a ",
    " a",
    "[a]",
    "{a}",
    "!a",
    "&a",
    "*a",
    "|a",
    ">a",
    "'a",
    "\"a",
    "%a",
    "@a",
    "`a",
    "a\tb",
    "a\x7f"
    "b",
    "\xc2\x85"
    "a",
    "a\xe2\x80\xa8"
    "b",
    "\xef\xbb\xbf"
    "a",
    "3.0",
    "a\n b\n\n",
    "\na\nb",
    " a\nb",
    "a \nb",
    "a\r\nb",
    "a\tb\nc",
    "a\nb ",
};
/* Texts that stand as they are. */
static const char *const plain[] = {
    "a",
    "yesterday",
    "ab cd",
    "a:b",
    "a#b",
    "https://x.example/?a=b&c=%20",
    "/run/{id}/-",
    "$ref",
    "it's",
    "a \"b\"",
    "x-ms-summary",
    "caf\xc3\xa9",
    "\xc3\xa9t\xc3\xa9",
    "\xf0\x9f\x98\x80",
    "^[a-z]{1,3}$",
    "a, b",
    "a - b",
    "_a",
    "(a)",
};

static void quotes_what_a_reader_would_resolve(void **state)
{
    (void)state;
    buf_t text;
    buf_init(&text, 4096);
    for (size_t i = 0; i < COUNT(quoted) + COUNT(plain); i++) {
        bool is_quoted = i < COUNT(quoted);
        str_t s = str_of(is_quoted ? quoted[i] : plain[i - COUNT(quoted)]);
        json_t *value = json_str(s);
        buf_clear(&text);
        yaml_write(&text, value);
        bool bare = text.n == s.n + 1 && memcmp(text.p, s.p, s.n) == 0;
        if (bare == is_quoted || (is_quoted && text.p[0] != '"')) {
            fail_msg("`%.*s` is written %s", STR_ARG(s), buf_c(&text));
        }
        json_decref(value);
    }
    buf_fini(&text);
}

/* --- back by our own reader --- */

static void on_fault(void *context, err_code_t code, unsigned line, unsigned column,
                     const char *text)
{
    fail_msg("%u:%u %s %s in\n%s", line, column, err_code_name(code), text, (const char *)context);
}

static json_t *value_of(const yaml_node_t *node);

static json_t *scalar_of(const yaml_node_t *node)
{
    switch (yaml_scalar_is(node)) {
    case YAML_IS_TEXT:
        return json_str(node->text);
    case YAML_IS_NULL:
    case YAML_IS_BOOL:
    case YAML_IS_INT:
    case YAML_IS_NUMBER: {
        char *text = str_dup(node->text);
        json_t *value = read(text);
        free(text);
        return value;
    }
    case YAML_IS_NOTHING:
    case YAML_IS_ODD:
        fail_msg("`%.*s` is read specially", STR_ARG(node->text));
    }
    return NULL;
}

static json_t *value_of(const yaml_node_t *node)
{
    if (node->kind == YAML_SCALAR) {
        return scalar_of(node);
    }
    json_t *value = node->kind == YAML_MAP ? json_object() : json_array();
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_MAP) {
            str_t key = node->pairs[i].key->text;
            json_object_setn_new(value, key.p, key.n, value_of(node->pairs[i].value));
        } else {
            json_array_append_new(value, value_of(node->items[i]));
        }
    }
    return value;
}

static void check_round_trip(const json_t *value)
{
    buf_t text;
    arena_t *arena = arena_new(0);
    buf_init(&text, 1 << 20);
    yaml_write(&text, value);
    const yaml_node_t *root =
        yaml_read_in(arena, buf_view(&text), 1 << 20, on_fault, (void *)(uintptr_t)buf_c(&text));
    assert_non_null(root);
    json_t *back = value_of(root);
    if (!json_equal(back, value)) {
        fail_msg("read back as something else:\n%s", buf_c(&text));
    }
    json_decref(back);
    buf_fini(&text);
    arena_free(arena);
}

/* In every place where a text can stand: alone, in a list, as a key and as a value. */
static void check_text(str_t text)
{
    json_t *value = json_pack("{s:o, s:[o,o], s:{s:o}}", "a", json_str(text), "b", json_str(text),
                              json_str(text), "c", "d", json_str(text));
    json_object_setn_new(json_object_get(value, "c"), text.p, text.n, json_str(text));
    check_round_trip(value);
    json_decref(value);
}

static void our_own_reader_reads_the_same_values(void **state)
{
    (void)state;
    static const char *const values[] = {
        "{\"a\": [1, [2, [3, {\"b\": {\"c\": [{}, [], null, true, 1e300, -0.25]}}]]]}",
        "[[[[\"x\\ny\\n\"]]], {\"a\": {\"b\": \"x\\n  y\\nz\"}}]",
    };
    for (size_t i = 0; i < COUNT(quoted); i++) {
        str_t s = str_of(quoted[i]);
        bool control =
            str_find(s, STR("\x7f"), 0) != SIZE_MAX; /* which a definition may not hold */
        if (!control && s.p[0] != '\xef' && s.p[0] != '\xc2' && str_index(s, '\xa8') == SIZE_MAX) {
            check_text(s);
        }
    }
    for (size_t i = 0; i < COUNT(plain); i++) {
        check_text(str_of(plain[i]));
    }
    for (size_t i = 0; i < COUNT(values); i++) {
        json_t *value = read(values[i]);
        check_round_trip(value);
        json_decref(value);
    }
}

static void long_keys_are_read_back(void **state)
{
    (void)state;
    char key[3001];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    json_t *value = json_pack("{s:{s:[i]}, s:i}", key, "a", 1, "b", 2);
    check_round_trip(value);
    json_decref(value);
}

static void bytes_that_are_no_text_become_a_mark(void **state)
{
    (void)state;
    json_t *value = json_stringn_nocheck("a\xff"
                                         "b",
                                         3);
    check_written(value, "\"a\xef\xbf\xbd"
                         "b\"\n");
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_blocks),
        cmocka_unit_test(quotes_what_a_reader_would_resolve),
        cmocka_unit_test(our_own_reader_reads_the_same_values),
        cmocka_unit_test(long_keys_are_read_back),
        cmocka_unit_test(bytes_that_are_no_text_become_a_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
