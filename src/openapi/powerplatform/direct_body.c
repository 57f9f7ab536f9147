/* SPDX-License-Identifier: MIT */
/* Policies that reshape bodies, as policy templates. */
#include "openapi/powerplatform/direct.h"

enum { PATH_MAX_BYTES = 16 * 1024 };

/* --- places --- */

static bool has_each(const place_t *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->steps[i].each) {
            return true;
        }
    }
    return false;
}

static str_t parent_of(direct_t *x, const place_t *p)
{
    return say_place(x, "body", p, 0, place_last(p));
}

/* "null": the parent itself. */
static str_t sub_of(direct_t *x, const place_t *p)
{
    if (place_last(p) == p->count) {
        return STR("null");
    }
    str_t name = p->steps[p->count - 1].name;
    bool plain = str_find(name, STR("."), 0) == SIZE_MAX && str_find(name, STR("["), 0) == SIZE_MAX;
    return plain ? name : arena_printf(x->arena, "['%.*s']", STR_ARG(name));
}

/* Within the elements of a list the path begins at the element. */
static str_t new_of(direct_t *x, const place_t *p)
{
    size_t from = 0;
    for (size_t i = 0; i < p->count; i++) {
        from = p->steps[i].each ? i + 1 : from;
    }
    return say_place(x, has_each(p) ? "item" : "body", p, from, p->count);
}

static void add(json_t *to, const char *name, str_t text)
{
    json_object_set_new(to, name, json_str(text));
}

/* --- one policy each --- */

static json_t *usual_of(direct_t *x, const policy_t *p)
{
    json_t *to = json_object();
    add(to, PARAMETER("propertyParentPath"), parent_of(x, &p->at));
    add(to, PARAMETER("propertySubPath"), sub_of(x, &p->at));
    add(to, PARAMETER("newPropertyPath"), new_of(x, &p->to));
    return to;
}

/* A text that would be read as JSON, or as a text in quotes, is put in quotes. */
static str_t quoted_in(direct_t *x, str_t text)
{
    str_t trimmed = str_trim(text);
    bool odd = trimmed.n && strchr("[{'", trimmed.p[0]) && !str_starts(trimmed, STR("{@"));
    return odd ? arena_printf(x->arena, "'%.*s'", STR_ARG(text)) : text;
}

static str_t json_text_in(direct_t *x, const json_t *value)
{
    buf_t text;
    buf_init(&text, PATH_MAX_BYTES);
    json_write(&text, value);
    str_t said = arena_str(x->arena, buf_view(&text));
    buf_fini(&text);
    return said;
}

/* The tree with its templates said; NULL where one cannot be. */
static json_t *said_tree(direct_t *x, const template_tree_t *tree)
{
    if (tree->kind == TREE_VALUE) {
        return json_deep_copy(tree->value);
    }
    if (tree->kind == TREE_TEMPLATE) {
        str_t text = say_template(x, NULL, tree->template, SAY_BODY);
        return text.p ? json_str(text) : NULL;
    }
    bool list = tree->kind == TREE_LIST;
    json_t *to = list ? json_array() : json_object();
    for (size_t i = 0; to && i < tree->count; i++) {
        json_t *one = said_tree(x, list ? tree->items[i] : tree->members[i].value);
        str_t name = list ? STR("") : tree->members[i].name;
        if (!one) {
            json_decref(to);
            to = NULL;
        } else if (list) {
            json_array_append_new(to, one);
        } else {
            json_object_setn_new(to, name.p, name.n, one);
        }
    }
    return to;
}

static json_t *say_set(direct_t *x, const policy_t *p)
{
    json_t *value = said_tree(x, p->value);
    if (!value) {
        return NULL;
    }
    json_t *to = json_object();
    add(to, PARAMETER("newPropertyParentPathTemplate"), parent_of(x, &p->at));
    add(to, PARAMETER("newPropertySubPathTemplate"), sub_of(x, &p->at));
    add(to, PARAMETER("propertyValuePathTemplate"),
        json_is_string(value) ? quoted_in(x, json_view(value)) : json_text_in(x, value));
    json_decref(value);
    return to;
}

static json_t *say_replace(direct_t *x, const policy_t *p)
{
    json_t *to = usual_of(x, p);
    add(to, PARAMETER("sourceString"), p->find);
    add(to, PARAMETER("replacementString"), p->with);
    return to;
}

static json_t *say_split(direct_t *x, const policy_t *p)
{
    json_t *to = usual_of(x, p);
    add(to, PARAMETER("delimiterList"), p->separator);
    json_add_text(to, PARAMETER("childPropertyName"), p->as);
    return to;
}

static json_t *say_object(direct_t *x, const policy_t *p)
{
    json_t *to = usual_of(x, p);
    add(to, PARAMETER("keyWithinCollectionPath"), p->key);
    add(to, PARAMETER("retainKey"), p->keep_key ? STR("true") : STR("false"));
    return to;
}

static json_t *say_array(direct_t *x, const policy_t *p)
{
    json_t *to = usual_of(x, p);
    add(to, PARAMETER("keyName"), p->key);
    add(to, PARAMETER("valueName"), p->value_name);
    return to;
}

static json_t *say_move(direct_t *x, const policy_t *p)
{
    json_t *to = json_object();
    add(to, PARAMETER("srcParentPath"), parent_of(x, &p->from));
    add(to, PARAMETER("srcSubPath"), sub_of(x, &p->from));
    add(to, PARAMETER("dstParentPath"), parent_of(x, &p->to));
    add(to, PARAMETER("dstSubPath"), sub_of(x, &p->to));
    add(to, PARAMETER("copyOnlySubProperties"), STR("true"));
    return to;
}

static const struct kind {
    const char *id;
    json_t *(*say)(direct_t *x, const policy_t *p);
} KINDS[POLICY_KIND_COUNT] = {
    [POLICY_SET_PROPERTY] = {"setproperty", say_set},
    [POLICY_REPLACE_STRING] = {"stringreplace", say_replace},
    [POLICY_ENCODE_PROPERTY] = {"encodepropertyvalue", usual_of},
    [POLICY_STRING_TO_ARRAY] = {"stringtoarray", say_split},
    [POLICY_ARRAY_TO_OBJECT] = {"convertarraytoobject", say_object},
    [POLICY_OBJECT_TO_ARRAY] = {"convertobjecttoarray", say_array},
    [POLICY_MOVE_PROPERTIES] = {"moveproperties", say_move},
};

/* --- all of them --- */

static void say_policy(direct_t *x, const policy_t *p)
{
    json_t *parameters = KINDS[p->kind].say(x, p);
    for (size_t i = 0; i < x->c->action_count; i++) {
        const action_t *a = &x->c->actions[i];
        if (!policy_is_for(p, a->name) || !direct_says(x, a)) {
            continue;
        }
        if (!parameters) {
            direct_leave_out(x, a, "policies", "%s cannot be said", policy_kind_name(p->kind));
            continue;
        }
        json_t *own = json_copy(parameters);
        json_object_set_new(own, POLICY_SECTION, json_string(p->response ? "Response" : "Request"));
        instance_add(x, PHASE_BODY, a, KINDS[p->kind].id, own);
    }
    json_decref(parameters);
}

void direct_bodies(direct_t *x)
{
    for (x->body_policy = 0; x->body_policy < x->c->policy_count; x->body_policy++) {
        say_policy(x, &x->c->policies[x->body_policy]);
    }
}
