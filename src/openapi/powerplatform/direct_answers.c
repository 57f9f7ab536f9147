/* SPDX-License-Identifier: MIT */
/* What an answer leads to, and its headers, as policy templates. */
#include "openapi/powerplatform/direct.h"

static bool say_response_headers(direct_t *x, const action_t *a)
{
    for (size_t i = 0; i < a->response_headers.count; i++) {
        const named_template_t *h = &a->response_headers.list[i];
        str_t text = say_template(x, a, h->template, SAY_VALUE);
        if (!text.p) {
            return direct_leave_out(x, a, "response", "the header %.*s of its answer",
                                    STR_ARG(h->name));
        }
        instance_add(x, PHASE_ANSWER, a, "setheader",
                     json_pack("{s:o,s:o,s:s,s:s}", PARAMETER("name"), json_str(h->name),
                               PARAMETER("value"), json_str(text), PARAMETER("existsAction"),
                               "override", POLICY_SECTION, "Response"));
    }
    return true;
}

static bool say_polling(direct_t *x, const action_t *a)
{
    const template_tree_t *query = a->trigger.query;
    json_t *config = json_object();
    for (size_t i = 0; query && i < query->count; i++) {
        const template_member_t *m = &query->members[i];
        str_t text = say_tree(x, a, m->value, SAY_TRIGGER);
        if (!text.p) {
            json_decref(config);
            return direct_leave_out(x, a, "trigger", "what it asks %.*s for", STR_ARG(m->name));
        }
        json_object_setn_new(config, m->name.p, m->name.n, json_str(text));
    }
    const place_t *items = &a->trigger.items;
    instance_add(x, PHASE_ANSWER, a, "pollingtrigger",
                 json_pack("{s:o,s:o}", PARAMETER("triggerConfig"), config,
                           PARAMETER("triggerDataPath"),
                           json_str(say_place(x, "triggerBody", items, 0, items->count))));
    return true;
}

static void say_next_link(direct_t *x, const action_t *a)
{
    const place_t *link = a->next_link;
    size_t last = place_last(link);
    if (last == link->count) {
        return;
    }
    json_t *parameters =
        json_pack("{s:o}", PARAMETER("nextLinkPropertyName"), json_str(link->steps[last].name));
    if (last > 0) {
        json_object_set_new(parameters, PARAMETER("nextLinkParentPropertyPath"),
                            json_str(say_place(x, "body", link, 0, last)));
    }
    instance_add(x, PHASE_ANSWER, a, "updatenextlink", parameters);
}

bool direct_answers(direct_t *x, const action_t *a)
{
    if (a->next_link) {
        say_next_link(x, a);
    }
    return say_response_headers(x, a) && (a->trigger.kind != TRIGGER_POLLING || say_polling(x, a));
}
