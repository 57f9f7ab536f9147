/* SPDX-License-Identifier: MIT */
/* Extensions that name operations, and webhook triggers. */
#include "openapi/powerplatform/rules/checking.h"

enum { DEPTH_MAX = 40, WAY_MAX = 12 };

/* --- operations that give lists and schemas --- */

static bool is_dynamic(str_t key)
{
    static const char *const keys[] = {"x-ms-dynamic-values", "x-ms-dynamic-list",
                                       "x-ms-dynamic-schema", "x-ms-dynamic-properties"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (str_is(key, keys[i])) {
            return true;
        }
    }
    return false;
}

static str_t last_part(str_t path)
{
    size_t from = path.n;
    while (from > 0 && path.p[from - 1] != '/') {
        from--;
    }
    return str_slice(path, from, path.n);
}

/* A parameter, or a member of the body (also as `body/member`). */
static bool is_named(const checking_t *c, const json_t *p, str_t name)
{
    str_t member = last_part(name), own = json_member(p, "name");
    const json_t *schema = resolve(c, json_object_get(p, "schema"));
    const json_t *members = json_object_get(schema, "properties");
    return str_eq(own, name) || str_eq(own, member) ||
           json_object_getn(members, member.p ? member.p : "", member.n) != NULL;
}

static bool takes(const checking_t *c, const json_t *operation, str_t name)
{
    size_t i;
    json_t *reference;
    json_array_foreach(json_object_get(operation, "parameters"), i, reference)
    {
        if (is_named(c, resolve(c, reference), name)) {
            return true;
        }
    }
    return false;
}

static void check_needed(checking_t *c, const spot_t *at, const json_t *operation,
                         const json_t *given, str_t id)
{
    size_t i;
    json_t *reference;
    json_array_foreach(json_object_get(operation, "parameters"), i, reference)
    {
        const json_t *p = resolve(c, reference);
        str_t name = json_member(p, "name");
        bool needed = json_is_true(json_object_get(p, "required")) &&
                      !json_object_get(p, "default") && !str_is(json_member(p, "in"), "body");
        if (needed && name.n && !json_object_getn(given, name.p, name.n)) {
            advise(c, at, "OperationMissingRequiredProperty", "%.*s needs `%.*s`", STR_ARG(id),
                   STR_ARG(name));
        }
    }
}

/* --- what they answer --- */

static const json_t *answered(const checking_t *c, const json_t *operation)
{
    const json_t *responses = json_object_get(operation, "responses");
    const json_t *answer = resolve(c, json_object_get(responses, "200"));
    return resolve(c, json_object_get(answer, "schema"));
}

/* `a/b` within it; NULL: the schema does not say. */
static const json_t *within(const checking_t *c, const json_t *schema, str_t path)
{
    while (schema && path.n) {
        str_t name = str_cut(&path, '/');
        const json_t *members = json_object_get(schema, "properties");
        schema = name.n ? resolve(c, json_object_getn(members, name.p, name.n)) : schema;
    }
    return schema;
}

static str_t either(const json_t *extension, const char *one, const char *other)
{
    str_t text = json_member(extension, one);
    return text.n ? text : json_member(extension, other);
}

static void check_items(checking_t *c, const spot_t *at, const json_t *list, str_t path, str_t id)
{
    const json_t *item = resolve(c, json_object_get(list, "items"));
    const json_t *members = json_object_get(item, "properties");
    bool whole = members && !json_object_get(item, "allOf");
    if (whole && path.n && !within(c, item, path)) {
        advise(c, at, "InvokedOperationShouldProduceProperty", "an item of %.*s has no `%.*s`",
               STR_ARG(id), STR_ARG(path));
    }
}

/* A designer shows a list of what it answers. */
static void check_list(checking_t *c, const spot_t *at, const json_t *operation,
                       const json_t *extension)
{
    str_t id = json_member(extension, "operationId");
    const json_t *list =
        within(c, answered(c, operation), either(extension, "value-collection", "itemsPath"));
    str_t type = json_member(list, "type");
    if (type.n && !str_is(type, "array")) {
        advise(c, at, "InvokedOperationShouldProduceArray",
               "%.*s gives no list there: say in which member of its answer the list stands",
               STR_ARG(id));
    }
    check_items(c, at, list, either(extension, "value-path", "itemValuePath"), id);
    check_items(c, at, list, either(extension, "value-title", "itemTitlePath"), id);
}

/* --- the extensions --- */

