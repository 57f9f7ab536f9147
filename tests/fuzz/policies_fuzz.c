/* SPDX-License-Identifier: MIT */
/* Policies (FORMAT 10). The input is POLICIES LF JSON: a list of policies in YAML's flow style, and
 * a body. What comes out is a tree of its own that JSON can say; the body that it was made of is as
 * it was; numbers that no policy made keep their spelling; and policies that give one value for
 * another do what a second, plainer reader of places does. */
#include "base/map.h"
#include "codec/json_numbers.h"
#include "codec/url.h"
#include "connector.h"
#include "policy/policy.h"

static connector_t *connector_with(str_t policies)
{
    buf_t more;
    buf_init(&more, 1 << 16);
    buf_lit(&more, "policies: ");
    buf_str(&more, policies);
    buf_char(&more, '\n');
    connector_t *c = buf_ok(&more)
                         ? fuzz_connector(buf_c(&more), STR("path: /a, input: {body: {in: body}}"))
                         : NULL;
    buf_fini(&more);
    return c;
}

/* --- a tree of its own --- */

/* Objects and lists stand in one place each. */
static void require_tree(map_t *seen, json_t *value)
{
    const char *name;
    size_t index;
    json_t *inner;
    if (!json_is_object(value) && !json_is_array(value)) {
        return;
    }
    REQUIRE(!map_get(seen, str_at(&value, sizeof value)));
    map_set(seen, str_at(&value, sizeof value), value);
    json_array_foreach(value, index, inner)
    {
        require_tree(seen, inner);
    }
    json_object_foreach(value, name, inner)
    {
        (void)name;
        require_tree(seen, inner);
    }
}

/* --- numbers --- */

static void collect_numbers(map_t *to, const json_t *value, const json_numbers_t *numbers)
{
    const char *name;
    size_t index;
    json_t *inner;
    if (json_is_number(value)) {
        buf_t text;
        buf_init(&text, 1 << 16);
        json_write_spelt(&text, value, numbers);
        map_set(to, buf_view(&text), (void *)(uintptr_t)value);
        buf_fini(&text);
    }
    json_array_foreach(value, index, inner)
    {
        collect_numbers(to, inner, numbers);
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, inner)
    {
        (void)name;
        collect_numbers(to, inner, numbers);
    }
}

static void require_known_numbers(const json_t *before, const json_t *after,
                                  const json_numbers_t *numbers)
{
    map_t *known = map_new();
    map_t *found = map_new();
    str_t spelling;
    void *value;
    collect_numbers(known, before, numbers);
    collect_numbers(found, after, numbers);
    for (size_t at = 0; map_next(found, &at, &spelling, &value);) {
        REQUIRE(map_get(known, spelling));
    }
    map_free(known);
    map_free(found);
}

/* --- the plainer reader --- */

static json_t *replaced(str_t text, const policy_t *policy)
{
    buf_t to;
    buf_init(&to, 1 << 22);
    for (size_t i = 0; i < text.n;) {
        bool here = policy->find.n && str_starts(str_slice(text, i, text.n), policy->find);
        buf_str(&to, here ? policy->with : str_slice(text, i, i + 1));
        i += here ? policy->find.n : 1;
    }
    json_t *value = json_str(buf_view(&to));
    buf_fini(&to);
    return value;
}

static json_t *encoded(str_t text)
{
    buf_t to;
    buf_init(&to, 1 << 22);
    url_encode_segment(&to, text);
    json_t *value = json_str(buf_view(&to));
    buf_fini(&to);
    return value;
}

/* What stands in the place of a value (NULL: an object has no such member). New reference or NULL.
 */
static json_t *other_value(const policy_t *policy, json_t *value)
{
    bool text = json_is_string(value);
    if (policy->kind == POLICY_SET_PROPERTY) {
        return json_incref(policy->value->value);
    }
    return policy->kind == POLICY_REPLACE_STRING && text    ? replaced(json_view(value), policy)
           : policy->kind == POLICY_ENCODE_PROPERTY && text ? encoded(json_view(value))
                                                            : json_incref(value);
}

