/* SPDX-License-Identifier: MIT */
/* Schemas: of bodies, of answers, and those that have names. */
#include "openapi/powerplatform/rules/checking.h"

enum { SCHEMAS_MAX = 512, DEPTH_MAX = 30 };

/* --- one object --- */

static void check_required(checking_t *c, const spot_t *at, const json_t *schema)
{
    const json_t *list = json_object_get(schema, "required");
    const json_t *members = json_object_get(schema, "properties");
    const spot_t spot = spot_at(at, "required");
    size_t i;
    json_t *name;
    if (list && json_array_size(list) == 0) {
        refuse(c, &spot, "RequiredPropertyArrayEmpty", "it lists nothing");
    }
    json_array_foreach(list, i, name)
    {
        str_t text = json_view(name);
        const json_t *member = json_object_getn(members, text.p ? text.p : "", text.n);
        if (!member) {
            advise(c, &spot, "RequiredPropertyDefinitionMissing",
                   "`%.*s` is required, and no property", STR_ARG(text));
        } else if (json_is_true(json_object_get(resolve(c, member), "readOnly"))) {
            advise(c, &spot, "RequiredReadOnlyPropertyNotAllowedAsInput",
                   "`%.*s` is read-only, and cannot be given", STR_ARG(text));
        }
    }
}

static void check_hidden(checking_t *c, const spot_t *at, const json_t *schema)
{
    const spot_t all = spot_at(at, "properties");
    const char *name;
    json_t *member;
    json_object_foreach(json_object_get(schema, "properties"), name, member)
    {
        const json_t *whole = resolve(c, member);
        bool hidden = str_is(json_member(whole, "x-ms-visibility"), "internal");
        const spot_t spot = spot_at(&all, name);
        if (hidden && json_object_get(whole, "default") &&
            !holds_text(json_object_get(schema, "required"), str_of(name))) {
            advise(c, &spot, "InternalPropertyWithDefaultOptional",
                   "what is hidden is sent only if it is required");
        }
    }
}

static void check_discriminator(checking_t *c, const spot_t *at, const json_t *schema)
{
    str_t name = json_member(schema, "discriminator");
    const json_t *member =
        json_object_getn(json_object_get(schema, "properties"), name.p ? name.p : "", name.n);
    const spot_t spot = spot_at(at, "discriminator");
    if (name.n && (!str_is(json_member(resolve(c, member), "type"), "string") ||
                   !holds_text(json_object_get(schema, "required"), name))) {
        advise(c, &spot, "DiscriminatorMustBeARequiredStringProperty", "`%.*s` is a required text",
               STR_ARG(name));
    }
}

static void check_bytes(checking_t *c, const spot_t *at, const json_t *schema, schema_place_t place)
{
    bool bytes = str_is(json_member(schema, "format"), "binary");
    if (bytes && place == SCHEMA_WITHIN) {
        advise(c, at, "InvalidStringBinaryProperty",
               "bytes are a whole body or a field of a form: `format: byte` carries them in JSON");
    }
    if (str_is(json_member(schema, "type"), "file")) {
        refuse(c, at, "SchemaTypeFileNotValid", "a file is no schema: string of format binary");
    }
}

static void check_alternatives(checking_t *c, const spot_t *at, const json_t *schema)
{
    static const char *const keys[] = {"anyOf", "oneOf", "not"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (json_object_get(schema, keys[i])) {
            const spot_t spot = spot_at(at, keys[i]);
            refuse(c, &spot, "AdditionalPropertyNotAllowed", "2.0 has no %s", keys[i]);
        }
    }
}

/* --- what it holds --- */

