/* SPDX-License-Identifier: MIT */
#include "codec/check.h"

#include "codec/json.h"
#include "codec/xml.h"

#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

/* Trees are written as JSON. */
static json_t *tree_of(const char *json)
{
    err_t err = ERR_INIT;
    json_limits_t limits = {.depth = 200};
    json_t *tree = json_read(str_of(json), &limits, &err);
    assert_string_equal(err.text, "");
    return tree;
}

static void writes(void **state)
{
    (void)state;
    static const struct {
        const char *tree;
        const char *xml;
    } rows[] = {
        {"{\"a\":\"x\"}", "<a>x</a>"},
        {"{\"a\":null}", "<a></a>"},
        {"{\"a\":{\"n\":1,\"r\":2.5,\"b\":true}}", "<a><n>1</n><r>2.5</r><b>true</b></a>"},
        {"{\"a\":{\"@x\":\"1\",\"@y\":2,\"#text\":\"t\"}}", "<a x=\"1\" y=\"2\">t</a>"},
        {"{\"a\":{\"b\":\"c\",\"@x\":\"1\"}}", "<a x=\"1\"><b>c</b></a>"},
        {"{\"a\":{\"b\":[\"1\",{\"c\":\"2\"},null]}}", "<a><b>1</b><b><c>2</c></b><b></b></a>"},
        {"{\"a\":{\"b\":[]}}", "<a></a>"},
        {"{\"a\":\"<b>&\\\"'\\t\\n\\r]]>\"}", "<a>&lt;b&gt;&amp;\"'\t\n&#13;]]&gt;</a>"},
        {"{\"a\":{\"@x\":\"<b>&\\\"'\\t\\n\\r\"}}",
         "<a x=\"&lt;b&gt;&amp;&quot;'&#9;&#10;&#13;\"></a>"},
        {"{\"ns:a\":{\"@xmlns:ns\":\"urn:x\",\"ns:b-1.2_\":\"\xc3\xa4\"}}",
         "<ns:a xmlns:ns=\"urn:x\"><ns:b-1.2_>\xc3\xa4</ns:b-1.2_></ns:a>"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        buf_t b;
        json_t *tree = tree_of(rows[i].tree);
        buf_init(&b, 1000);
        assert_true(xml_write(&b, tree, &err));
        assert_true(str_starts(buf_view(&b), STR(DECLARATION)));
        assert_string_equal(buf_c(&b) + strlen(DECLARATION), rows[i].xml);
        buf_fini(&b);
        json_decref(tree);
    }
}

static void refuses_to_write(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{}",
        "{\"a\":1,\"b\":2}",
        "[]",
        "\"a\"",
        "null",
        "{\"a\":[\"1\"]}",
        "{\"a b\":1}",
        "{\"\":1}",
        "{\"1a\":1}",
        "{\"-a\":1}",
        "{\"a>\":1}",
        "{\"@a\":1}",
        "{\"#text\":1}",
        "{\"a\":{\"b\":[[1]]}}",
        "{\"a\":{\"@\":1}}",
        "{\"a\":{\"@x y\":1}}",
        "{\"a\":{\"@x\":{}}}",
        "{\"a\":{\"@x\":[1]}}",
        "{\"a\":{\"#text\":{}}}",
        "{\"a\":{\"#other\":1}}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\\u001f\"}",
        "{\"a\":{\"@x\":\"\\u0001\"}}",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        buf_t b;
        json_t *tree = tree_of(rows[i]);
        buf_init(&b, 1000);
        if (xml_write(&b, tree, &err)) {
            print_error("%s\n", rows[i]);
        }
        check_err(&err, "request_malformed");
        buf_fini(&b);
        json_decref(tree);
    }
}

