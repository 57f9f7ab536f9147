/* SPDX-License-Identifier: MIT */
/* Parameters of an operation (OpenAPI 3.1, 4.8.12) as inputs. */
#include "base/buf.h"
#include "import/compose.h"
#include "import/names.h"
#include "import/openapi/call.h"
#include "import/openapi/scheme.h"

enum { COOKIES_MAX_BYTES = 64 << 10 }; /* a text of a definition (FORMAT 11) */

/* --- one parameter --- */

static bool is_header(const styled_t *v, const char *const *names)
{
    for (size_t i = 0; names[i] && strcmp(v->place, "header") == 0; i++) {
        if (str_eq_nocase(v->name, str_of(names[i]))) {
            return true;
        }
    }
    return false;
}

/* By media types and security schemes these are said, wherever a parameter says them, too; in 2.0
 * the credential alone. */
static bool is_said_elsewhere(const call_t *c, const styled_t *v)
{
    static const char *const names[] = {"Accept", "Content-Type", "Authorization", NULL};
    static const char *const credential[] = {"Authorization", NULL};
    bool signs = json_object_get(c->s->root, "securityDefinitions") != NULL;
    return is_header(v, c->s->is_v2 ? credential : names) && (!c->s->is_v2 || signs);
}

/* Tenon's own, of each of its connections to the service. */
static bool is_of_connection(const styled_t *v)
{
    static const char *const names[] = {"Host",           "Connection", "TE",
                                        "Keep-Alive",     "Upgrade",    "Transfer-Encoding",
                                        "Content-Length", NULL};
    return is_header(v, names);
}

static str_t usual_style(const char *place)
{
    bool form = strcmp(place, "query") == 0 || strcmp(place, "cookie") == 0;
    return form ? STR("form") : STR("simple");
}

/* `.5` and `;id=5`: what stands before the value stands in the path. */
static void add_prefix(call_t *c, const styled_t *v)
{
    str_t variable = arena_printf(c->s->arena, "{%.*s}", STR_ARG(v->name));
    size_t at = str_find(c->path, variable, 0);
    bool label = str_is(v->style, "label"), matrix = str_is(v->style, "matrix");
    if (strcmp(v->place, "path") != 0 || at == SIZE_MAX || (!label && !matrix)) {
        return;
    }
    str_t prefix = label ? STR(".") : arena_printf(c->s->arena, ";%.*s=", STR_ARG(v->name));
    str_t rest = str_slice(c->path, at, c->path.n);
    c->path = arena_printf(c->s->arena, "%.*s%.*s%.*s", (int)at, c->path.p, STR_ARG(prefix),
                           STR_ARG(rest));
}

static void add_cookie(call_t *c, const styled_t *v)
{
    bool named = name_is_cookie(v->name);
    if (!named && v->required) {
        report_refuse(c->s->report, c->name, "parameter", "%.*s is no name of a cookie",
                      STR_ARG(v->name));
    } else if (!named) {
        report_warn(c->s->report, c->name, "parameter",
                    "%.*s is left out: it is no name of a cookie", STR_ARG(v->name));
    }
    if (!named) {
        return;
    }
    str_t ours = name_free_in(c->s->arena, name_plain_in(c->s->arena, v->name, 60), c->input);
    json_t *field = call_scalar_field(c, v->schema, v->description);
    if (str_is(json_member(field, "type"), "array") ||
        str_is(json_member(field, "type"), "object")) {
        json_decref(field);
        field = call_text_field(c, v->schema, v->description, "As it stands in the cookie.");
    }
    json_add_flag(field, "required", v->required);
    json_object_set_new(field, "in", json_string("query"));
    json_object_setn_new(c->input, ours.p, ours.n, field);
    json_object_setn_new(c->cookies, v->name.p, v->name.n, json_str(ours));
}

/* `content`: the value is spelt in a media type (OpenAPI 3.1, 4.8.12.2.2). */
static bool has_content(const json_t *parameter)
{
    return json_object_size(json_object_get(parameter, "content")) > 0;
}

static void add_content(call_t *c, const styled_t *v, const json_t *parameter)
{
    const json_t *content = json_object_get(parameter, "content");
    str_t type = media_choose(content);
    str_t how = arena_printf(c->s->arena, "A text of type %.*s.", STR_ARG(type));
    json_t *field = call_text_field(c, media_schema(content, type), v->description, how.p);
    report_warn(c->s->report, c->name, "style", "%.*s is a text of type %.*s", STR_ARG(v->name),
                STR_ARG(type));
    json_add_flag(field, "required", v->required);
    call_add_input(c, v->name, v->place, field);
}

static styled_t value_of(const json_t *parameter)
{
    const json_t *explode = json_object_get(parameter, "explode");
    styled_t v = {
        .name = json_member(parameter, "name"),
        .place = json_string_value(json_object_get(parameter, "in")),
        .schema = json_object_get(parameter, "schema"),
        .description = json_member(parameter, "description"),
        .style = json_member(parameter, "style"),
        .collection = json_member(parameter, "collectionFormat"),
    };
    v.place = v.place ? v.place : "";
    v.style = v.style.n ? v.style : usual_style(v.place);
    v.explode = json_is_boolean(explode) ? json_is_true(explode) : str_is(v.style, "form");
    v.required =
        schema_is_true(json_object_get(parameter, "required")) || strcmp(v.place, "path") == 0;
    return v;
}

