/* SPDX-License-Identifier: MIT */
/* A schema of the source as one of FORMAT 4: its types, its reference, and by schema_keys.c the
 * rest. */
#include "import/names.h"
#include "import/schema_work.h"

/* LEVELS_MAX: schemas that lead to each other are taken within each other, but a long chain of them
 * must not become a deep stack. */
enum { DEPTH_MAX = 40, LEVELS_MAX = 400 };

void schema_warn(const schema_work_t *w, const char *key, const char *why)
{
    if (w->operation.p) {
        report_warn(w->s->report, w->operation, "schema", "`%s` is left out: %s", key, why);
    } else {
        report_note(w->s->report, "schema", "`%s` is left out: %s", key, why);
    }
}

/* --- references --- */

static str_t behind_last(str_t text, const char *marks)
{
    size_t from = text.n;
    while (from > 0 && !strchr(marks, text.p[from - 1])) {
        from--;
    }
    return str_slice(text, from, text.n);
}

/* Its last part; of a whole file the file's name without its ending. */
static str_t name_of_reference(str_t reference)
{
    str_t name = behind_last(reference, "/#");
    str_t file = behind_last(str_slice(reference, 0, str_index(reference, '#')), "/");
    return name.n ? name : str_slice(file, 0, str_index(file, '.'));
}

static str_t name_in_definition(schema_work_t *w, str_t reference, const json_t *found)
{
    const schema_source_t *s = w->s;
    str_t known = json_view(json_object_getn(s->names, reference.p, reference.n));
    if (known.p) {
        return known;
    }
    str_t ours = name_schema_in(s->arena, name_of_reference(reference));
    ours = json_object_get(s->schemas, ours.p) ? name_free_in(s->arena, ours, s->schemas) : ours;
    json_object_setn_new(s->names, reference.p, reference.n, json_str(ours));
    json_object_set_new(s->schemas, ours.p, json_object()); /* it may refer to itself */
    if (w->levels < LEVELS_MAX) {
        schema_work_t below = {s, STR_NONE, 0, w->levels, w->waiting};
        json_object_set_new(s->schemas, ours.p, schema_take_within(&below, found));
    } else {
        json_array_append_new(w->waiting, json_str(reference));
    }
    return ours;
}

/* What is taken may let others wait. */
static void take_waiting(const schema_source_t *s, json_t *waiting)
{
    for (size_t i = 0; i < json_array_size(waiting); i++) {
        str_t reference = json_view(json_array_get(waiting, i));
        str_t ours = json_view(json_object_getn(s->names, reference.p, reference.n));
        schema_work_t w = {s, STR_NONE, 0, 0, waiting};
        json_object_set_new(s->schemas, ours.p,
                            schema_take_within(&w, s->find(s->context, reference)));
    }
}

static json_t *take_reference(schema_work_t *w, str_t reference)
{
    const json_t *found = w->s->find(w->s->context, reference);
    if (!json_is_object(found)) {
        char text[200];
        err_clean_text(text, sizeof text, reference);
        schema_warn(w, "$ref", text);
        return NULL;
    }
    return json_sprintf("#/schemas/%s", name_in_definition(w, reference, found).p);
}

/* --- types --- */

const char *schema_type_of_source(const json_t *schema)
{
    const json_t *type = json_object_get(schema, "type");
    size_t at;
    json_t *one;
    json_array_foreach(type, at, one)
    {
        if (!str_is(json_view(one), "null")) {
            return json_string_value(one);
        }
    }
    return json_string_value(type);
}

static size_t type_count(const json_t *schema)
{
    const json_t *type = json_object_get(schema, "type");
    size_t at, count = 0;
    json_t *one;
    json_array_foreach(type, at, one)
    {
        count += !str_is(json_view(one), "null");
    }
    return count;
}

bool schema_has_several_types(const json_t *schema)
{
    return type_count(schema) > 1;
}

static const char *known_type(str_t type)
{
    static const char *const types[] = {"string",  "integer", "number",
                                        "boolean", "array",   "object"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (str_eq_nocase(type, str_of(types[i]))) {
            return types[i];
        }
    }
    return NULL;
}

