/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/own_document.h"
#include "codec/json.h"

static json_t *document(const char *server, char tag[OWN_DOCUMENT_TAG_BYTES])
{
    buf_t text;
    err_t err = ERR_INIT;
    buf_init(&text, OWN_DOCUMENT_BYTES_MAX);
    own_document_write(str_of(server), &text, tag);
    assert_true(buf_ok(&text));
    json_t *read = json_read(buf_view(&text), NULL, &err);
    assert_non_null(read);
    buf_fini(&text);
    return read;
}

static void is_json_with_the_server(void **state)
{
    (void)state;
    static const char server[] = "https://tenon.example.com/\"quoted\"";
    char tag[OWN_DOCUMENT_TAG_BYTES];
    json_t *read = document(server, tag);
    assert_true(str_is(json_member(read, "openapi"), "3.1.0"));
    const json_t *servers = json_object_get(read, "servers");
    assert_int_equal(json_array_size(servers), 1);
    assert_true(str_is(json_member(json_array_get(servers, 0), "url"), server));
    assert_true(json_object_size(json_object_get(read, "paths")) > 10);
    assert_non_null(json_object_get(read, "components"));
    json_decref(read);
}

static void tag_tells_documents_apart(void **state)
{
    (void)state;
    char one[OWN_DOCUMENT_TAG_BYTES], again[OWN_DOCUMENT_TAG_BYTES], other[OWN_DOCUMENT_TAG_BYTES];
    json_decref(document("https://a.example.com", one));
    json_decref(document("https://a.example.com", again));
    json_decref(document("https://b.example.com", other));
    assert_int_equal(strlen(one), OWN_DOCUMENT_TAG_BYTES - 1);
    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_json_with_the_server),
        cmocka_unit_test(tag_tells_documents_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