static void reads(void **state)
{
    (void)state;
    static const struct {
        str_t xml;
        const char *tree;
    } rows[] = {
        {STR_INIT("<a/>"), "{\"a\":\"\"}"},
        {STR_INIT("\xef\xbb\xbf" DECLARATION "\n<!-- c --><a>x</a >\n<?pi?><!--->-->"),
         "{\"a\":\"x\"}"},
        {STR_INIT("<a> x\r\ny\rz </a>"), "{\"a\":\" x\\ny\\nz \"}"},
        {STR_INIT("<a>\n  <b>1</b>\n  <c/>\n</a>"), "{\"a\":{\"b\":\"1\",\"c\":\"\"}}"},
        {STR_INIT("<a><b>1</b><c/><b>2</b><b/></a>"),
         "{\"a\":{\"b\":[\"1\",\"2\",\"\"],\"c\":\"\"}}"},
        {STR_INIT("<a x='1' y = \"2\" >t</a>"),
         "{\"a\":{\"@x\":\"1\",\"@y\":\"2\",\"#text\":\"t\"}}"},
        {STR_INIT("<a x=\"1\"/>"), "{\"a\":{\"@x\":\"1\"}}"},
        {STR_INIT("<a>t<b/>u</a>"), "{\"a\":{\"b\":\"\",\"#text\":\"tu\"}}"},
        {STR_INIT("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;&#x9;</a>"),
         "{\"a\":\"<>&\\\"'A\xf0\x9f\x98\x80\\t\"}"},
        {STR_INIT("<a x='&lt;\n&#10;\"'/>"), "{\"a\":{\"@x\":\"< \\n\\\"\"}}"},
        {STR_INIT("<a>x<![CDATA[<b>&amp;]]]>y</a>"), "{\"a\":\"x<b>&amp;]y\"}"},
        {STR_INIT("<a>x<!-- <b> -->y<?p <c> ?>z</a>"), "{\"a\":\"xyz\"}"},
        {STR_INIT("<s:E xmlns:s=\"urn\"><s:B/></s:E>"),
         "{\"s:E\":{\"@xmlns:s\":\"urn\",\"s:B\":\"\"}}"},
        {STR_INIT("<a>&#xe4;&#228;</a>"), "{\"a\":\"\xc3\xa4\xc3\xa4\"}"},
        {STR_INIT("<a><b><c>1</c></b><b>2</b></a>"), "{\"a\":{\"b\":[{\"c\":\"1\"},\"2\"]}}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        buf_t b;
        json_t *tree = xml_read(rows[i].xml, &err);
        assert_string_equal(err.text, "");
        buf_init(&b, 1000);
        json_write(&b, tree);
        check_buf(&b, rows[i].tree);
        buf_fini(&b);
        json_decref(tree);
    }
}

static void refuses_to_read(void **state)
{
    (void)state;
    static const struct {
        str_t xml;
        const char *reason;
    } rows[] = {
        {STR_INIT(""), "ends too early at byte 0"},
        {STR_INIT(" "), "ends too early at byte 1"},
        {STR_INIT("{}"), "outside the root at byte 0"},
        {STR_INIT("<a>"), "ends too early at byte 3"},
        {STR_INIT("<a><b></a>"), "does not match at byte 10"},
        {STR_INIT("</a>"), "does not match"},
        {STR_INIT("<a></a></a>"), "does not match"},
        {STR_INIT("<a></b>"), "does not match"},
        {STR_INIT("<a/><b/>"), "second root"},
        {STR_INIT("<a/>x"), "outside the root"},
        {STR_INIT("x<a/>"), "outside the root"},
        {STR_INIT("<a/><![CDATA[x]]>"), "outside the root"},
        {STR_INIT("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"),
         "document type at byte 2"},
        {STR_INIT("<a><!ELEMENT b></a>"), "document type"},
        {STR_INIT("<a>&x;</a>"), "entity"},
        {STR_INIT("<a>&lt</a>"), "entity"},
        {STR_INIT("<a>&</a>"), "entity"},
        {STR_INIT("<a>&;</a>"), "entity"},
        {STR_INIT("<a>&#;</a>"), "entity"},
        {STR_INIT("<a>&#x;</a>"), "entity"},
        {STR_INIT("<a>&#0;</a>"), "entity"},
        {STR_INIT("<a>&#8;</a>"), "entity"},
        {STR_INIT("<a>&#xD800;</a>"), "entity"},
        {STR_INIT("<a>&#x110000;</a>"), "entity"},
        {STR_INIT("<a>&#99999999999;</a>"), "entity"},
        {STR_INIT("<a>&#6a;</a>"), "entity"},
        {STR_INIT("<a x='&nbsp;'/>"), "entity"},
        {STR_INIT("<a x/>"), "`=`"},
        {STR_INIT("<a x=1/>"), "quote"},
        {STR_INIT("<a x='1/>"), "does not end"},
        {STR_INIT("<a x='<'/>"), "`<` in an attribute"},
        {STR_INIT("<a x='1' x='2'/>"), "attribute stands twice"},
        {STR_INIT("<a x='1'y='2'/>"), "`>`"},
        {STR_INIT("<a / >"), "`>`"},
        {STR_INIT("<a"), "`>`"},
        {STR_INIT("<a "), "`>`"},
        {STR_INIT("< a/>"), "name"},
        {STR_INIT("<1/>"), "name"},
        {STR_INIT("<a><!-- x</a>"), "does not end"},
        {STR_INIT("<a><![CDATA[x</a>"), "does not end"},
        {STR_INIT("<?xml"), "does not end"},
        {STR_INIT("<a>\x01</a>"), "a character that XML does not have at byte 3"},
        {STR_INIT("<a>\0</a>"), "a character that XML does not have at byte 3"},
        {STR_INIT("<a>\xEF\xBF\xBE</a>"), "a character that XML does not have at byte 3"},
        {STR_INIT("<a>&#xFFFF;</a>"), "byte"},
        {STR_INIT("<a>\xff</a>"), "UTF-8"},
        {STR_INIT("\xff\xfe<\0a\0"), "UTF-8"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        assert_null(xml_read(rows[i].xml, &err));
        if (!strstr(err.text, rows[i].reason)) {
            print_error("%.*s: %s\n", STR_ARG(rows[i].xml), err.text);
        }
        check_err(&err, "upstream_malformed");
        assert_non_null(strstr(err.text, rows[i].reason));
    }
}

static void nest(buf_t *to, size_t levels)
{
    buf_clear(to);
    for (size_t i = 0; i < levels; i++) {
        buf_lit(to, "<a>");
    }
    for (size_t i = 0; i < levels; i++) {
        buf_lit(to, "</a>");
    }
}

static void bounds_the_number_of_elements(void **state)
{
    (void)state;
    static const struct {
        size_t children;
        const char *child;
        bool fits;
    } rows[] = {{499999, "<a/>", true}, {500000, "<a/>", false}, {250000, "<a b=''/>", false}};
    buf_t b;
    buf_init(&b, 1 << 23);
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        buf_clear(&b);
        buf_lit(&b, "<r>");
        for (size_t n = 0; n < rows[i].children; n++) {
            buf_lit(&b, rows[i].child);
        }
        buf_lit(&b, "</r>");
        json_t *tree = xml_read(buf_view(&b), &err);
        assert_int_equal(tree != NULL, rows[i].fits);
        check_err(&err, tree ? "none" : "upstream_malformed");
        json_decref(tree);
    }
    buf_fini(&b);
}

static void bounds_depth(void **state)
{
    (void)state;
    static const struct {
        size_t levels;
        bool fits;
    } rows[] = {{64, true}, {65, false}, {100000, false}};
    buf_t b;
    buf_t written;
    buf_init(&b, 1 << 20);
    buf_init(&written, 1 << 20);
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        nest(&b, rows[i].levels);
        json_t *tree = xml_read(buf_view(&b), &err);
        assert_int_equal(tree != NULL, rows[i].fits);
        if (!tree) {
            continue;
        }
        assert_true(xml_write(&written, tree, &err));
        json_t *deeper = json_pack("{s:o}", "a", tree);
        assert_false(xml_write(&written, deeper, &err));
        check_err(&err, "request_malformed");
        json_decref(deeper);
    }
    buf_fini(&b);
    buf_fini(&written);
}

static void reads_back_what_it_writes(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{\"a\":{\"@x\":\" \\t\\n\\r<&>\\\"' \",\"b\":[\"1\",{\"@y\":\"\",\"#text\":\" t\\r\\n "
        "\"}],"
        "\"c\":{\"d\":\"<![CDATA[x]]>\"}}}",
        "{\"a\":\" \\r \"}",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        err_t err = ERR_INIT;
        buf_t b;
        json_t *tree = tree_of(rows[i]);
        buf_init(&b, 1000);
        assert_true(xml_write(&b, tree, &err));
        json_t *again = xml_read(buf_view(&b), &err);
        assert_true(json_equal(tree, again));
        json_decref(again);
        json_decref(tree);
        buf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes),
        cmocka_unit_test(refuses_to_write),
        cmocka_unit_test(reads),
        cmocka_unit_test(refuses_to_read),
        cmocka_unit_test(bounds_the_number_of_elements),
        cmocka_unit_test(bounds_depth),
        cmocka_unit_test(reads_back_what_it_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
