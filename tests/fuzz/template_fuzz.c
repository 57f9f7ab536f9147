/* SPDX-License-Identifier: MIT */
/* Templates and URL templates from arbitrary text, over a scope that is fixed but for one value.
 * The input is TEMPLATE [NUL VALUE]; the value is input.v and connection.v. Beside crashes it finds
 * values that leave their position: another host, one more path segment, a line end in a header,
 * text that is not UTF-8. */
#include "codec/json.h"
#include "codec/url.h"
#include "fuzz.h"
#include "template/template.h"

static json_t *look_up(void *context, template_root_t root, const template_step_t *steps,
                       size_t count)
{
    const json_t *value = json_object_get(context, template_root_name(root));
    return json_incref((json_t *)(uintptr_t)template_walk(value, steps, count));
}

static json_t *values_with(str_t v)
{
    return json_pack("{s:{s:o,s:s,s:s},s:{s:o,s:i,s:b,s:n,s:[i,s,{s:f}]},s:s}", "connection", "v",
                     json_str(v), "host", "a.example.com", "url", "https://a.example.com/b",
                     "input", "v", json_str(v), "n", 17, "yes", 1, "null", "list", 1, "two",
                     "three", 3.5, "assertion", "eyJ");
}

static void check_values(const template_t *t, template_scope_t *scope)
{
    buf_t seen;
    json_t *value;
    err_t err = ERR_INIT;
    buf_init(&seen, 1 << 20);
    if (template_header(t, scope, &seen, &err) == TEMPLATE_OK) {
        REQUIRE(str_index(buf_view(&seen), '\n') == SIZE_MAX);
        REQUIRE(str_index(buf_view(&seen), '\0') == SIZE_MAX);
    }
    err = ERR_INIT;
    if (template_json(t, scope, &value, &err) == TEMPLATE_OK) {
        REQUIRE(!json_is_string(value) || str_is_utf8(json_view(value)));
    }
    json_decref(value);
    buf_fini(&seen);
}

static size_t count_of(str_t s, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++) {
        count += s.p[i] == c;
    }
    return count;
}

/* What the literal texts of the path say. */
static size_t slashes_of(const url_template_t *u)
{
    size_t count = 0;
    for (size_t i = 0; i < u->path_count; i++) {
        count += u->path[i].expr ? 0 : count_of(u->path[i].text, '/');
    }
    return count;
}

static bool ends_with_authority(str_t host, const url_template_t *u)
{
    const template_part_t *last = &u->authority[u->authority_count - 1];
    return last->expr || str_index(last->text, ':') != SIZE_MAX ||
           str_index(last->text, '[') != SIZE_MAX || str_ends_nocase(host, last->text);
}

static void check_parts(const url_template_t *u, const url_t *url)
{
    size_t base = u->kind == URL_RELATIVE ? 2 : 0; /* slashes of https://base/v1 behind its host */
    if (u->kind == URL_RELATIVE) {
        REQUIRE(str_is(url->host, "base") && count_of(url->path, '/') == slashes_of(u) + base - 1);
    } else if (u->kind == URL_ABSOLUTE) {
        size_t slashes = slashes_of(u);
        REQUIRE(count_of(url->path, '/') == (slashes ? slashes : 1));
        REQUIRE(ends_with_authority(url->host, u));
    }
    REQUIRE((url->query.p != NULL) == u->has_query);
    REQUIRE((url->fragment.p != NULL) == (u->fragment.p != NULL));
}

static void check_url(arena_t *arena, const template_t *t, template_scope_t *scope)
{
    url_t url;
    buf_t seen;
    uint16_t port;
    err_t err = ERR_INIT;
    const url_template_t *u = url_template_in(arena, t, &err);
    if (!u) {
        REQUIRE(err.code == ERR_definition_bad_url);
        return;
    }
    (void)url_template_constant_host(u, &port);
    buf_init(&seen, 1 << 20);
    if (url_template_text(u, scope, STR("https://base/v1"), &seen, &err) == TEMPLATE_OK) {
        REQUIRE(url_parse_in(arena, buf_view(&seen), &url, &err));
        check_parts(u, &url);
    }
    buf_fini(&seen);
}

static void on_ref(void *context, const expr_t *ref, bool sure)
{
    *(size_t *)context += sure && ref->kind == EXPR_REF;
}

static bool is_input(void *context, const expr_t *ref)
{
    (void)context;
    return ref->root == ROOT_INPUT;
}

static void check_questions(const template_t *t)
{
    size_t count = 0;
    template_visit(t, on_ref, &count);
    for (size_t i = 0; i < t->count; i++) {
        (void)(t->parts[i].expr && expr_is_sure(t->parts[i].expr, is_input, NULL));
    }
    REQUIRE(!template_is_constant(t) || (count == 0 && template_constant(t).p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t value = str_at(data, size);
    str_t text = str_cut(&value, '\0');
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    const template_t *t = template_parse_in(arena, text.p ? text : STR(""), 1, 1, &err);
    REQUIRE((t != NULL) == (err.code == ERR_none));
    if (t) {
        json_t *values = values_with(value.p ? value : STR("v"));
        template_scope_t scope = {
            .context = values, .lookup = look_up, .wall_ms = INT64_C(1795318267089)};
        check_questions(t);
        check_values(t, &scope);
        check_url(arena, t, &scope);
        json_decref(values);
    }
    arena_free(arena);
    return 0;
}
