/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "api/connector_view.h"
#include "codec/json.h"
#include "definition/catalogue/load.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char DEFINITION[] =
    "tenon: 1\nid: sample\ntitle: Sample\nversion: 1.2.3\nstatus: preview\n"
    "description: For a test.\npublisher: {name: P, url: https://p.example/}\n"
    "hosts: [a.example.com, \"*.example.org:8443\"]\n"
    "base_url: https://a.example.com\n"
    "throttle:\n  - {calls: 5, per: 2s, on_limit: wait, max_wait: 1s, name: few}\n"
    "connection:\n"
    "  parameters:\n"
    "    app: {type: string, ask: admin}\n"
    "    region: {type: string, choices: {us: America, eu: Europe}, message: Choose one}\n"
    "  auth:\n"
    "    key:\n"
    "      type: api_key\n"
    "      caution: Mind the key.\n"
    "      recommended: true\n"
    "      guide: {steps: [{title: Make one, link: https://a.example.com/keys}]}\n"
    "      parameters:\n"
    "        api_key: {title: The key, type: string, secret: true, required: true}\n"
    "      inject: {headers: {X-Key: \"${connection.api_key}\"}}\n"
    "schemas:\n"
    "  Kind: {title: Kind of thing, description: Of all there are., type: string}\n"
    "actions:\n"
    "  Find:\n"
    "    summary: Find\n"
    "    method: GET\n"
    "    path: /things/{id}\n"
    "    input:\n"
    "      id: {type: integer, required: true, minLength: 1}\n"
    "      tags: {type: array, items: {type: string}, collectionFormat: pipes}\n"
    "      limit: {type: integer, default: 10, description: At most}\n"
    "      kind: {$ref: \"#/schemas/Kind\"}\n"
    "  Put:\n"
    "    summary: Put\n"
    "    method: PUT\n"
    "    path: /things\n"
    "    input_type: text/plain\n"
    "    input:\n"
    "      body: {in: body, type: string, required: true}\n";

static connector_t *load(const char *text)
{
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    diagnostics_init(&d, arena);
    connector_t *c = definition_load(STR("sample.yaml"), str_of(text), NULL, &d);
    for (unsigned i = 0; i < d.count && !c; i++) {
        print_message("%u: %s\n", d.list[i].line, d.list[i].text);
    }
    assert_non_null(c);
    arena_free(arena);
    return c;
}

/* What a path such as actions.0.input.1.name leads to. */
static const json_t *at(const json_t *from, const char *path)
{
    for (str_t rest = str_of(path); rest.p && from;) {
        str_t name = str_cut(&rest, '.');
        uint64_t index;
        from = str_to_u64(name, &index) ? json_array_get(from, index)
                                        : json_object_getn(from, name.p, name.n);
    }
    return from;
}

