/* SPDX-License-Identifier: MIT */
#include "import/openapi/scheme.h"

#include "import/compose.h"
#include "import/names.h"

static const scheme_type_t *const TYPES[] = {&SCHEME_API_KEY, &SCHEME_HTTP, &SCHEME_OAUTH2,
                                             &SCHEME_OPENID_CONNECT, &SCHEME_MUTUAL_TLS};

json_t *scheme_ways(spec_t *s, const char *name, const json_t *from)
{
    scheme_t scheme = {s, name, name_plain_in(s->arena, str_of(name), 40), from, json_array()};
    str_t type = json_member(from, "type");
    bool known = false;
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (str_is(type, TYPES[i]->name)) {
            known = true;
            TYPES[i]->build(&scheme);
        }
    }
    if (!known) {
        report_note(s->report, "auth", "%s: a scheme of type %.*s is not known", name,
                    STR_ARG(type));
    }
    return scheme.ways;
}

json_t *scheme_add_way(scheme_t *scheme, const char *type, const char *suffix)
{
    json_t *auth = json_object();
    str_t name =
        suffix ? arena_printf(scheme->s->arena, "%s_%s", scheme->ours.p, suffix) : scheme->ours;
    json_add_text(auth, "description", str_trim(json_member(scheme->from, "description")));
    json_object_set_new(auth, "type", json_string(type));
    json_array_append_new(scheme->ways, json_pack("{s:s,s:o}", "name", name.p, "auth", auth));
    return auth;
}

json_t *scheme_add_parameter(json_t *auth, str_t name, const char *title, bool secret)
{
    json_t *field = json_pack("{s:s,s:s,s:b}", "title", title, "type", "string", "required", 1);
    json_add_flag(field, "secret", secret);
    json_object_set_new(json_child(auth, "parameters"), name.p, field);
    return field;
}

void scheme_inject(const scheme_t *scheme, json_t *auth, const char *place, str_t name,
                   str_t template)
{
    bool cookie = strcmp(place, "cookie") == 0;
    json_t *inject = json_child(auth, "inject");
    json_t *to = json_child(inject, strcmp(place, "query") == 0 ? "query" : "headers");
    if (cookie) {
        str_t begin = compose_literal_in(scheme->s->arena, name);
        json_object_set_new(to, "Cookie", json_sprintf("%s=%.*s", begin.p, STR_ARG(template)));
    } else {
        json_object_setn_new(to, name.p, name.n, json_str(template));
    }
}
