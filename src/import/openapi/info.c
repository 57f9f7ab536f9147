/* SPDX-License-Identifier: MIT */
/* The top of a definition: title, version, people, links and what else is told of the API. */
#include "import/head.h"
#include "import/openapi/spec.h"

static void add_version(const head_t *h)
{
    json_t *text = schema_fitting("string", json_object_get(h->info, "version"));
    head_add_version(h, json_view(text));
    json_decref(text);
}

static void add_links(const spec_t *s, const head_t *h)
{
    json_t *links = json_object();
    head_add_link(h, links, "documentation",
                  json_member(json_object_get(s->root, "externalDocs"), "url"));
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
    const head_t head = {s->arena, s->report, s->definition, info};
    head_add_title(&head, id, id);
    add_version(&head);
    head_add_contact(&head);
    add_links(s, &head);
    extensions_take(&s->schemas, s->root, s->definition);
    tell_others(s, info);
}
