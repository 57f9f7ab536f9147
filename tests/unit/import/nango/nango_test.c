/* SPDX-License-Identifier: MIT */
/* Providers, in a word or two, and a line of the definition that comes of each; or why none does.
 */
#include "import/nango/nango.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec/json.h"

typedef struct heard {
    buf_t text;    /* of all definitions */
    buf_t reasons; /* of those refused: "id reason;" */
    buf_t notes;   /* of all: "detail;" */
    size_t count;
} heard_t;

static void on_provider(void *context, str_t id, str_t text, const report_t *report)
{
    heard_t *h = context;
    buf_str(&h->text, text);
    if (!text.p) {
        buf_printf(&h->reasons, "%.*s %s;", STR_ARG(id),
                   json_string_value(json_object_get(report->json, "failed")));
    }
    size_t at;
    json_t *note;
    json_array_foreach(json_object_get(report->json, "notes"), at, note)
    {
        buf_printf(&h->notes, "%s;", json_member(note, "detail").p);
    }
    h->count++;
}

static bool import_text(const char *source, heard_t *h, err_t *err)
{
    json_t *ids = json_object();
    bool ok = nango_import(str_of(source), ids, on_provider, h, err);
    json_decref(ids);
    return ok;
}

static void heard_init(heard_t *h)
{
    buf_init(&h->text, 1 << 20);
    buf_init(&h->reasons, 1 << 16);
    buf_init(&h->notes, 1 << 16);
    h->count = 0;
}

static void heard_fini(heard_t *h)
{
    buf_fini(&h->text);
    buf_fini(&h->reasons);
    buf_fini(&h->notes);
}

#define KEY "k:\n  display_name: K\n  auth_mode: API_KEY\n"
#define HEADER(text)                                                                               \
    KEY "  proxy: {base_url: 'https://a.example.com', headers: {x-a: '" text "'}}\n"
#define TENANT "  connection_config: {tenant: {type: string, optional: true}}\n"

