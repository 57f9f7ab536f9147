/* SPDX-License-Identifier: MIT */
/* Templates that reshape bodies: each is one verb of FORMAT 10. */
#include "import/powerplatform/policy_template.h"

/* {verb: {at, …, to}}; NULL where a place is missing. */
static json_t *verb(const char *name, str_t at, str_t to, json_t *more)
{
    if (!at.p) {
        json_decref(more);
        return NULL;
    }
    json_t *inner = json_pack("{s:o}", "at", json_str(at));
    json_object_update(inner, more);
    json_decref(more);
    if (to.p && !str_eq(at, to)) {
        json_object_set_new(inner, "to", json_str(to));
    }
    return json_pack("{s:o}", name, inner);
}

/* --- setproperty --- */

static json_t *text_of(body_work_t *b, str_t text)
{
    str_t template = expression_in(b->o, text, EXPRESSION_IN_BODY);
    return template.p ? json_str(template) : NULL;
}

/* Its texts as templates; names of members are none. Steals the tree; NULL where one cannot be
 * said. */
static json_t *tree_of(body_work_t *b, json_t *tree)
{
    const char *name;
    size_t at;
    json_t *child;
    bool ok = true;
    if (json_is_string(tree)) {
        json_t *text = text_of(b, json_view(tree));
        json_decref(tree);
        return text;
    }
    json_object_foreach(tree, name, child)
    {
        ok = json_object_set_new(tree, name, tree_of(b, json_incref(child))) == 0 && ok;
    }
    json_array_foreach(tree, at, child)
    {
        ok = json_array_set_new(tree, at, tree_of(b, json_incref(child))) == 0 && ok;
    }
    if (!ok) {
        json_decref(tree);
    }
    return ok ? tree : NULL;
}

/* JSON text is JSON; a text in quotes is what they hold. */
static json_t *value_of(body_work_t *b, str_t text)
{
    str_t trimmed = str_trim(text);
    bool quoted = trimmed.n > 1 && trimmed.p[0] == '\'' && trimmed.p[trimmed.n - 1] == '\'';
    err_t err = ERR_INIT;
    bool shaped = trimmed.n && strchr("[{", trimmed.p[0]) && !str_starts(trimmed, STR("{@"));
    json_t *tree = shaped ? json_read(trimmed, NULL, &err) : NULL;
    return tree ? tree_of(b, tree)
                : text_of(b, quoted ? str_slice(trimmed, 1, trimmed.n - 1) : text);
}

static json_t *set_property(body_work_t *b)
{
    str_t at = place_in(b, "newPropertyParentPathTemplate", "newPropertySubPathTemplate");
    json_t *value = value_of(b, instance_text(b->parameters, "propertyValuePathTemplate"));
    return value ? verb("set_property", at, STR_NONE, json_pack("{s:o}", "value", value)) : NULL;
}

const policy_template_t TEMPLATE_SET_PROPERTY = {.id = "setproperty", .body = set_property};

/* --- texts --- */

static json_t *string_replace(body_work_t *b)
{
    json_t *more = json_object();
    json_object_set_new(more, "find", json_str(instance_text(b->parameters, "sourceString")));
    json_object_set_new(more, "with", json_str(instance_text(b->parameters, "replacementString")));
    return verb("replace_string", place_in(b, "propertyParentPath", "propertySubPath"),
                place_new_in(b, "propertyParentPath", "newPropertyPath"), more);
}

const policy_template_t TEMPLATE_STRING_REPLACE = {.id = "stringreplace", .body = string_replace};

static json_t *encode(body_work_t *b)
{
    return verb("encode_property", place_in(b, "propertyParentPath", "propertySubPath"),
                place_new_in(b, "propertyParentPath", "newPropertyPath"), json_object());
}

const policy_template_t TEMPLATE_ENCODE = {.id = "encodepropertyvalue", .body = encode};

/* --- lists and objects --- */

static json_t *reshaped(body_work_t *b, const char *name, json_t *more, bool array)
{
    str_t at = place_in(b, "propertyParentPath", "propertySubPath");
    str_t to = place_new_in(b, "propertyParentPath", "newPropertyPath");
    json_t *policy = verb(name, at, to, more);
    if (policy) {
        place_is_array(b, to.p ? to : at, array);
    }
    return policy;
}

static json_t *string_to_array(body_work_t *b)
{
    json_t *more = json_object();
    json_object_set_new(more, "separator", json_str(instance_text(b->parameters, "delimiterList")));
    json_add_text(more, "as", instance_text(b->parameters, "childPropertyName"));
    return reshaped(b, "string_to_array", more, true);
}

static json_t *array_to_object(body_work_t *b)
{
    const json_t *retain = instance_value(b->parameters, "retainKey");
    json_t *more = json_object();
    json_object_set_new(more, "key",
                        json_str(instance_text(b->parameters, "keyWithinCollectionPath")));
    json_add_flag(more, "keep_key", !retain || is_true(retain));
    return reshaped(b, "array_to_object", more, false);
}

static json_t *object_to_array(body_work_t *b)
{
    json_t *more = json_object();
    json_add_text(more, "key", instance_text(b->parameters, "keyName"));
    json_add_text(more, "value", instance_text(b->parameters, "valueName"));
    return reshaped(b, "object_to_array", more, true);
}

const policy_template_t TEMPLATE_STRING_TO_ARRAY = {.id = "stringtoarray", .body = string_to_array};
const policy_template_t TEMPLATE_ARRAY_TO_OBJECT = {.id = "convertarraytoobject",
                                                    .body = array_to_object};
const policy_template_t TEMPLATE_OBJECT_TO_ARRAY = {.id = "convertobjecttoarray",
                                                    .body = object_to_array};

/* --- moveproperties --- */

static json_t *move(body_work_t *b)
{
    str_t from = place_in(b, "srcParentPath", "srcSubPath");
    str_t to = place_in(b, "dstParentPath", "dstSubPath");
    return from.p && to.p ? json_pack("{s:{s:o,s:o}}", "move_properties", "from", json_str(from),
                                      "to", json_str(to))
                          : NULL;
}

const policy_template_t TEMPLATE_MOVE = {.id = "moveproperties", .body = move};
