/* SPDX-License-Identifier: MIT */
#include "import/settle.h"

#include "codec/json.h"
#include "codec/yaml.h"
#include "definition/catalogue/load.h"
#include "import/compose.h"
#include "import/write.h"

/* FAULTS_MAX: of one round, which reads and writes the whole. */
enum { FAULTS_MAX = 2000, ROUNDS_MAX = 400, STEPS_MAX = 80, FILE_MAX = 16 << 20 };

/* Where a fault stands, as keys from the root. */
typedef struct keys {
    str_t keys[STEPS_MAX];
    size_t count;
} keys_t;

/* --- from line and column to keys --- */

static bool is_behind(const yaml_node_t *node, const diagnostic_t *d)
{
    return node->line > d->line || (node->line == d->line && node->column > d->column);
}

static const yaml_node_t *enter_map(const yaml_node_t *node, const diagnostic_t *d, str_t *key)
{
    const yaml_pair_t *last = NULL;
    for (size_t i = 0; i < node->count && !is_behind(node->pairs[i].key, d); i++) {
        last = &node->pairs[i];
    }
    *key = last ? last->key->text : STR_NONE;
    return last ? last->value : NULL;
}

static const yaml_node_t *enter_list(arena_t *arena, const yaml_node_t *node, const diagnostic_t *d,
                                     str_t *key)
{
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < node->count && !is_behind(node->items[i], d); i++) {
        at = i;
    }
    *key = at == SIZE_MAX ? STR_NONE : arena_printf(arena, "%zu", at);
    return at == SIZE_MAX ? NULL : node->items[at];
}

static void find_place(arena_t *arena, const yaml_node_t *node, const diagnostic_t *d, keys_t *out)
{
    out->count = 0;
    while (node && node->kind != YAML_SCALAR && out->count < STEPS_MAX) {
        str_t *key = &out->keys[out->count];
        node = node->kind == YAML_MAP ? enter_map(node, d, key) : enter_list(arena, node, d, key);
        out->count += node != NULL;
    }
}

/* --- taking out --- */

static json_t *child_of(json_t *v, str_t key)
{
    uint64_t at = 0;
    return json_is_array(v) ? (str_to_u64(key, &at) ? json_array_get(v, at) : NULL)
                            : json_object_getn(v, key.p, key.n);
}

static json_t *value_at(json_t *v, const keys_t *p, size_t count)
{
    for (size_t i = 0; v && i < count; i++) {
        v = child_of(v, p->keys[i]);
    }
    return v;
}

static bool is_described(str_t key)
{
    static const char *const keys[] = {"pattern",          "default",          "enum",
                                       "example",          "format",           "minimum",
                                       "maximum",          "minLength",        "maxLength",
                                       "minItems",         "maxItems",         "multipleOf",
                                       "exclusiveMinimum", "exclusiveMaximum", "required",
                                       "discriminator",    "minProperties",    "maxProperties",
                                       "collectionFormat", "nullable",         "uniqueItems"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (str_is(key, keys[i])) {
            return true;
        }
    }
    return str_starts(key, STR("x-"));
}

/* The innermost key that can go without changing what the operation does; 0: none. */
static size_t removable(json_t *root, const keys_t *p, size_t from)
{
    for (size_t n = p->count; n > from; n--) {
        json_t *owner = value_at(root, p, n - 1);
        bool property =
            n >= 2 && (str_is(p->keys[n - 2], "properties") || str_is(p->keys[n - 2], "input"));
        if (json_is_object(owner) && is_described(p->keys[n - 1]) && !property) {
            return n;
        }
    }
    return 0;
}

static void remove_at(json_t *root, const keys_t *p, size_t n)
{
    json_t *owner = value_at(root, p, n - 1);
    str_t key = p->keys[n - 1];
    uint64_t at = 0;
    if (json_is_array(owner) && str_to_u64(key, &at)) {
        json_array_remove(owner, at);
    } else if (json_is_object(owner)) {
        json_object_deln(owner, key.p, key.n);
    }
}

static void refuse_action(json_t *root, str_t action, const diagnostic_t *d, report_t *report)
{
    str_t operation = report_operation_of(report, action);
    json_object_deln(json_object_get(root, "actions"), action.p, action.n);
    report_refuse(report, operation.p ? operation : action, err_code_name(d->code), "%s", d->text);
}

