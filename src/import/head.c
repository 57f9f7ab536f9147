/* SPDX-License-Identifier: MIT */
#include "import/head.h"

#include "codec/json.h"
#include "import/names.h"

void head_add_title(const head_t *h, str_t id, str_t title)
{
    str_t given = str_trim(json_member(h->info, "title"));
    str_t description = json_member(h->info, "description");
    title = given.n ? given : title;
    json_object_set_new(h->definition, "tenon", json_integer(1));
    json_object_set_new(h->definition, "id", json_str(id));
    json_object_set_new(h->definition, "title", json_str(title));
    json_object_set_new(h->definition, "description",
                        json_str(str_trim(description).n ? description : title));
    /* Platforms send defaults of what is required; others tell what the service assumes where
     * nothing is sent (OpenAPI 3.1, 4.8.24). */
    json_object_set_new(h->definition, "defaults", json_string("required"));
}

void head_add_version(const head_t *h, str_t version)
{
    str_t ours = name_version_in(h->arena, version);
    json_object_set_new(h->definition, "version", json_str(ours));
    if (!str_eq(version, ours)) {
        report_note(h->report, "version", "%.*s is written %s", STR_ARG(version), ours.p);
    }
}

void head_add_link(const head_t *h, json_t *to, const char *name, str_t url)
{
    if (str_starts(url, STR("https://")) || str_starts(url, STR("http://"))) {
        json_add_text(to, name, url);
    } else if (url.n) {
        report_note(h->report, "link", "%s: %.*s is no web address", name, STR_ARG(url));
    }
}

void head_add_contact(const head_t *h)
{
    json_t *contact = json_object();
    const json_t *from = json_object_get(h->info, "contact");
    json_add_text(contact, "name", json_member(from, "name"));
    head_add_link(h, contact, "url", json_member(from, "url"));
    json_add_text(contact, "email", json_member(from, "email"));
    json_add_filled(h->definition, "contact", contact);
}
