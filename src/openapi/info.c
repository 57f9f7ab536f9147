/* SPDX-License-Identifier: MIT */
#include "openapi/document.h"

json_t *info_write(const connector_t *c)
{
    json_t *info = json_object();
    json_t *contact = json_object();
    json_add_text(info, "title", c->title);
    json_add_text(info, "description", c->description);
    json_add_text(info, "version", c->version);
    json_add_text(contact, "name", c->contact_name);
    json_add_text(contact, "url", c->contact_url);
    json_add_text(contact, "email", c->contact_email);
    json_add_filled(info, "contact", contact);
    return info;
}

void info_add_documentation(json_t *to, const connector_t *c)
{
    if (c->link_documentation.n) {
        json_object_set_new(to, "externalDocs",
                            json_pack("{s:o}", "url", json_str(c->link_documentation)));
    }
}