static void writes(void **state)
{
    (void)state;
    static const struct {
        const char *source, *line;
    } rows[] = {
        {HEADER("${apiKey}"), "x-a: ${connection.apiKey}\n"},
        {HEADER("${base64(${apiKey}:x)}"), "x-a: ${base64(concat(connection.apiKey, ':x'))}\n"},
        {HEADER("${sha256Hex(${base64(${random}${apiKey})})}"),
         "x-a: ${hex(sha256(base64(concat(uuid(), connection.apiKey))))}\n"},
        {HEADER("${hmacSha1Hex(a,b ${method}, ${apiKey})}"),
         "x-a: ${hex(hmac_sha1(connection.apiKey, concat('a,b ', request.method)))}\n"},
        {HEADER("${apiKey} ${now:YYYY-MM-DD[Z]}"),
         "x-a: ${connection.apiKey} ${now('%Y-%m-%dZ')}\n"},
        {HEADER("${apiKey}${now+7:days:X}"), "x-a: ${connection.apiKey}${now('unix', '+7d')}\n"},
        {HEADER("${apiKey}") TENANT, "tenant:\n      type: string\n"},
        {KEY "  proxy: {base_url: 'https://${connectionConfig.tenant}.example.com || "
             "https://www.example.com', query: {key: '${apiKey}'}}\n" TENANT,
         "base_url: https://${default(concat(connection.tenant, '.example.com'), "
         "'www.example.com')}\n"},
        {KEY "  proxy: {base_url: 'https://${connectionConfig.tenant}.example.com', query: {key: "
             "'${apiKey}'}}\n"
             "  connection_config: {tenant: {type: string}}\n",
         "hosts:\n  - \"*.example.com\"\n"},
        {KEY "  proxy: {base_url: 'https://${connectionConfig.h}.co.uk', query: {key: '${apiKey}'}}\n"
             "  connection_config: {h: {type: string}}\n",
         "hosts: any\n"},
        {KEY "  proxy: {base_url: 'https://api.example.${connectionConfig.end}', query: {key: "
             "'${apiKey}'}}\n"
             "  connection_config: {end: {type: string, enum: [com, co.uk]}}\n",
         "hosts:\n  - api.example.com\n  - api.example.co.uk\n"},
        {KEY "  proxy: {base_url: 'https://${connectionConfig.host}', query: {key: '${apiKey}'}}\n"
             "  connection_config: {host: {type: string}}\n",
         "pattern: ^[A-Za-z0-9.-]+(:[0-9]+)?$\n"},
        {KEY "  proxy: {base_url: 'https://a.example.com/bot${apiKey}'}\n",
         "      base_url: https://a.example.com/bot${connection.apiKey}\n"},
        {HEADER("${apiKey}") "  connection_config: {apiSecret: {type: string}}\n",
         "apiSecret:\n      type: string\n      required: true\n      secret: true\n"},
        {"b:\n  auth_mode: BASIC\n  proxy: {base_url: 'https://b.example.com'}\na:\n  alias: b\n  "
         "display_name: A\n",
         "title: A\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        heard_t h;
        err_t err = ERR_INIT;
        heard_init(&h);
        assert_true(import_text(rows[i].source, &h, &err));
        if (str_find(buf_view(&h.text), str_of(rows[i].line), 0) == SIZE_MAX) {
            fail_msg("%s\n%s%s", rows[i].line, buf_c(&h.text), buf_c(&h.reasons));
        }
        heard_fini(&h);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *source, *reasons;
    } rows[] = {
        {"a: {alias: b}\n", "a alias;"},
        {"a: {alias: a}\n", "a alias;"},
        {"a: {alias: b}\nb: {alias: a}\n", "a alias;b alias;"},
        {"a: {auth_mode: MAGIC}\n", "a auth_mode;"},
        {HEADER("${apiKey}${unknown}"), "k template;"},
        {HEADER("${apiKey}${magic(1)}"), "k template;"},
        {HEADER("${apiKey}${now:wo}"), "k template;"},
        {HEADER("plain"), "k does_not_load;"},
        {KEY "  proxy: {base_url: 'http://a.example.com', query: {k: '${apiKey}'}}\n", "k url;"},
        {"a: 1\n", "a alias;"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        heard_t h;
        err_t err = ERR_INIT;
        heard_init(&h);
        assert_true(import_text(rows[i].source, &h, &err));
        assert_string_equal(buf_c(&h.reasons), rows[i].reasons);
        assert_int_equal(h.text.n, 0);
        heard_fini(&h);
    }
}

static void tells_what_keeps_an_alias_from_its_base(void **state)
{
    (void)state;
    static const struct {
        const char *source, *notes;
    } rows[] = {
        {"a: {alias: b}\n", "what it is an alias of is not there;"},
        {"a: {alias: a}\n", "its aliases lead round in a circle;"},
        {"a: {alias: b}\nb: 5\n", "what it is an alias of is no map;a provider is a map;"},
        {"a: {alias: b}\nb: {alias: c}\nc: {alias: d}\nd: {alias: e}\ne: {alias: f}\nf: {alias: g}\n"
         "g: {alias: h}\nh: {alias: i}\ni: {alias: j}\nj: 5\n",
         "it is an alias of an alias, more than 8 times;"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        heard_t h;
        err_t err = ERR_INIT;
        heard_init(&h);
        assert_true(import_text(rows[i].source, &h, &err));
        if (!str_starts(buf_view(&h.notes), str_of(rows[i].notes))) {
            fail_msg("%s%s", rows[i].source, buf_c(&h.notes));
        }
        heard_fini(&h);
    }
}

static void leaves_out_what_cannot_be_said(void **state)
{
    (void)state;
    static const struct {
        const char *source, *notes;
    } rows[] = {
        {HEADER("${apiKey}") "  docs: //a\n", "docs: it is no address of a page;"},
        {HEADER("${apiKey}") "  setup_guide_url: 'javascript:a'\n",
         "setup_guide_url: it is no address of a page;"},
        {KEY "  proxy: {base_url: 'https://a.example.com', headers: {'x a': b, x-a: '${apiKey}'}}\n",
         "x a: it is no name of a header;"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        heard_t h;
        err_t err = ERR_INIT;
        heard_init(&h);
        assert_true(import_text(rows[i].source, &h, &err));
        assert_string_equal(buf_c(&h.reasons), "");
        if (str_find(buf_view(&h.notes), str_of(rows[i].notes), 0) == SIZE_MAX) {
            fail_msg("%s%s", rows[i].source, buf_c(&h.notes));
        }
        heard_fini(&h);
    }
}

static void fails_on_a_file_that_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        err_code_t code;
    } rows[] = {
        {"", ERR_definition_empty},
        {"[1]\n", ERR_definition_type},
        {"a: *b\n", ERR_definition_alias_unknown},
        {"a: {\n", ERR_definition_parse_error},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        heard_t h;
        err_t err = ERR_INIT;
        heard_init(&h);
        assert_false(import_text(rows[i].source, &h, &err));
        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(h.count, 0);
        heard_fini(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(tells_what_keeps_an_alias_from_its_base),
        cmocka_unit_test(leaves_out_what_cannot_be_said),
        cmocka_unit_test(fails_on_a_file_that_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
