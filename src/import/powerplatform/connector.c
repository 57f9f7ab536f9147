/* SPDX-License-Identifier: MIT */
/* The top of a definition: title, version, publisher, links and what else is told of a connector.
 */
#include "import/head.h"
#include "import/powerplatform/source.h"

/* --- people and links --- */

static str_t metadata(const source_t *s, const char *name)
{
    size_t at;
    json_t *entry;
    json_array_foreach(json_object_get(s->swagger, "x-ms-connector-metadata"), at, entry)
    {
        if (str_eq_nocase(json_member(entry, "propertyName"), str_of(name))) {
            return str_trim(json_member(entry, "propertyValue"));
        }
    }
    return STR_NONE;
}

static void add_people(const source_t *s, const head_t *h)
{
    json_t *publisher = json_object(), *links = json_object();
    json_add_text(publisher, "name", json_member(s->properties, "publisher"));
    head_add_link(h, links, "website", metadata(s, "Website"));
    head_add_link(h, links, "privacy_policy", metadata(s, "Privacy policy"));
    head_add_link(h, links, "documentation",
                  json_member(json_object_get(s->swagger, "externalDocs"), "url"));
    json_add_filled(s->definition, "publisher", publisher);
    json_add_filled(s->definition, "links", links);
}

static void add_categories(source_t *s)
{
    str_t rest = metadata(s, "Categories");
    json_t *list = json_array();
    while (rest.p) {
        str_t one = str_trim(str_cut(&rest, ';'));
        if (one.n) {
            json_array_append_new(list, json_str(one));
        }
    }
    json_add_filled(s->definition, "categories", list);
}

static void add_color(source_t *s)
{
    str_t color = json_member(s->properties, "iconBrandColor");
    bool good = color.n == 7 && color.p[0] == '#';
    for (size_t i = 1; good && i < 7; i++) {
        good = ascii_hex_value(color.p[i]) >= 0;
    }
    if (good) {
        json_add_text(s->definition, "brand_color", color);
    } else if (color.n) {
        report_note(s->report, "brand_color", "%.*s is no #RRGGBB", STR_ARG(color));
    }
}

void connector_import(source_t *s, str_t id, str_t name)
{
    const json_t *info = json_object_get(s->swagger, "info");
    const head_t head = {s->arena, s->report, s->definition, info};
    head_add_title(&head, id, name);
    head_add_version(&head, json_member(info, "version"));
    head_add_contact(&head);
    add_people(s, &head);
    add_categories(s);
    add_color(s);
    extensions_import(s, info, s->definition);
    extensions_import(s, s->swagger, s->definition);
    json_object_del(s->definition,
                    "x-ms-connector-metadata"); /* derived from links and categories */
    left_out_of_connector(s);
}