/* Several are alternatives. */
static void take_types(schema_work_t *w, const json_t *schema, json_t *to)
{
    json_t *list = json_array();
    size_t at;
    json_t *one;
    json_array_foreach(json_object_get(schema, "type"), at, one)
    {
        const char *type = known_type(json_view(one));
        if (type) {
            json_array_append_new(list, json_pack("{s:s}", "type", type));
        }
    }
    if (json_object_get(schema, "anyOf")) {
        schema_warn(w, "type", "several types beside anyOf");
        json_decref(list);
    } else {
        json_add_filled(to, "anyOf", list);
    }
}

static bool may_be_null(const json_t *type)
{
    size_t at;
    json_t *one;
    json_array_foreach(type, at, one)
    {
        if (str_is(json_view(one), "null")) {
            return true;
        }
    }
    return false;
}

static void take_type(schema_work_t *w, const json_t *schema, json_t *to)
{
    str_t type = str_of(schema_type_of_source(schema));
    const char *known = known_type(type);
    if (str_is(type, "file")) {
        json_object_set_new(to, "type", json_string("string"));
        json_object_set_new(to, "format", json_string("binary"));
    } else if (schema_has_several_types(schema)) {
        take_types(w, schema, to);
    } else if (known) {
        json_object_set_new(to, "type", json_string(known));
    } else if (type.n) {
        schema_warn(w, "type", type.p);
    }
    json_add_flag(to, "nullable", may_be_null(json_object_get(schema, "type")));
}

/* --- the whole --- */

static bool has_constraints(const json_t *to)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)to, key, value)
    {
        (void)value;
        if (!schema_stands_beside_reference(key) && strncmp(key, "x-", 2) != 0) {
            return true;
        }
    }
    return false;
}

/* A reference and what narrows it: both hold. */
static json_t *both(json_t *reference, json_t *beside)
{
    json_t *list = json_pack("[{s:o},o]", "$ref", reference, beside);
    return json_pack("{s:o}", "allOf", list);
}

/* What has become the title is told. */
static void drop_told(json_t *to)
{
    if (json_equal(json_object_get(to, "x-ms-summary"), json_object_get(to, "title"))) {
        json_object_del(to, "x-ms-summary");
    }
}

static json_t *take_own(schema_work_t *w, const json_t *schema, bool refers)
{
    json_t *to = json_object();
    if (!refers || w->s->keeps_siblings) {
        take_type(w, schema, to);
    }
    schema_take_keys(w, schema, to, refers && !w->s->keeps_siblings);
    extensions_take(w->s, schema, to);
    drop_told(to);
    schema_warn_of_others(w, schema);
    return to;
}

static json_t *take_straight(schema_work_t *w, const json_t *schema)
{
    str_t reference = json_member(schema, "$ref");
    json_t *ours = reference.p ? take_reference(w, reference) : NULL;
    json_t *to = take_own(w, schema, ours != NULL);
    if (ours && has_constraints(to)) {
        return both(ours, to);
    }
    if (ours) {
        json_object_set_new(to, "$ref", ours);
    }
    return to;
}

json_t *schema_take_within(schema_work_t *w, const json_t *schema)
{
    json_t *to = NULL;
    w->levels++;
    if (++w->depth > DEPTH_MAX) {
        schema_warn(w, "schema", "it is too deep");
    } else if (json_is_object(schema)) {
        json_t *straight = schema_straighten(schema);
        to = take_straight(w, straight);
        json_decref(straight);
    }
    w->depth--;
    w->levels--;
    return to ? to : json_object();
}

json_t *schema_take(const schema_source_t *s, const json_t *schema, str_t operation)
{
    schema_work_t w = {s, operation, 0, 0, json_array()};
    json_t *to = schema_take_within(&w, schema);
    take_waiting(s, w.waiting);
    json_decref(w.waiting);
    return to;
}

/* --- required --- */

static json_t *member_of(const json_t *schema, const json_t *name)
{
    str_t text = json_view(name);
    return json_object_getn(json_object_get(schema, "properties"), text.p ? text.p : "", text.n);
}

bool schema_spread_required(json_t *schema)
{
    json_t *list = json_object_get(schema, "required");
    size_t at;
    json_t *name;
    json_array_foreach(list, at, name)
    {
        json_t *member = member_of(schema, name);
        bool listed = json_is_array(json_object_get(member, "required"));
        if (!member || (listed && !schema_spread_required(member))) {
            return false;
        }
    }
    json_array_foreach(list, at, name)
    {
        json_object_set_new(member_of(schema, name), "required", json_true());
    }
    json_object_del(schema, "required");
    return true;
}