static void refuse_policy(json_t *root, const keys_t *p, const diagnostic_t *d, report_t *report)
{
    json_t *policy = json_incref(value_at(root, p, 2)), *action;
    size_t at;
    remove_at(root, p, 2);
    json_array_foreach(json_object_get(policy, "actions"), at, action)
    {
        refuse_action(root, json_view(action), d, report);
    }
    json_decref(policy);
}

/* Policies of actions that are gone. */
static void prune_policies(json_t *root)
{
    json_t *policies = json_object_get(root, "policies");
    for (size_t i = json_array_size(policies); i-- > 0;) {
        json_t *names = json_object_get(json_array_get(policies, i), "actions");
        for (size_t k = json_array_size(names); k-- > 0;) {
            str_t name = json_view(json_array_get(names, k));
            if (!json_object_getn(json_object_get(root, "actions"), name.p, name.n)) {
                json_array_remove(names, k);
            }
        }
        if (json_array_size(names) == 0) {
            json_array_remove(policies, i);
        }
    }
    if (policies && json_array_size(policies) == 0) {
        json_object_del(root, "policies");
    }
}

static bool is_optional(str_t key)
{
    static const char *const keys[] = {"publisher", "contact", "links", "categories",
                                       "brand_color"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (str_is(key, keys[i])) {
            return true;
        }
    }
    return str_starts(key, STR("x-"));
}

/* Titles and the like. */
static bool is_read_only(const keys_t *p)
{
    static const char *const keys[] = {"title", "description", "summary"};
    static const char *const tops[] = {"publisher", "contact", "categories", "guide", "explain"};
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
        if (str_is(p->keys[0], tops[i])) {
            return true;
        }
    }
    bool request = p->count > 2 && str_is(p->keys[0], "actions") &&
                   (str_is(p->keys[2], "request") || str_is(p->keys[2], "steps"));
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !request; i++) {
        if (str_is(p->keys[p->count - 1], keys[i])) {
            return true;
        }
    }
    return false;
}

/* How much of the top can go alone: what needs it is refused in the next round. The last way to
 * sign in stays, and what every call carries: without it they would be other calls. 0: nothing. */
static size_t separable(json_t *root, const keys_t *p)
{
    str_t top = p->count ? p->keys[0] : STR_NONE, group = p->count > 1 ? p->keys[1] : STR_NONE;
    bool connection = str_is(top, "connection") && p->count > 2;
    if (str_is(top, "hosts") && p->count > 1) {
        return json_array_size(json_object_get(root, "hosts")) > 1 ? 2 : 0;
    }
    if (connection && str_is(group, "auth")) {
        return json_object_size(value_at(root, p, 2)) > 1 ? 3 : 0;
    }
    return connection && str_is(group, "parameters") ? 3
           : str_is(top, "schemas") && p->count > 1  ? (p->count > 2 ? p->count : 2)
           : str_is(top, "base_url")                 ? 1
                                                     : 0;
}

/* A text that people read, and that looks like a template with a secret of the connection in it
 * (FORMAT 8), is written as one that is none. */
static bool escape_text(json_t *root, const keys_t *p, const diagnostic_t *d, report_t *report)
{
    const json_t *text =
        d->code == ERR_definition_secret_in_action && p->count ? value_at(root, p, p->count) : NULL;
    if (!json_is_string(text) || !is_read_only(p)) {
        return false;
    }
    buf_t to;
    buf_init(&to, 2 * json_string_length(text) + 1);
    compose_literal(&to, json_view(text));
    json_string_setn((json_t *)(uintptr_t)text, buf_view(&to).p, to.n);
    buf_fini(&to);
    report_note(report, err_code_name(d->code),
                "`%.*s` of %.*s names a secret: its `${` is `$${` now",
                STR_ARG(p->keys[p->count - 1]), STR_ARG(p->keys[p->count > 1 ? p->count - 2 : 0]));
    return true;
}

