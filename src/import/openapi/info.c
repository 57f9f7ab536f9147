/* SPDX-License-Identifier: MIT */
/* The top of a definition: title, version, people, links and what else is told of the API. */
#include "import/names.h"
#include "import/openapi/spec.h"

static void add_version(spec_t *s, const json_t *info)
{
    json_t *text = schema_fitting("string", json_object_get(info, "version"));
    str_t given = json_view(text);
    str_t version = name_version_in(s->arena, given);
    json_object_set_new(s->definition, "version", json_str(version));
    if (!str_eq(given, version)) {
        report_note(s->report, "version", "%.*s is written %s", STR_ARG(given), version.p);
    }
    json_decref(text);
}

static void add_link(spec_t *s, json_t *to, const char *name, str_t url)
{
    bool web = str_starts(url, STR("https://")) || str_starts(url, STR("http://"));
    if (web) {
        json_add_text(to, name, url);
    } else if (url.n) {
        report_note(s->report, "link", "%s: %.*s is no web address", name, STR_ARG(url));
    }
}

static void add_people(spec_t *s, const json_t *info)
{
    json_t *contact = json_object(), *links = json_object();
    const json_t *from = json_object_get(info, "contact");
    json_add_text(contact, "name", json_member(from, "name"));
    add_link(s, contact, "url", json_member(from, "url"));
    json_add_text(contact, "email", json_member(from, "email"));
    add_link(s, links, "documentation",
             json_member(json_object_get(s->root, "externalDocs"), "url"));
    json_add_filled(s->definition, "contact", contact);
    json_add_filled(s->definition, "links", links);
}

/* What the document says beside, and FORMAT has no place for. */
static void tell_others(spec_t *s, const json_t *info)
{
    static const char *const keys[] = {"webhooks", "tags"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *value = json_object_get(s->root, keys[i]);
        if (json_array_size(value) + json_object_size(value) > 0) {
            report_note(s->report, keys[i], "`%s` is left out", keys[i]);
        }
    }
    if (json_object_get(info, "license") || json_object_get(info, "termsOfService")) {
        report_note(s->report, "license",
                    "license and terms of the API are left out: read them in the document");
    }
}

void info_import(spec_t *s, str_t id)
{
    const json_t *info = json_object_get(s->root, "info");
    str_t title = str_trim(json_member(info, "title"));
    str_t description = json_member(info, "description");
    title = title.n ? title : id;
    json_object_set_new(s->definition, "tenon", json_integer(1));
    json_object_set_new(s->definition, "id", json_str(id));
    json_object_set_new(s->definition, "title", json_str(title));
    json_object_set_new(s->definition, "description",
                        json_str(str_trim(description).n ? description : title));
    add_version(s, info);
    add_people(s, info);
    /* A default tells what the service assumes where nothing is sent (OpenAPI 3.1, 4.8.24). */
    json_object_set_new(s->definition, "defaults", json_string("required"));
    extensions_take(&s->schemas, s->root, s->definition);
    tell_others(s, info);
}
