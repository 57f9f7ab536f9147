/* SPDX-License-Identifier: MIT */
/* Paths of policy templates as places of FORMAT 10. */
#include "import/powerplatform/policy_template.h"

typedef struct walk {
    body_work_t *b;
    buf_t to;
    const json_t *schema; /* of what stands at the place so far; NULL: not known */
} walk_t;

enum { PLACE_MAX = 2000 };

/* --- schemas --- */

static const json_t *behind(const source_t *s, const json_t *schema)
{
    for (unsigned hops = 0; schema && hops < 20; hops++) {
        str_t reference = json_member(schema, "$ref");
        const json_t *all = json_object_get(schema, "allOf");
        if (reference.p) {
            str_t name = str_slice(reference, strlen("#/schemas/"), reference.n);
            schema = json_object_getn(s->schemas, name.p, name.n);
        } else if (json_array_size(all) == 1) {
            schema = json_array_get(all, 0);
        } else {
            return schema;
        }
    }
    return NULL;
}

static const json_t *root_schema(const body_work_t *b)
{
    if (!b->response) {
        return behind(b->o->s, b->o->body);
    }
    const char *status;
    json_t *answer;
    json_object_foreach(json_object_get(b->o->action, "responses"), status, answer)
    {
        const json_t *schema = json_object_get(answer, "schema");
        if (status[0] == '2' && schema) {
            return behind(b->o->s, schema);
        }
    }
    return NULL;
}

static bool is_array(walk_t *w)
{
    const json_t *told = json_object_get(w->b->arrays, buf_c(&w->to));
    return told ? json_is_true(told) : str_is(json_member(w->schema, "type"), "array");
}

void place_is_array(body_work_t *b, str_t place, bool array)
{
    json_object_setn_new(b->arrays, place.p, place.n, json_boolean(array));
}

/* --- steps --- */

static void enter(walk_t *w)
{
    if (is_array(w)) {
        buf_lit(&w->to, "[]");
        w->schema = behind(w->b->o->s, json_object_get(w->schema, "items"));
    }
}

static bool is_plain(str_t name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (!ascii_is_alnum(name.p[i]) && name.p[i] != '_') {
            return false;
        }
    }
    return name.n > 0 && !ascii_is_digit(name.p[0]);
}

static void step(walk_t *w, str_t name)
{
    enter(w);
    if (is_plain(name)) {
        buf_printf(&w->to, ".%.*s", STR_ARG(name));
    } else {
        buf_printf(&w->to, "['%.*s']", STR_ARG(name));
    }
    const json_t *members = json_object_get(w->schema, "properties");
    w->schema = behind(w->b->o->s, json_object_getn(members, name.p ? name.p : "", name.n));
}

static str_t unquoted(str_t text)
{
    bool quoted = text.n > 1 && text.p[0] == '\'' && text.p[text.n - 1] == '\'';
    return quoted ? str_slice(text, 1, text.n - 1) : text;
}

/* `.a`, `['b']`, `[0]`, or a bare name first. */
static bool steps(walk_t *w, str_t path)
{
    while (path.n) {
        size_t end = 1;
        if (path.p[0] == '[') {
            end = str_find(path, STR("]"), 0);
            str_t inner = str_slice(path, 1, end);
            if (end == SIZE_MAX) {
                return false;
            }
            if (inner.n && ascii_is_digit(inner.p[0])) {
                buf_printf(&w->to, "[%.*s]", STR_ARG(inner));
                w->schema = behind(w->b->o->s, json_object_get(w->schema, "items"));
            } else {
                step(w, unquoted(inner));
            }
            path = str_slice(path, end + 1, path.n);
            continue;
        }
        size_t from = path.p[0] == '.' ? 1 : 0;
        for (end = from; end < path.n && path.p[end] != '.' && path.p[end] != '['; end++) {
        }
        step(w, str_slice(path, from, end));
        path = str_slice(path, end, path.n);
    }
    return true;
}

str_t place_tail(str_t text)
{
    text = str_trim(text);
    text = str_starts(text, STR("@")) ? str_slice(text, 1, text.n) : text;
    size_t close = str_find(text, STR("()"), 0);
    return close == SIZE_MAX ? STR_NONE : str_slice(text, close + 2, text.n);
}

static void begin(walk_t *w, body_work_t *b)
{
    *w = (walk_t){.b = b, .schema = root_schema(b)};
    buf_init(&w->to, PLACE_MAX);
    buf_lit(&w->to, "body");
}

static str_t finish(walk_t *w, bool ok)
{
    str_t place = ok ? arena_str(w->b->o->s->arena, buf_view(&w->to)) : STR_NONE;
    buf_fini(&w->to);
    return place;
}

static bool is_null(str_t text)
{
    return text.n == 0 || str_is(text, "null");
}

str_t place_in(body_work_t *b, const char *parent, const char *sub)
{
    walk_t w;
    str_t tail = place_tail(instance_text(b->parameters, parent));
    str_t rest = sub ? str_trim(instance_text(b->parameters, sub)) : STR_NONE;
    begin(&w, b);
    bool ok = tail.p && steps(&w, tail) && (is_null(rest) || steps(&w, rest));
    return finish(&w, ok);
}

str_t place_new_in(body_work_t *b, const char *parent, const char *path)
{
    str_t text = str_trim(instance_text(b->parameters, path));
    bool item = str_starts(text, STR("@item()"));
    if (!item) {
        return is_null(text) ? STR_NONE : place_in(b, path, NULL);
    }
    walk_t w;
    begin(&w, b);
    bool ok = steps(&w, place_tail(instance_text(b->parameters, parent)));
    enter(&w);
    return finish(&w, ok && steps(&w, place_tail(text)));
}