static void shows_what_is_needed_to_fill_it_in_and_to_call_it(void **state)
{
    (void)state;
    static const struct {
        const char *path, *json; /* NULL: not there */
    } rows[] = {
        {"id", "\"sample\""},
        {"status", "\"preview\""},
        {"version", "\"1.2.3\""},
        {"publisher", "{\"name\":\"P\",\"url\":\"https://p.example/\"}"},
        {"hosts", "[\"a.example.com\",\"*.example.org:8443\"]"},
        {"throttle", "[{\"name\":\"few\",\"calls\":5,\"per_ms\":2000,\"scope\":\"connection\","
                     "\"on_limit\":\"wait\",\"max_wait_ms\":1000}]"},
        {"brand_color", NULL},
        {"proxy", NULL},
        {"parameters.0.ask", "\"admin\""},
        {"parameters.1.ask", NULL},
        {"parameters.1.choices",
         "[{\"value\":\"us\",\"title\":\"America\"},{\"value\":\"eu\",\"title\":\"Europe\"}]"},
        {"parameters.1.message", "\"Choose one\""},
        {"auths.0.name", "\"key\""},
        {"auths.0.type", "\"api_key\""},
        {"auths.0.recommended", "true"},
        {"auths.0.caution", "\"Mind the key.\""},
        {"auths.0.guide.steps",
         "[{\"title\":\"Make one\",\"link\":\"https://a.example.com/keys\"}]"},
        {"auths.0.parameters",
         "[{\"name\":\"api_key\",\"title\":\"The key\",\"type\":\"string\",\"required\":true,"
         "\"secret\":true}]"},
        {"auths.1", NULL},
        {"action_count", "2"},
        {"actions.0.name", "\"Find\""},
        {"actions.0.method", "\"GET\""},
        {"actions.0.path", "\"/things/{id}\""},
        {"actions.0.input.3",
         "{\"name\":\"kind\",\"title\":\"Kind of thing\",\"description\":\"Of all "
         "there are.\",\"type\":\"string\",\"required\":false,\"in\":\"query\"}"},
        {"actions.0.kind", "\"request\""},
        {"actions.0.input_type", NULL},
        {"actions.0.input.0.in", "\"path\""},
        {"actions.0.input.0.type", "\"integer\""},
        {"actions.0.input.0.required", "true"},
        {"actions.0.input.1.collectionFormat", "\"pipes\""},
        {"actions.0.input.1.items", "{\"type\":\"string\"}"},
        {"actions.0.input.2.default", "10"},
        {"actions.0.input.2.description", "\"At most\""},
        {"actions.1.input_type", "\"text/plain\""},
        {"actions.1.input.0.in", "\"body\""},
        {"openapi",
         "{\"2.0\":{\"json\":\"https://tenon.example.com/v1/connectors/sample/"
         "openapi.json?version=2.0\",\"yaml\":\"https://tenon.example.com/v1/connectors/sample/"
         "openapi.yaml?version=2.0\"},\"3.0\":{\"json\":\"https://tenon.example.com/v1/connectors/"
         "sample/openapi.json?version=3.0\",\"yaml\":\"https://tenon.example.com/v1/connectors/"
         "sample/openapi.yaml?version=3.0\"},\"3.1\":{\"json\":\"https://tenon.example.com/v1/"
         "connectors/sample/openapi.json?version=3.1\",\"yaml\":\"https://tenon.example.com/v1/"
         "connectors/sample/openapi.yaml?version=3.1\"}}"},
    };
    connector_t *c = load(DEFINITION);
    json_t *shown = connector_view(c, STR("https://tenon.example.com"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const json_t *found = at(shown, rows[i].path);
        buf_t text;
        buf_init(&text, 65536);
        if (found) {
            json_write(&text, found);
        }
        if (!found != !rows[i].json || (found && !str_is(buf_view(&text), rows[i].json))) {
            fail_msg("%s: %s", rows[i].path, found ? buf_c(&text) : "(none)");
        }
        buf_fini(&text);
    }
    json_decref(shown);
    connector_unref(c);
}

static void a_list_has_the_short_form(void **state)
{
    (void)state;
    connector_t *c = load(DEFINITION);
    json_t *shown = connector_view_short(c);
    buf_t text;
    buf_init(&text, 65536);
    json_write(&text, shown);
    assert_string_equal(buf_c(&text),
                        "{\"id\":\"sample\",\"title\":\"Sample\",\"version\":\"1.2.3\","
                        "\"status\":\"preview\",\"description\":\"For a test.\","
                        "\"action_count\":2,\"asks_admin\":true}");
    buf_fini(&text);
    json_decref(shown);
    connector_unref(c);
}

static void an_implied_way_to_sign_in_is_not_shown(void **state)
{
    (void)state;
    connector_t *c = load("tenon: 1\nid: sample\ntitle: S\nversion: 1.0.0\ndescription: D\n"
                          "hosts: any\nbase_url: https://a.example.com\n"
                          "actions:\n  A: {summary: A, method: GET, path: /a}\n");
    json_t *shown = connector_view(c, STR("https://tenon.example.com"));
    assert_int_equal(json_array_size(json_object_get(shown, "auths")), 0);
    assert_true(str_is(json_member(shown, "hosts"), "any"));
    json_decref(shown);
    connector_unref(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_what_is_needed_to_fill_it_in_and_to_call_it),
        cmocka_unit_test(a_list_has_the_short_form),
        cmocka_unit_test(an_implied_way_to_sign_in_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
