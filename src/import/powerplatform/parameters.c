/* SPDX-License-Identifier: MIT */
/* What a connection asks for: connectionParameters as fields of FORMAT 4. */
#include "import/compose.h"
#include "import/names.h"
#include "import/powerplatform/source.h"

enum { NAME_MAX_BYTES = 60 };

static str_t bare(str_t name)
{
    static const str_t prefix = STR_INIT("token:");
    bool token = name.n > prefix.n && str_eq_nocase(str_slice(name, 0, prefix.n), prefix);
    return token ? str_slice(name, prefix.n, name.n) : name;
}

str_t parameter_name(const source_t *s, str_t name)
{
    const char *key;
    json_t *ours;
    json_object_foreach(s->names, key, ours)
    {
        if (str_eq_nocase(str_of(key), name) || str_eq_nocase(bare(str_of(key)), bare(name))) {
            return json_view(ours);
        }
    }
    return STR_NONE;
}

static str_t name_of(source_t *s, str_t name)
{
    str_t known = json_view(json_object_getn(s->names, name.p, name.n));
    if (known.p) {
        return known;
    }
    str_t ours =
        name_free_in(s->arena, name_plain_in(s->arena, bare(name), NAME_MAX_BYTES), s->connections);
    json_object_setn_new(s->names, name.p, name.n, json_str(ours));
    return ours;
}

/* --- one parameter --- */

static void add_choices(const json_t *values, json_t *field)
{
    json_t *choices = json_object();
    size_t at;
    json_t *one;
    json_array_foreach(values, at, one)
    {
        str_t value = json_member(one, "value"), text = json_member(one, "text");
        if (value.n) {
            json_object_setn_new(choices, value.p, value.n, json_str(text.n ? text : value));
        }
    }
    json_add_filled(field, "choices", choices);
}

static const char *type_of(str_t type)
{
    return str_eq_nocase(type, STR("int"))    ? "integer"
           : str_eq_nocase(type, STR("bool")) ? "boolean"
                                              : "string";
}

static void add_default(source_t *s, const char *name, const json_t *value, json_t *field)
{
    const char *type = json_string_value(json_object_get(field, "type"));
    bool fits = str_is(str_of(type), "string") ? json_is_string(value) && json_view(value).n
                                               : json_is_boolean(value) || json_is_integer(value);
    if (fits && !json_object_get(field, "secret")) {
        json_object_set_new(field, "default", json_deep_copy(value));
    } else if (json_view(value).n) {
        report_note(s->report, "parameter", "%s: its default is left out", name);
    }
}

void parameter_import(source_t *s, const char *name, const json_t *parameter, json_t *to)
{
    const json_t *ui = json_object_get(parameter, "uiDefinition");
    const json_t *constraints = json_object_get(ui, "constraints");
    const json_t *allowed = json_object_get(constraints, "allowedValues");
    str_t type = json_member(parameter, "type"),
          title = member_nocase(ui, "displayName") ? json_view(member_nocase(ui, "displayName"))
                                                   : STR_NONE;
    bool secret = str_eq_nocase(type, STR("securestring"));
    str_t ours = name_of(s, str_of(name));
    json_t *field = json_object();
    json_add_text(field, "title", title);
    json_add_text(field, "description", json_member(ui, "description"));
    json_object_set_new(field, "type", json_string(type_of(type)));
    json_add_flag(field, "required", is_true(json_object_get(constraints, "required")));
    json_add_flag(field, "secret", secret);
    if (!secret && str_is(str_of(type_of(type)), "string")) {
        add_choices(allowed ? allowed : json_object_get(parameter, "allowedValues"), field);
    }
    add_default(s, name, json_object_get(parameter, "defaultValue"), field);
    if (secret) {
        json_object_set_new(s->secrets, ours.p, json_true());
    }
    json_object_set(s->connections, ours.p, field);
    json_object_set_new(to, ours.p, field);
}

/* --- secrets in templates --- */

str_t mentioned_parameter(str_t expression, size_t *at)
{
    static const str_t root = STR_INIT("connection.");
    size_t from = compose_find(expression, root, *at);
    if (from == SIZE_MAX) {
        return STR_NONE;
    }
    from += root.n;
    *at = from;
    while (*at < expression.n && (ascii_is_alnum(expression.p[*at]) || expression.p[*at] == '_')) {
        ++*at;
    }
    return str_slice(expression, from, *at);
}

static bool is_secret_expression(const source_t *s, str_t expression)
{
    size_t at = 0;
    for (str_t name; (name = mentioned_parameter(expression, &at)).p;) {
        if (json_object_getn(s->secrets, name.p, name.n)) {
            return true;
        }
    }
    return compose_find(expression, STR("token."), 0) != SIZE_MAX;
}

bool is_secret_template(const source_t *s, str_t text)
{
    size_t at = 0;
    for (str_t expression; (expression = compose_next(text, &at)).p;) {
        if (is_secret_expression(s, expression)) {
            return true;
        }
    }
    return false;
}
