/* SPDX-License-Identifier: MIT */
/* Places in bodies and policies (FORMAT 10). */
#include "definition/build/loader.h"

/* --- places: body or item, .name, ['name'], [0], [] --- */

typedef struct reader {
    str_t text;
    size_t at;
} reader_t;

static bool take(reader_t *r, const char *what)
{
    str_t rest = str_slice(r->text, r->at, r->text.n);
    bool comes = str_starts(rest, str_of(what));
    r->at += comes ? strlen(what) : 0;
    return comes;
}

static size_t length_until(const reader_t *r, const char *set)
{
    size_t n = 0;
    while (r->at + n < r->text.n && !strchr(set, r->text.p[r->at + n])) {
        n++;
    }
    return n;
}

static str_t take_until(reader_t *r, const char *set)
{
    str_t taken = str_slice(r->text, r->at, r->at + length_until(r, set));
    r->at += taken.n;
    return taken;
}

/* Behind `[`. */
static bool take_bracket(reader_t *r, place_step_t *step)
{
    uint64_t index = 0;
    if (take(r, "]")) {
        step->each = true;
        return true;
    }
    if (take(r, "'")) {
        step->name = take_until(r, "'");
        return step->name.n > 0 && take(r, "']");
    }
    bool is_index = str_to_u64(take_until(r, "]"), &index) && index <= INT32_MAX;
    step->index = (size_t)index;
    return is_index && take(r, "]");
}

static bool take_step(reader_t *r, place_step_t *step)
{
    *step = (place_step_t){.index = 0};
    if (take(r, "[")) {
        return take_bracket(r, step);
    }
    if (!take(r, ".")) {
        return false;
    }
    step->name = take_until(r, ".['] ");
    return step->name.n > 0;
}

static void refuse(loader_t *l, str_t text, spot_t at)
{
    loader_fault(l, ERR_policy_place, at,
                 "`%.*s` is not a place: body or item, then .name, ['name'], [0] or [] (each "
                 "element)",
                 STR_ARG(str_slice(text, 0, 80)));
}

static void read_steps(loader_t *l, reader_t *r, spot_t at, place_t *place)
{
    place_step_t *steps = arena_array_of(l->scratch, place_step_t, r->text.n);
    while (r->at < r->text.n) {
        if (!take_step(r, &steps[place->count])) {
            refuse(l, r->text, at);
            break;
        }
        place->count++;
    }
    place_step_t *kept = arena_array_of(l->arena, place_step_t, place->count);
    memcpy(kept, steps, place->count * sizeof *kept);
    place->steps = kept;
}

place_t build_place(loader_t *l, str_t text, spot_t at)
{
    place_t place = {.text = arena_str(l->arena, text)};
    reader_t r = {.text = place.text};
    if (!text.p) {
        return place;
    }
    place.item = take(&r, "item");
    if (!place.item && !take(&r, "body")) {
        refuse(l, text, at);
        return place;
    }
    read_steps(l, &r, at, &place);
    return place;
}

/* --- policies --- */

static const char *const kinds[] = {"set_property",    "replace_string",  "encode_property",
                                    "string_to_array", "array_to_object", "object_to_array",
                                    "move_properties"};

static place_t member_place(loader_t *l, const yaml_node_t *map, const char *key)
{
    return build_place(l, member_text(map, key), key_spot(map, key));
}

static str_t text_or(loader_t *l, const yaml_node_t *map, const char *key, const char *fallback)
{
    str_t text = loader_str(l, map, key);
    return text.p ? text : str_of(fallback);
}

static void read_places(loader_t *l, const yaml_node_t *node, policy_t *policy)
{
    bool moves = str_is(policy->kind, "move_properties");
    policy->at = member_place(l, node, "at");
    policy->from = member_place(l, node, "from");
    policy->to = member_place(l, node, "to");
    if (!moves && !policy->to.text.p) {
        policy->to = policy->at;
    }
}

static void read_policy(loader_t *l, const yaml_node_t *node, const char *kind, policy_t *policy)
{
    const yaml_node_t *keys = node_map(yaml_get(node, kind));
    bool to_array = str_is(str_of(kind), "object_to_array");
    const view_t *view = view_new(
        l, (view_t){.roots = VIEW(CONNECTION) | VIEW(INPUT) | VIEW(STEPS) | VIEW(BODY) | VIEW(ITEM),
                    .policy = policy,
                    .where = "a policy"});
    policy->kind = str_of(kind);
    policy->response = member_is(node, "section", "response");
    policy->actions =
        WRITABLE(str_t, loader_strs(l, yaml_get(node, "actions"), &policy->action_count));
    read_places(l, keys, policy);
    if (str_is(policy->kind, "set_property")) {
        policy->value = build_tree(l, keys, "value", view, USE_JSON);
    }
    policy->find = loader_str(l, keys, "find");
    policy->with = loader_str(l, keys, "with");
    policy->separator = loader_str(l, keys, "separator");
    policy->as = loader_str(l, keys, "as");
    policy->key = text_or(l, keys, "key", to_array ? "key" : NULL);
    policy->value_name = to_array ? text_or(l, keys, "value", "value") : STR_NONE;
    policy->keep_key = node_bool(yaml_get(keys, "keep_key"), false);
}

void build_policies(loader_t *l, const yaml_node_t *list)
{
    size_t count = node_count(node_list(list));
    policy_t *policies = LOADER_ARRAY(l, policy_t, count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            if (node_map(yaml_get(list->items[i], kinds[k]))) {
                read_policy(l, list->items[i], kinds[k], &policies[i]);
                break;
            }
        }
    }
    l->c->policies = policies;
    l->c->policy_count = count;
}
