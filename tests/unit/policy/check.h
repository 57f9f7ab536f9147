/* SPDX-License-Identifier: MIT */
/* Policies as a definition writes them, run on a body. */
#ifndef TENON_TESTS_UNIT_POLICY_CHECK_H
#define TENON_TESTS_UNIT_POLICY_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json_numbers.h"
#include "definition/catalogue/load.h"
#include "policy/policy.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* policies: a list in YAML's flow style. The action A takes a body; B none. */
static inline connector_t *connector_with(const char *policies)
{
    diagnostics_t found;
    buf_t text;
    arena_t *arena = arena_new(0);
    buf_init(&text, 1 << 20);
    buf_printf(&text,
               "tenon: 1\nid: x\ntitle: X\ndescription: D\nversion: 1.0.0\nhosts: [a.example]\n"
               "base_url: https://a.example\npolicies: %s\nconnection: {parameters: {"
               "tenant: {type: string}, key: {type: string, secret: true}}}\n"
               "actions:\n  A: {summary: A, path: /a, input: {body: {in: body}}, steps: {s: {url: "
               "/s}}}\n  B: {summary: B, method: GET, path: /b}\n",
               policies);
    diagnostics_init(&found, arena);
    connector_t *c =
        buf_ok(&text) ? definition_load(STR("x.yaml"), buf_view(&text), NULL, &found) : NULL;
    for (unsigned i = 0; !c && i < found.count; i++) {
        print_error("%s: %s\n", policies, found.list[i].text);
    }
    arena_free(arena);
    buf_fini(&text);
    assert_non_null(c);
    return c;
}

/* What becomes of the body, written as it was spelt. Answers false with an error. response: those
 * of that section. bytes_max 0: enough. */
typedef struct reshaped {
    buf_t text;
    bool done, changed;
    err_t err;
} reshaped_t;

static inline reshaped_t reshape_by(const connector_t *c, const policies_t *policies,
                                    const char *body, size_t bytes_max)
{
    reshaped_t r = {.err = ERR_INIT};
    json_numbers_t *numbers = NULL;
    json_t *read = json_read_spelt(str_of(body), NULL, &numbers, &r.err);
    assert_non_null(read);
    json_t *connection = json_pack("{s:s}", "tenant", "acme");
    json_t *steps = json_pack("{s:{s:{s:s}}}", "s", "body", "etag", "W/1");
    json_t *input = json_pack("{s:O}", "body", read);
    value_scope_t scope;
    value_scope_init(&scope, c, NULL, 0);
    scope.connection = connection;
    scope.input = input;
    scope.steps = steps;
    policy_body_t own = {.value = policy_body_of(read),
                         .bytes_max = bytes_max ? bytes_max : 1 << 20};
    r.done = policies_run(policies, &scope, &own, &r.err);
    r.changed = own.changed;
    buf_init(&r.text, 1 << 22);
    json_write_spelt(&r.text, own.value, numbers);
    json_decref(own.value);
    json_decref(read);
    json_decref(input);
    json_decref(connection);
    json_decref(steps);
    json_numbers_free(numbers);
    return r;
}

static inline reshaped_t reshape(const char *policies, const char *body, bool response,
                                 size_t bytes_max)
{
    connector_t *c = connector_with(policies);
    const action_t *a = connector_action(c, STR("A"));
    reshaped_t r =
        reshape_by(c, response ? &a->response_policies : &a->request_policies, body, bytes_max);
    connector_unref(c);
    return r;
}

static inline void reshaped_fini(reshaped_t *r)
{
    buf_fini(&r->text);
    err_fini(&r->err);
}

typedef struct row {
    const char *policies, *body, *expected;
} row_t;

static inline void check_rows(const row_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        reshaped_t r = reshape(rows[i].policies, rows[i].body, false, 0);
        if (!r.done || !str_is(buf_view(&r.text), rows[i].expected)) {
            print_error("%s\n  on %s\n  made %s%s\n", rows[i].policies, rows[i].body,
                        buf_c(&r.text), r.done ? "" : r.err.text);
        }
        assert_true(r.done);
        assert_string_equal(buf_c(&r.text), rows[i].expected);
        assert_int_equal(r.changed, strcmp(rows[i].body, rows[i].expected) != 0);
        reshaped_fini(&r);
    }
}

#endif