/* What a parameter says beside its schema. */
static void add_sides(call_t *c, const json_t *parameter, json_t *field)
{
    if (!field) {
        return;
    }
    json_add_flag(field, "deprecated", schema_is_true(json_object_get(parameter, "deprecated")));
    extensions_take(&c->s->schemas, parameter, field);
    const json_t *example = json_object_get(parameter, "example");
    bool fits = example && !json_object_get(field, "example") && !json_object_get(field, "secret");
    if (fits && !json_object_get(field, "$ref")) {
        json_object_set_new(field, "example", schema_value_of(&c->s->schemas, example));
    }
}

static void add_value(call_t *c, const styled_t *v, const json_t *parameter)
{
    if (schema_is_true(json_object_get(parameter, "allowReserved"))) {
        report_warn(c->s->report, c->name, "style",
                    "%.*s: reserved characters are encoded all the same", STR_ARG(v->name));
    }
    size_t before = json_object_size(c->input);
    add_prefix(c, v);
    if (strcmp(v->place, "cookie") == 0) {
        add_cookie(c, v);
    } else if (has_content(parameter)) {
        add_content(c, v, parameter);
    } else {
        call_add_styled(c, v);
    }
    if (json_object_size(c->input) == before + 1) {
        void *last = NULL;
        for (void *i = json_object_iter(c->input); i; i = json_object_iter_next(c->input, i)) {
            last = i;
        }
        add_sides(c, parameter, json_object_iter_value(last));
    }
}

static void add_parameter(call_t *c, const json_t *reference)
{
    static const char *const places[] = {"path", "query", "header", "cookie"};
    const json_t *parameter = bundle_follow(c->s->bundle, reference);
    styled_t v = value_of(parameter);
    bool known = false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        known = known || strcmp(v.place, places[i]) == 0;
    }
    if (!call_takes(c, json_object_size(c->input) + 1)) {
        return;
    }
    if (!parameter) {
        report_refuse(c->s->report, c->name, "reference", "%.*s leads nowhere",
                      STR_ARG(json_member(reference, "$ref")));
    } else if (!known || !v.name.n) {
        report_refuse(c->s->report, c->name, "parameter", "%.*s in %s", STR_ARG(v.name), v.place);
    } else if (is_of_connection(&v)) {
        report_warn(c->s->report, c->name, "parameter",
                    "the header %.*s is left out: Tenon sets it", STR_ARG(v.name));
    } else if (!is_said_elsewhere(c, &v)) {
        add_value(c, &v, parameter);
    }
}

/* --- the list --- */

static bool is_overridden(const call_t *c, const json_t *parameter)
{
    size_t at;
    json_t *own;
    json_array_foreach(json_object_get(c->from, "parameters"), at, own)
    {
        const json_t *one = bundle_follow(c->s->bundle, own);
        if (json_equal(json_object_get(one, "name"), json_object_get(parameter, "name")) &&
            json_equal(json_object_get(one, "in"), json_object_get(parameter, "in"))) {
            return true;
        }
    }
    return false;
}

/* Variables of the path that no parameter tells of. */
static void add_missing_variables(call_t *c)
{
    str_t rest = c->path;
    while (rest.p) {
        (void)str_cut(&rest, '{');
        str_t name = rest.p ? str_cut(&rest, '}') : STR_NONE;
        if (name.n && rest.p && !json_object_getn(c->input, name.p, name.n)) {
            report_warn(c->s->report, c->name, "parameter",
                        "the document does not tell of {%.*s}: it is a text", STR_ARG(name));
            call_add_input(c, name, "path",
                           json_pack("{s:s,s:b}", "type", "string", "required", 1));
        }
    }
}

/* RFC 6265 4.2.1; encoded, so that no value ends where another cookie begins. */
static void write_cookies(call_t *c)
{
    const char *name;
    json_t *ours;
    buf_t to;
    buf_init(&to, COOKIES_MAX_BYTES);
    buf_lit(&to, "join('; '");
    json_object_foreach(c->cookies, name, ours)
    {
        str_t input = name_of_input_in(c->s->arena, json_view(ours));
        str_t begin = arena_printf(c->s->arena, "%s=", name);
        buf_printf(&to, ", concat(%s, url_encode(%s))", compose_quoted_in(c->s->arena, begin).p,
                   input.p);
    }
    buf_char(&to, ')');
    if (!buf_ok(&to)) {
        report_refuse(c->s->report, c->name, "limit", "its cookies have too long names");
    } else if (json_object_size(c->cookies) > 0) {
        json_object_set_new(json_child(json_child(c->action, "request"), "headers"), "Cookie",
                            json_str(compose_expression_in(c->s->arena, buf_view(&to))));
    }
    buf_fini(&to);
}

void call_add_parameters(call_t *c)
{
    size_t at;
    json_t *one;
    const json_t *common = json_object_get(c->item, "parameters");
    const json_t *own = json_object_get(c->from, "parameters");
    if (!call_takes(c, json_array_size(common)) || !call_takes(c, json_array_size(own))) {
        return;
    }
    json_array_foreach(common, at, one)
    {
        const json_t *parameter = bundle_follow(c->s->bundle, one);
        if (!parameter || !is_overridden(c, parameter)) {
            add_parameter(c, one);
        }
    }
    json_array_foreach(own, at, one)
    {
        add_parameter(c, one);
    }
    add_missing_variables(c);
    write_cookies(c);
}