static bool lists(const spot_t *at)
{
    return str_is(str_of(at->key), "x-ms-dynamic-values") ||
           str_is(str_of(at->key), "x-ms-dynamic-list");
}

static void check_extension(checking_t *c, const spot_t *at, const json_t *extension)
{
    str_t id = json_member(extension, "operationId");
    const json_t *operation = id.n ? json_object_getn(c->operations, id.p, id.n) : NULL;
    const json_t *given = json_object_get(extension, "parameters");
    const char *name;
    json_t *value;
    if (!id.n) {
        return; /* of the platform's own */
    }
    if (!operation) {
        advise(c, at, "OperationIdNotFound", "there is no operation `%.*s`", STR_ARG(id));
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)given, name, value)
    {
        if (!takes(c, operation, str_of(name))) {
            advise(c, at, "OperationParameterNameNotFound", "%.*s takes no `%s`", STR_ARG(id),
                   name);
        }
    }
    check_needed(c, at, operation, given, id);
    if (lists(at)) {
        check_list(c, at, operation, extension);
    }
}

/* A tree names two: what is at its root, and what is below. */
static void check_tree(checking_t *c, const spot_t *at, const json_t *tree)
{
    static const char *const keys[] = {"open", "browse"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const spot_t spot = spot_at(at, keys[i]);
        check_extension(c, &spot, json_object_get(tree, keys[i]));
    }
}

static void walk(checking_t *c, const spot_t *at, const json_t *value, unsigned depth)
{
    const char *key;
    json_t *child;
    size_t i;
    if (depth > DEPTH_MAX) {
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, child)
    {
        const spot_t spot = spot_at(at, key);
        if (is_dynamic(str_of(key))) {
            check_extension(c, &spot, child);
        } else if (str_is(str_of(key), "x-ms-dynamic-tree")) {
            check_tree(c, &spot, child);
        } else if (strncmp(key, "x-", 2) != 0) {
            walk(c, &spot, child, depth + 1);
        }
    }
    json_array_foreach(value, i, child)
    {
        const spot_t spot = spot_in(at, i);
        walk(c, &spot, child, depth + 1);
    }
}

void check_dynamics(checking_t *c)
{
    static const char *const groups[] = {"paths", "definitions", "parameters"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        const spot_t at = spot_at(NULL, groups[i]);
        walk(c, &at, json_object_get(c->document, groups[i]), 0);
    }
}

/* --- webhooks --- */

/* The member that takes the address; *required: and all on the way to it. */
static const json_t *address_in(const checking_t *c, const json_t *schema, bool *required,
                                unsigned depth)
{
    const json_t *whole = resolve(c, schema);
    const char *name;
    json_t *member;
    if (!whole || depth > WAY_MAX) {
        return NULL;
    }
    if (json_is_true(json_object_get(whole, "x-ms-notification-url"))) {
        return whole;
    }
    json_object_foreach(json_object_get(whole, "properties"), name, member)
    {
        bool way = *required && holds_text(json_object_get(whole, "required"), str_of(name));
        const json_t *found = address_in(c, member, &way, depth + 1);
        if (found) {
            *required = way;
            return found;
        }
    }
    return NULL;
}

void check_trigger(checking_t *c, const spot_t *at, const json_t *item, const json_t *operation)
{
    bool required = false;
    const json_t *address = NULL;
    size_t i;
    json_t *reference;
    if (!json_object_get(operation, "x-ms-trigger") ||
        json_object_get(operation, "x-ms-trigger-metadata")) {
        return;
    }
    json_array_foreach(json_object_get(operation, "parameters"), i, reference)
    {
        const json_t *p = resolve(c, reference);
        required = json_is_true(json_object_get(p, "required"));
        address = address ? address : address_in(c, json_object_get(p, "schema"), &required, 0);
        if (address) {
            break;
        }
    }
    if (!address) {
        refuse(c, at, "WebhookOperationsMissingNotificationUrlProperty",
               "a field of the body takes the address: mark it x-ms-notification-url: true");
    } else if (!required || !str_is(json_member(address, "type"), "string") ||
               !str_is(json_member(address, "x-ms-visibility"), "internal")) {
        advise(c, at, "NotificationUrlNotValid",
               "the address is a required text, and x-ms-visibility: internal");
    }
    if (!json_object_get(json_object_get(item, "x-ms-notification-content"), "schema")) {
        refuse(c, at, "OperationMustHaveNotificationContentExtension",
               "what is sent later is told by `content`");
    }
}