static void check_members(checking_t *c, const spot_t *at, const json_t *schema)
{
    const spot_t all = spot_at(at, "properties"), several = spot_at(at, "allOf");
    const spot_t items = spot_at(at, "items"), more = spot_at(at, "additionalProperties");
    const char *name;
    json_t *one;
    size_t i;
    json_object_foreach(json_object_get(schema, "properties"), name, one)
    {
        const spot_t spot = spot_at(&all, name);
        check_schema(c, &spot, one, SCHEMA_WITHIN);
    }
    json_array_foreach(json_object_get(schema, "allOf"), i, one)
    {
        const spot_t spot = spot_in(&several, i);
        check_schema(c, &spot, one, SCHEMA_WITHIN);
    }
    check_schema(c, &items, json_object_get(schema, "items"), SCHEMA_WITHIN);
    check_schema(c, &more, json_object_get(schema, "additionalProperties"), SCHEMA_WITHIN);
}

static unsigned depth_of(const spot_t *at)
{
    unsigned depth = 0;
    for (; at; at = at->up) {
        depth +=
            at->key && (str_is(str_of(at->key), "properties") || str_is(str_of(at->key), "items"));
    }
    return depth;
}

void check_schema(checking_t *c, const spot_t *at, const json_t *schema, schema_place_t place)
{
    if (!json_is_object(schema)) {
        return;
    }
    if (json_object_get(schema, "$ref")) {
        if (!resolve(c, schema)) {
            refuse(c, at, "SchemaReferenceNotFound", "%.*s leads nowhere",
                   STR_ARG(json_member(schema, "$ref")));
        }
        if (json_object_size(schema) > 1) {
            advise(c, at, "AdditionalPropertyNotAllowedAdjacentToRef",
                   "what stands beside a reference is lost");
        }
        return;
    }
    if (depth_of(at) > DEPTH_MAX) {
        advise(c, at, "SchemaTooDeep", "schemas are nested deeper than %d", DEPTH_MAX);
        return;
    }
    check_value(c, at, schema);
    check_required(c, at, schema);
    check_hidden(c, at, schema);
    check_discriminator(c, at, schema);
    check_bytes(c, at, schema, place);
    check_alternatives(c, at, schema);
    check_members(c, at, schema);
}

/* --- those with names --- */

static bool leads_to(const checking_t *c, const json_t *schema, const json_t *wanted,
                     unsigned depth);

static bool member_leads_to(const checking_t *c, const json_t *schema, const json_t *wanted,
                            unsigned depth)
{
    const char *name;
    json_t *member;
    json_object_foreach(json_object_get(schema, "properties"), name, member)
    {
        if (holds_text(json_object_get(schema, "required"), str_of(name)) &&
            leads_to(c, member, wanted, depth + 1)) {
            return true;
        }
    }
    return false;
}

/* By members that are required alone: such a value could never be written. */
static bool leads_to(const checking_t *c, const json_t *schema, const json_t *wanted,
                     unsigned depth)
{
    const json_t *whole = resolve(c, schema);
    size_t i;
    json_t *one;
    if (!whole || depth > DEPTH_MAX) {
        return false;
    }
    if (whole == wanted && depth > 0) {
        return true;
    }
    json_array_foreach(json_object_get(whole, "allOf"), i, one)
    {
        if (leads_to(c, one, wanted, depth + 1)) {
            return true;
        }
    }
    return member_leads_to(c, whole, wanted, depth);
}

void check_definitions(checking_t *c)
{
    const spot_t all = spot_at(NULL, "definitions");
    const json_t *definitions = json_object_get(c->document, "definitions");
    const char *name;
    json_t *schema;
    if (json_object_size(definitions) > SCHEMAS_MAX) {
        refuse(c, &all, "TotalSchemaCountExceedsMaxAllowed",
               "%zu schemas with names, %d are taken: split the connector",
               json_object_size(definitions), SCHEMAS_MAX);
    }
    json_object_foreach((json_t *)(uintptr_t)definitions, name, schema)
    {
        const spot_t at = spot_at(&all, name);
        if (json_object_get(schema, "$ref")) {
            refuse(c, &at, "SchemaRefLoopNotAllowed", "a schema with a name is no reference");
        } else if (leads_to(c, schema, schema, 0)) {
            refuse(c, &at, "RequiredLoopInSchemaNotAllowed",
                   "it requires itself: no such value can be written");
        }
        check_schema(c, &at, schema, SCHEMA_WITHIN);
    }
}