/* False where nothing can be taken out. */
static bool take_out(json_t *root, const keys_t *p, const diagnostic_t *d, report_t *report)
{
    str_t top = p->count ? p->keys[0] : STR_NONE;
    bool action = str_is(top, "actions") && p->count > 1;
    size_t n = removable(root, p, action ? 2 : 1);
    if (action && !value_at(root, p, 2)) {
        return true; /* gone already */
    }
    if (!n && escape_text(root, p, d, report)) {
        return true;
    }
    if (n && action) {
        str_t operation = report_operation_of(report, p->keys[1]);
        report_warn(report, operation, err_code_name(d->code), "`%.*s` of %.*s is left out: %s",
                    STR_ARG(p->keys[n - 1]), STR_ARG(p->keys[n > 1 ? n - 2 : 0]), d->text);
        remove_at(root, p, n);
    } else if (action) {
        refuse_action(root, p->keys[1], d, report);
    } else if (str_is(top, "policies") && p->count > 1) {
        refuse_policy(root, p, d, report);
    } else {
        n = n ? n : is_optional(top) ? p->count : separable(root, p);
        if (!n) {
            return report_fail(report, err_code_name(d->code), "line %u: %s", d->line, d->text);
        }
        report_note(report, err_code_name(d->code), "`%.*s` (%.*s) is left out: %s",
                    STR_ARG(p->keys[n - 1]), STR_ARG(top), d->text);
        remove_at(root, p, n);
    }
    return true;
}

/* --- rounds --- */

/* The text has been written here: it has no faults of its own. */
static void on_fault(void *context, err_code_t code, unsigned line, unsigned column,
                     const char *text)
{
    (void)context, (void)code, (void)line, (void)column, (void)text;
}

static bool repair(arena_t *arena, json_t *root, str_t text, const diagnostics_t *d,
                   report_t *report)
{
    const yaml_node_t *tree = yaml_read_in(arena, text, FILE_MAX, on_fault, NULL);
    bool ok = true;
    for (unsigned i = 0; ok && i < d->count; i++) {
        if (d->list[i].level != LEVEL_W) {
            keys_t place;
            find_place(arena, tree, &d->list[i], &place);
            ok = take_out(root, &place, &d->list[i], report);
        }
    }
    return ok;
}

/* 1: it loads, 0: something was taken out, -1: nothing is left. */
static int round_of(json_t *root, const char *kind, buf_t *to, report_t *report)
{
    arena_t *arena = arena_new(0);
    diagnostics_t d;
    static const load_options_t options = {.file_bytes_max = FILE_MAX};
    str_t file = arena_printf(arena, "%.*s.yaml", STR_ARG(json_member(root, "id")));
    diagnostics_init_with(&d, arena, FAULTS_MAX);
    buf_clear(to);
    prune_policies(root);
    definition_write(to, root, kind);
    connector_t *c = definition_load(file, buf_view(to), &options, &d);
    int result = c ? 1 : repair(arena, root, buf_view(to), &d, report) ? 0 : -1;
    if (c) {
        connector_unref(c);
    }
    arena_free(arena);
    return result;
}

bool definition_has_room(size_t actions, report_t *report, str_t operation)
{
    if (actions == DEFINITION_ACTIONS_MAX) {
        report_refuse(report, operation, "limit",
                      "a definition takes %d actions: leave out operations that nobody calls, or "
                      "import them in several parts",
                      DEFINITION_ACTIONS_MAX);
    }
    return actions < DEFINITION_ACTIONS_MAX;
}

bool definition_settle(json_t *definition, const char *kind, buf_t *to, report_t *report)
{
    size_t schemas = json_object_size(json_object_get(definition, "schemas"));
    int result = 0;
    if (schemas > DEFINITION_SCHEMAS_MAX) {
        return report_fail(report, "limit",
                           "%zu schemas, and a definition takes %d: leave out operations that "
                           "nobody calls, or import them in several parts",
                           schemas, DEFINITION_SCHEMAS_MAX);
    }
    for (unsigned i = 0; result == 0 && i < ROUNDS_MAX; i++) {
        bool empty = json_object_size(json_object_get(definition, "actions")) == 0;
        result = empty ? -1 : round_of(definition, kind, to, report);
    }
    if (result != 1) {
        buf_clear(to);
        report_fail(report, "nothing_left", "no operation can be hosted");
    }
    return result == 1;
}
