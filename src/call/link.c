/* SPDX-License-Identifier: MIT */
/* Addresses of Tenon's that carry what the service told: that of an action with `?tenon_…=` and
 * something sealed behind it, which counts for this action and connection alone. Nothing is kept of
 * it here. */
#include <stdio.h>

#include "call/call_internal.h"
#include "seal/envelope.h"

const link_kind_t LINK_NEXT = {.query = STR_INIT("tenon_next="),
                               .purpose = STR_INIT("next_link"),
                               .method = "GET",
                               .refusal = "this is no next page of this action and connection"};
const link_kind_t LINK_STATE = {.query = STR_INIT("tenon_state="),
                                .purpose = STR_INIT("trigger_state"),
                                .method = "GET",
                                .refusal = "this is no state of this trigger and connection"};
const link_kind_t LINK_HOOK = {.query = STR_INIT("tenon_hook="),
                               .purpose = STR_INIT("hook"),
                               .method = "DELETE",
                               .refusal = "this is no hook of this trigger and connection"};

enum { CONTENT_MAX = 8 * 1024, SEALED_MAX = 12 * 1024 };

static bool belongs_to(const link_kind_t *kind, const action_t *action)
{
    return kind == &LINK_NEXT    ? action->next_link != NULL
           : kind == &LINK_STATE ? action->trigger.kind == TRIGGER_POLLING
                                 : action->trigger.kind == TRIGGER_WEBHOOK;
}

static envelope_for_t use_of(const call_t *c, const link_kind_t *kind, const action_t *action)
{
    str_t place = arena_printf(c->arena, "%.*s\n%.*s\n%.*s", STR_ARG(c->connection->connector_id),
                               STR_ARG(c->connection->name), STR_ARG(action->name));
    return (envelope_for_t){.secret = manager_call_token_secret(c->worker->options.manager),
                            .purpose = kind->purpose,
                            .place = place};
}

/* --- one that is followed --- */

static const link_kind_t *kind_asked(const call_t *c)
{
    static const link_kind_t *const kinds[] = {&LINK_NEXT, &LINK_STATE, &LINK_HOOK};
    const http_view_t *view = http_request_view(c->request);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (str_starts(view->query, kinds[i]->query)) {
            return kinds[i];
        }
    }
    return NULL;
}

/* Some platforms poll by the method that the trigger has. */
static bool may_follow(const call_t *c, const link_kind_t *kind, const action_t *action)
{
    str_t method = http_request_view(c->request)->method;
    return str_is(method, kind->method) || (kind == &LINK_STATE && str_eq(method, action->method));
}

/* Absent where it was not sealed for this. */
static str_t open_for(const call_t *c, const link_kind_t *kind, const action_t *action)
{
    buf_t content;
    envelope_for_t use = use_of(c, kind, action);
    str_t query = http_request_view(c->request)->query;
    buf_init_wiping(&content, CONTENT_MAX);
    bool opened = envelope_open(&use, str_slice(query, kind->query.n, query.n), &content);
    str_t told = opened ? arena_str(c->arena, buf_view(&content)) : STR_NONE;
    buf_fini(&content);
    return told;
}

/* Actions of several methods may share the path: the link tells whose it is. */
const action_t *link_action(call_t *c)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    const link_kind_t *kind = kind_asked(c);
    const action_t *first = NULL;
    for (size_t i = 0; kind && i < sizeof methods / sizeof *methods; i++) {
        bool known;
        const action_t *action =
            connector_match(c->connection->connector, str_of(methods[i]), c->path, c->arena,
                            c->path_values, &c->path_value_count, &known);
        if (!action || !belongs_to(kind, action) || !may_follow(c, kind, action)) {
            continue;
        }
        c->link = kind;
        c->link_content = open_for(c, kind, action);
        if (c->link_content.p) {
            return action;
        }
        first = first ? first : action;
    }
    return first;
}

bool link_refuse(const call_t *c, err_t *err)
{
    char pointer[32];
    str_t name = c->link->query;
    (void)snprintf(pointer, sizeof pointer, "/%.*s", (int)name.n - 1, name.p);
    return err_add_detail(err, ERR_param_value, pointer, "%s", c->link->refusal);
}

/* --- a new one --- */

str_t link_make(call_t *c, const link_kind_t *kind, str_t content)
{
    envelope_for_t use = use_of(c, kind, c->action);
    buf_t sealed;
    if (content.n > CONTENT_MAX) { /* a longer one could not be sent back */
        return STR_NONE;
    }
    buf_init(&sealed, SEALED_MAX);
    envelope_seal(&use, content, &sealed);
    str_t made = arena_printf(c->arena, "%.*s%.*s?%.*s%.*s", STR_ARG(c->worker->options.public_url),
                              STR_ARG(http_request_view(c->request)->path), STR_ARG(kind->query),
                              STR_ARG(buf_view(&sealed)));
    buf_fini(&sealed);
    return made;
}
