/* SPDX-License-Identifier: MIT */
/* Security requirements (OpenAPI 3.1, 4.8.30): each is an alternative, and one that names several
 * schemes needs them all. What is different becomes a way to sign in of its own. */
#include "base/buf.h"
#include "import/compose.h"
#include "import/names.h"
#include "import/openapi/scheme.h"
#include "import/settle.h"

/* FORMAT 11; each scheme asks for a parameter at least. */
enum { SCHEMES_MAX = 100, SCOPES_MAX = 500, KEY_MAX_BYTES = 16 << 20 };

static const char ANONYMOUS[] = "none";

/* --- one requirement --- */

static const json_t *scheme_of(const spec_t *s, const char *name)
{
    const json_t *components = json_object_get(s->root, "components");
    const json_t *all = bundle_follow(s->bundle, json_object_get(components, "securitySchemes"));
    return bundle_follow(s->bundle, json_object_get(all, name));
}

static json_t *ways_of(spec_t *s, const char *name)
{
    const json_t *scheme = scheme_of(s, name);
    if (!scheme) {
        report_note(s->report, "auth", "the document has no scheme %s", name);
        return json_array();
    }
    return scheme_ways(s, name, scheme);
}

static json_t *ways_of_requirement(spec_t *s, const json_t *requirement)
{
    json_t *ways = NULL;
    const char *name;
    json_t *scopes;
    if (json_object_size(requirement) > SCHEMES_MAX) {
        report_note(s->report, "auth", "%zu schemes together: a way to sign in takes %d parameters",
                    json_object_size(requirement), SCHEMES_MAX);
        return json_array();
    }
    json_object_foreach((json_t *)(uintptr_t)requirement, name, scopes)
    {
        (void)scopes;
        json_t *more = ways_of(s, name);
        ways = ways ? scheme_join(s, ways, more) : more;
    }
    return ways ? ways
                : json_pack("[{s:s,s:{s:s,s:s}}]", "name", ANONYMOUS, "auth", "title",
                            "Without signing in", "type", "none");
}

/* What makes it the same as another one: its schemes. */
static void add_key(buf_t *to, const json_t *requirement)
{
    const char *name;
    json_t *scopes;
    json_object_foreach((json_t *)(uintptr_t)requirement, name, scopes)
    {
        (void)scopes;
        buf_char(to, '\n');
        buf_lit(to, name);
    }
}

/* A name a way that joins several may be long. */
static str_t add_way(spec_t *s, const json_t *way)
{
    str_t name = name_plain_in(s->arena, json_member(way, "name"), 60);
    name = name_free_in(s->arena, name, s->auths);
    json_object_set(s->auths, name.p, json_object_get(way, "auth"));
    return name;
}

static json_t *add_requirement_ways(spec_t *s, const json_t *requirement)
{
    json_t *ways = ways_of_requirement(s, requirement);
    json_t *names = json_array();
    size_t at;
    json_t *way;
    json_array_foreach(ways, at, way)
    {
        if (json_object_size(s->auths) < DEFINITION_AUTHS_MAX) {
            json_array_append_new(names, json_str(add_way(s, way)));
        } else {
            report_note(s->report, "auth", "more than %d ways to sign in: %s is left out",
                        DEFINITION_AUTHS_MAX, json_member(way, "name").p);
        }
    }
    json_decref(ways);
    return names;
}

static json_t *names_of_requirement(spec_t *s, const json_t *requirement)
{
    buf_t key;
    buf_init(&key, KEY_MAX_BYTES);
    add_key(&key, requirement);
    json_t *names = json_object_get(s->alternatives, buf_c(&key));
    if (!names) {
        names = add_requirement_ways(s, requirement);
        json_object_set_new(s->alternatives, buf_c(&key), names);
    }
    buf_fini(&key);
    return names;
}

/* --- scopes --- */

static bool gets_tokens(const json_t *auth)
{
    return !scheme_is_light(auth) && !str_is(json_member(auth, "type"), "basic");
}

static void add_text_once(json_t *list, str_t text)
{
    size_t at;
    json_t *one;
    json_array_foreach(list, at, one)
    {
        if (str_eq(json_view(one), text)) {
            return;
        }
    }
    json_array_append_new(list, json_str(text));
}

static void add_scopes(spec_t *s, json_t *auth, const json_t *requirement)
{
    const char *name;
    size_t at;
    json_t *scopes, *scope;
    json_object_foreach((json_t *)(uintptr_t)requirement, name, scopes)
    {
        json_array_foreach(scopes, at, scope)
        {
            json_t *list = json_object_get(auth, "scopes");
            if (!list) {
                list = json_array();
                json_object_set_new(auth, "scopes", list);
            }
            if (json_array_size(list) == SCOPES_MAX) {
                report_note(s->report, "limit", "%s: more than %d scopes: the rest is left out",
                            name, SCOPES_MAX);
                return;
            }
            if (json_view(scope).n) {
                add_text_once(list, compose_literal_in(s->arena, json_view(scope)));
            }
        }
    }
}

/* --- operations --- */

static void add_requirement(spec_t *s, const json_t *requirement, json_t *to)
{
    size_t at;
    json_t *name;
    json_array_foreach(names_of_requirement(s, requirement), at, name)
    {
        json_t *auth = json_object_get(s->auths, json_string_value(name));
        if (gets_tokens(auth)) {
            add_scopes(s, auth, requirement);
        }
        add_text_once(to, json_view(name));
    }
}

/* Nothing at all, or `{}` alone. */
static bool is_open(const json_t *security)
{
    size_t at;
    json_t *one;
    json_array_foreach(security, at, one)
    {
        if (json_object_size(one) > 0) {
            return false;
        }
    }
    return true;
}

bool security_of_operation(spec_t *s, const json_t *operation, json_t **names)
{
    const json_t *own = json_object_get(operation, "security");
    const json_t *security = json_is_array(own) ? own : json_object_get(s->root, "security");
    size_t at;
    json_t *requirement;
    *names = NULL;
    if (is_open(security)) {
        return true;
    }
    *names = json_array();
    json_array_foreach(security, at, requirement)
    {
        add_requirement(s, requirement, *names);
    }
    if (json_array_size(*names) > 0) {
        return true;
    }
    json_decref(*names);
    *names = NULL;
    return false;
}

/* Many documents declare schemes and forget to say that they are needed. */
static void offer_all(spec_t *s, const json_t *schemes)
{
    const char *name;
    json_t *scheme;
    json_object_foreach((json_t *)(uintptr_t)schemes, name, scheme)
    {
        json_t *requirement = json_pack("{s:[]}", name);
        names_of_requirement(s, requirement);
        json_decref(requirement);
    }
    json_t *open = json_object();
    if (json_object_size(s->auths) > 0) {
        names_of_requirement(s, open);
        report_note(s->report, "security",
                    "no operation says which scheme it needs: every way to sign in is offered");
    }
    json_decref(open);
}

void security_finish(spec_t *s)
{
    const json_t *components = json_object_get(s->root, "components");
    const json_t *schemes =
        bundle_follow(s->bundle, json_object_get(components, "securitySchemes"));
    if (json_object_size(s->alternatives) == 0) {
        offer_all(s, schemes);
    }
}
