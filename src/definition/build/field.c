/* SPDX-License-Identifier: MIT */
/* Fields of forms and inputs (FORMAT 4). Where an input goes by default is decided with its action
 * (action.c); what is sure once all schemas are there (uses.c). */
#include "codec/json.h"
#include "definition/build/loader.h"

static int one_of(str_t name, const char *const *names, size_t count, int fallback)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(name, names[i])) {
            return (int)i;
        }
    }
    return fallback;
}
#define ONE_OF(text, names, fallback)                                                              \
    one_of((text), (names), sizeof(names) / sizeof *(names), (fallback))

/* --- choices --- */

/* Every member of a row but its title, as text. */
static json_t *read_columns(loader_t *l, const yaml_node_t *row)
{
    json_t *columns = NULL;
    for (size_t i = 0; i < node_count(row); i++) {
        str_t key = row->pairs[i].key->text;
        str_t text = node_text(row->pairs[i].value);
        if (str_is(key, "title") || !text.p) {
            continue;
        }
        if (!columns) {
            columns = loader_keep(l, json_object());
        }
        (void)json_object_setn_new_nocheck(columns, key.p, key.n, json_str(text));
    }
    return columns;
}

static void read_choices(loader_t *l, const yaml_node_t *map, field_t *field)
{
    choice_t *choices = LOADER_ARRAY(l, choice_t, node_count(map));
    for (size_t i = 0; i < node_count(map); i++) {
        const yaml_pair_t *pair = &map->pairs[i];
        const yaml_node_t *row = node_map(pair->value);
        choices[i].value = arena_str(l->arena, pair->key->text);
        choices[i].title =
            row ? loader_str(l, row, "title") : arena_str(l->arena, node_text(pair->value));
        choices[i].columns = row ? read_columns(l, row) : NULL;
    }
    field->choices = choices;
    field->choice_count = node_count(map);
}

/* --- a field --- */

static str_t title_of_name(loader_t *l, str_t name)
{
    if (str_index(name, '_') == SIZE_MAX) {
        return name;
    }
    str_t title = arena_str(l->arena, name);
    for (size_t i = 0; i < title.n; i++) {
        if (title.p[i] == '_') {
            WRITABLE(char, title.p)[i] = ' ';
        }
    }
    return title;
}

/* Its own words, or those of what it refers to; the schemas of the file are read before. */
static void name_field(loader_t *l, field_t *field)
{
    const schema_t *own = field->schema, *typed = schema_typed(own);
    field->title = own->title.p     ? own->title
                   : typed->title.p ? typed->title
                                    : title_of_name(l, field->name);
    field->description = own->description.p ? own->description : typed->description;
}

static void read_field(loader_t *l, const yaml_pair_t *pair, field_t *field)
{
    static const char *const places[] = {"path", "query", "header", "form", "json", "body"};
    static const char *const collections[] = {"csv", "multi", "ssv", "pipes", "tsv"};
    static const char *const encodings[] = {"single", "double", "path"};
    const yaml_node_t *node = pair->value;
    field->line = pair->key->line;
    field->column = pair->key->column;
    field->name = arena_str(l->arena, pair->key->text);
    field->message = loader_str(l, node, "message");
    field->required = node_bool(yaml_get(node, "required"), false);
    field->secret = node_bool(yaml_get(node, "secret"), false);
    field->ask_admin = member_is(node, "ask", "admin");
    field->in = (field_in_t)ONE_OF(member_text(node, "in"), places, IN_JSON);
    field->collection = (collection_format_t)ONE_OF(member_text(node, "collectionFormat"),
                                                    collections, COLLECTION_CSV);
    field->url_encoding =
        (url_encoding_t)ONE_OF(member_text(node, "url_encoding"), encodings, URL_ENCODING_SINGLE);
    read_choices(l, node_map(yaml_get(node, "choices")), field);
    field->schema = build_schema(l, node, field);
    name_field(l, field);
}

fields_t build_fields(loader_t *l, const yaml_node_t *map)
{
    size_t count = node_count(node_map(map));
    field_t *list = LOADER_ARRAY(l, field_t, count);
    for (size_t i = 0; i < count; i++) {
        read_field(l, &map->pairs[i], &list[i]);
    }
    return (fields_t){.list = list, .count = count};
}
