/* SPDX-License-Identifier: MIT */
/* The top of a definition: title, version, publisher, links and what else is told of a connector.
 */
#include "import/names.h"
#include "import/powerplatform/source.h"

/* --- version --- */

static void add_version(source_t *s, const json_t *info)
{
    str_t given = json_member(info, "version");
    str_t version = name_version_in(s->arena, given);
    json_object_set_new(s->definition, "version", json_str(version));
    if (!str_eq(given, version)) {
        report_note(s->report, "version", "%.*s is written %s", STR_ARG(given), version.p);
    }
}

/* --- people and links --- */

static bool is_web_address(str_t text)
{
    return str_starts(text, STR("https://")) || str_starts(text, STR("http://"));
}

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

static void add_link(source_t *s, json_t *to, const char *name, str_t url)
{
    if (is_web_address(url)) {
        json_add_text(to, name, url);
    } else if (url.n) {
        report_note(s->report, "link", "%s: %.*s is no web address", name, STR_ARG(url));
    }
}

static void add_people(source_t *s, const json_t *info)
{
    json_t *publisher = json_object(), *contact = json_object(), *links = json_object();
    const json_t *from = json_object_get(info, "contact");
    json_add_text(publisher, "name", json_member(s->properties, "publisher"));
    json_add_text(contact, "name", json_member(from, "name"));
    add_link(s, contact, "url", json_member(from, "url"));
    json_add_text(contact, "email", json_member(from, "email"));
    add_link(s, links, "website", metadata(s, "Website"));
    add_link(s, links, "privacy_policy", metadata(s, "Privacy policy"));
    add_link(s, links, "documentation",
             json_member(json_object_get(s->swagger, "externalDocs"), "url"));
    json_add_filled(s->definition, "publisher", publisher);
    json_add_filled(s->definition, "contact", contact);
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
    str_t title = str_trim(json_member(info, "title"));
    str_t description = json_member(info, "description");
    title = title.n ? title : name;
    json_object_set_new(s->definition, "tenon", json_integer(1));
    json_object_set_new(s->definition, "id", json_str(id));
    json_object_set_new(s->definition, "title", json_str(title));
    json_object_set_new(s->definition, "description",
                        json_str(str_trim(description).n ? description : title));
    add_version(s, info);
    add_people(s, info);
    add_categories(s);
    add_color(s);
    /* The platform sends defaults of what is required; what is left out is the service's to assume.
     */
    json_object_set_new(s->definition, "defaults", json_string("required"));
    extensions_import(s, info, s->definition);
    extensions_import(s, s->swagger, s->definition);
    json_object_del(s->definition,
                    "x-ms-connector-metadata"); /* derived from links and categories */
    left_out_of_connector(s);
}
