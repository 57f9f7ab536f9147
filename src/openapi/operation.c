/* SPDX-License-Identifier: MIT */
#include "openapi/flavour.h"

/* --- parameters --- */

/* The name that the variable has in the path of the document. */
static str_t variable_name(const action_t *a, const field_t *f, const str_t *names)
{
    size_t variables = 0;
    for (size_t i = 0; names && i < a->piece_count; i++) {
        if (a->pieces[i].field == f) {
            return names[variables];
        }
        variables += a->pieces[i].field != NULL;
    }
    return f->name;
}

static void add_parameter(document_t *d, const action_t *a, const field_t *f, const str_t *names,
                          json_t *list)
{
    bool elsewhere = f->in == IN_FORM || f->in == IN_JSON || f->in == IN_BODY;
    json_t *parameter = elsewhere ? NULL : d->flavour->parameter(d, f, variable_name(a, f, names));
    if (parameter) {
        json_array_append_new(list, parameter);
    }
}

static json_t *write_parameters(document_t *d, const action_t *a, const str_t *names, bool chosen)
{
    json_t *list = json_array();
    if (chosen) {
        json_t *reference = json_sprintf("%s%.*s", d->flavour->parameters, STR_ARG(d->variable));
        json_array_append_new(list, json_pack("{s:o}", "$ref", reference));
    }
    for (size_t i = 0; i < a->input.count; i++) {
        add_parameter(d, a, &a->input.list[i], names, list);
    }
    return list;
}

/* --- what Microsoft's designers read, whatever the version --- */

static void add_trigger(json_t *to, const trigger_t *t)
{
    if (t->kind == TRIGGER_WEBHOOK) {
        json_object_set_new(to, "x-ms-trigger", json_string("single"));
    } else if (t->kind == TRIGGER_POLLING) {
        json_object_set_new(to, "x-ms-trigger", json_string(t->batch ? "batch" : "single"));
        json_object_set_new(to, "x-ms-trigger-metadata",
                            json_pack("{s:s,s:s}", "kind", "query", "mode", "polling"));
    }
}

str_t designers_link(const action_t *a)
{
    const place_t *link = a->next_link;
    bool top = link && !link->item && link->count == 1;
    str_t name = top ? link->steps[0].name : STR_NONE;
    return str_is(name, "nextLink") || str_is(name, "@odata.nextLink") ? name : STR_NONE;
}

static void add_pageable(json_t *to, const action_t *a)
{
    str_t name = designers_link(a);
    if (name.p) {
        json_object_set_new(to, "x-ms-pageable",
                            json_pack("{s:o}", "nextLinkName", json_str(name)));
    }
}

/* --- the whole --- */

json_t *operation_write(document_t *d, const action_t *a, const str_t *names, bool chosen)
{
    json_t *to = json_object();
    json_add_text(to, "operationId", a->name);
    json_add_text(to, "summary", a->summary);
    json_add_text(to, "description", a->description);
    json_add_flag(to, "deprecated", a->deprecated);
    json_add_filled(to, "tags", json_texts(a->tags, a->tag_count));
    extensions_add(d, to, a->extensions);
    add_trigger(to, &a->trigger);
    add_pageable(to, a);
    json_t *parameters = write_parameters(d, a, names, chosen);
    json_object_set_new(to, "parameters", parameters);
    d->flavour->add_body(d, a, to);
    if (json_array_size(parameters) == 0) {
        json_object_del(to, "parameters");
    }
    answers_t answers = answers_of(d, a);
    d->flavour->add_answers(d, a, &answers, to);
    answers_fini(&answers);
    return to;
}