/* Steals value; answers what takes its place. */
static json_t *expect(const policy_t *policy, size_t step, json_t *value)
{
    if (step == policy->at.count) {
        json_t *other = other_value(policy, value);
        json_decref(value);
        return other;
    }
    const place_step_t *at = &policy->at.steps[step];
    size_t first = at->each ? 0 : at->index;
    size_t end = at->each ? json_array_size(value) : at->index + 1;
    if (at->name.p && json_is_object(value)) {
        json_t *member = json_object_getn(value, at->name.p, at->name.n);
        bool last = step + 1 == policy->at.count;
        if (member || last) {
            json_t *other = expect(policy, step + 1, json_incref(member));
            (void)(other && json_object_setn_new(value, at->name.p, at->name.n, other));
        }
    }
    for (size_t i = first; !at->name.p && i < end && i < json_array_size(value); i++) {
        json_array_set_new(value, i,
                           expect(policy, step + 1, json_incref(json_array_get(value, i))));
    }
    return value;
}

static bool is_plain(const policies_t *policies)
{
    for (size_t i = 0; i < policies->count; i++) {
        const policy_t *policy = policies->list[i];
        bool constant = policy->kind == POLICY_SET_PROPERTY && policy->value->kind == TREE_VALUE;
        if (policy->to.steps != policy->at.steps ||
            (!constant && policy->kind != POLICY_REPLACE_STRING &&
             policy->kind != POLICY_ENCODE_PROPERTY)) {
            return false;
        }
    }
    return true;
}

static bool makes_values(const policies_t *policies)
{
    bool makes = false;
    for (size_t i = 0; i < policies->count; i++) {
        makes = makes || policies->list[i]->kind == POLICY_SET_PROPERTY;
    }
    return makes;
}

/* --- */

static void require_sound(const policies_t *policies, const json_t *body, const policy_body_t *own,
                          const json_numbers_t *numbers)
{
    buf_t text;
    err_t err = ERR_INIT;
    map_t *seen = map_new();
    require_tree(seen, own->value);
    map_free(seen);
    buf_init(&text, 1 << 24);
    json_write_spelt(&text, own->value, numbers);
    if (buf_ok(&text)) {
        json_t *again = json_read(buf_view(&text), &(json_limits_t){.depth = 1000}, &err);
        REQUIRE(again && json_equal(again, own->value));
        json_decref(again);
    }
    buf_fini(&text);
    REQUIRE(own->changed || json_equal(own->value, body));
    if (!makes_values(policies)) {
        require_known_numbers(body, own->value, numbers);
    }
    if (is_plain(policies)) {
        json_t *wanted = json_deep_copy(body);
        for (size_t i = 0; i < policies->count; i++) {
            wanted = expect(policies->list[i], 0, wanted);
        }
        REQUIRE(json_equal(wanted, own->value));
        json_decref(wanted);
    }
}

static void run(const connector_t *c, const policies_t *policies, json_t *body,
                const json_numbers_t *numbers)
{
    err_t err = ERR_INIT;
    value_scope_t scope;
    json_t *before = json_deep_copy(body);
    json_t *input = json_pack("{s:O}", "body", body);
    policy_body_t own = {.value = policy_body_of(body), .bytes_max = 1 << 20};
    value_scope_init(&scope, c, NULL, 0);
    scope.input = input;
    REQUIRE(own.value);
    if (policies_run(policies, &scope, &own, &err)) {
        require_sound(policies, body, &own, numbers);
    } else {
        REQUIRE(err_is_set(&err));
    }
    REQUIRE(json_equal(body, before));
    err_fini(&err);
    json_decref(own.value);
    json_decref(input);
    json_decref(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t text = str_at(data, size);
    str_t policies = fuzz_line(&text);
    json_numbers_t *numbers;
    err_t err = ERR_INIT;
    connector_t *c = str_is_utf8(policies) ? connector_with(policies) : NULL;
    json_t *body = json_read_spelt(text.p ? text : STR(""), NULL, &numbers, &err);
    if (c && body) {
        run(c, &c->actions[0].request_policies, body, numbers);
        run(c, &c->actions[0].response_policies, body, numbers);
    }
    json_decref(body);
    json_numbers_free(numbers);
    if (c) {
        connector_unref(c);
    }
    return 0;
}
