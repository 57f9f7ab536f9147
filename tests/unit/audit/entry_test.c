/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "audit/entry.h"
#include "codec/json.h"

static json_t *write_and_read(const audit_entry_t *e, buf_t *text)
{
    err_t err = ERR_INIT;
    buf_init(text, 64 * 1024);
    entry_write(e, STR("id"), 1790000000123, text);
    assert_true(text->n <= ENTRY_MAX);
    assert_null(memchr(text->p, '\n', text->n));
    json_t *read = json_read(buf_view(text), NULL, &err);
    assert_non_null(read);
    return read;
}

static void says_what_there_is(void **state)
{
    (void)state;
    const actor_t actor = {
        .kind = ACTOR_KEY, .key = "k1", .address = "192.0.2.1:1", .request_id = "r"};
    json_t *fields = json_pack("[s, s]", "a", "b"), *details = json_pack("{s:i}", "n", 1);
    buf_t text;
    const audit_entry_t e = {.what = AUDIT_KEY_CREATED,
                             .actor = &actor,
                             .object = STR("o"),
                             .fields = fields,
                             .details = details};
    json_decref(write_and_read(&e, &text));
    assert_string_equal(
        buf_c(&text),
        "{\"id\":\"id\",\"time\":\"2026-09-21T14:13:20.123Z\",\"what\":\"key.created\",\"object\":"
        "\"o\","
        "\"actor\":\"key\",\"key\":\"k1\",\"address\":\"192.0.2.1:1\",\"request_id\":\"r\","
        "\"outcome\":\"done\",\"fields\":[\"a\",\"b\"],\"details\":{\"n\":1}}");
    buf_fini(&text);
    json_decref(fields);
    json_decref(details);
    const actor_t host = {.kind = ACTOR_HOST};
    json_decref(write_and_read(
        &(audit_entry_t){.what = AUDIT_HOST_STARTED, .actor = &host, .refused = ERR_forbidden},
        &text));
    assert_string_equal(buf_c(&text), "{\"id\":\"id\",\"time\":\"2026-09-21T14:13:20.123Z\","
                                      "\"what\":\"host.started\",\"actor\":\"host\","
                                      "\"outcome\":\"refused\",\"code\":\"forbidden\"}");
    buf_fini(&text);
}

static void cuts_what_strangers_choose(void **state)
{
    (void)state;
    const actor_t actor = {.kind = ACTOR_STRANGER};
    char *huge = malloc(65537);
    for (int i = 0; i < 65536; i += 2) {
        memcpy(huge + i, "é", 2);
    }
    huge[0] = 'x'; /* so that 256 bytes end within a character */
    huge[1] = 'x';
    memmove(huge + 1, huge + 2, 65534);
    huge[65535] = '\0';
    json_t *fields = json_array(), *details = json_pack("{s:[{s:{s:[i]}}]}", "deep", "a", "b", 1);
    for (int i = 0; i < 1000; i++) {
        json_array_append_new(fields, json_sprintf("name-%d", i));
    }
    json_object_set_new(details, "control", json_string("\x1b[31m\r\n\x7f"));
    buf_t text;
    const audit_entry_t e = {.what = AUDIT_ACCESS_REFUSED,
                             .actor = &actor,
                             .object = str_of(huge),
                             .fields = fields,
                             .details = details};
    json_t *read = write_and_read(&e, &text);
    str_t object = json_member(read, "object");
    assert_true(object.n <= 256 + 3 && str_ends(object, STR("é…")));
    assert_int_equal(json_array_size(json_object_get(read, "fields")), 51);
    assert_true(
        str_is(json_member(json_object_get(read, "details"), "control"), "\x1b[31m\r\n\x7f"));
    assert_null(memchr(text.p, 0x1b, text.n));
    json_decref(read);
    buf_fini(&text);
    /* What is long altogether loses its lists, and says so. */
    for (size_t i = 0; i < 50; i++) {
        json_array_set_new(fields, i, json_sprintf("%s", huge));
    }
    read = write_and_read(&e, &text);
    assert_true(json_is_true(json_object_get(read, "is_cut")));
    assert_null(json_object_get(read, "fields"));
    json_decref(read);
    buf_fini(&text);
    json_decref(fields);
    json_decref(details);
    free(huge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_there_is),
        cmocka_unit_test(cuts_what_strangers_choose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
