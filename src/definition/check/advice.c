/* SPDX-License-Identifier: MIT */
/* Advice (level W): what loads, but does not run yet or should be thought over. */
#include "definition/build/refer.h"
#include "definition/check/check.h"
#include "definition/slots.h"

/* --- what this version cannot run --- */

static void not_yet(loader_t *l, const yaml_node_t *map, const char *key, const char *why)
{
    if (yaml_get(map, key)) {
        loader_advise(l, ERR_feature_not_yet, key_spot(map, key),
                      "`%s` does not run here, and a call is answered 501: %s", key, why);
    }
}

static void advise_grant(loader_t *l, const grant_site_t *site)
{
    const grant_definition_t *grant = site->grant;
    if (grant->dpop && site->action) {
        not_yet(l, site->node, "dpop",
                "the token goes to whoever calls, who could not prove the key that it is bound to");
    }
}

/* --- names that Power Platform keeps --- */

static void advise_name(loader_t *l, const field_t *field, const yaml_node_t *node,
                        const action_t *action)
{
    (void)node;
    (void)action;
    if (str_is(field->name, "token") || str_is(field->name, "connectionId")) {
        loader_advise(l, ERR_reserved_name, (spot_t){field->line, field->column},
                      "Power Platform keeps the name `%.*s` for itself", STR_ARG(field->name));
    }
}

/* --- judgement --- */

/* One form shows both: which of the two is meant would be told by nothing. */
static void advise_shadow(loader_t *l)
{
    for (size_t i = 0; i < l->c->auth_count; i++) {
        const fields_t *own = &l->c->auths[i].parameters;
        for (size_t k = 0; k < own->count; k++) {
            if (fields_find(&l->c->parameters, own->list[k].name)) {
                loader_advise(l, ERR_advice, (spot_t){own->list[k].line, own->list[k].column},
                              "`%.*s` is a parameter of the whole connection, too: this one hides "
                              "it",
                              STR_ARG(own->list[k].name));
            }
        }
    }
}

typedef struct shown {
    loader_t *l;
    credential_slot_t slot;
} shown_t;

static void advise_shown(void *context, const field_t *field)
{
    const shown_t *s = context;
    if (!field->secret) {
        loader_advise(s->l, ERR_advice, (spot_t){field->line, field->column},
                      "`%.*s` is used as `%s`: give it `secret: true`, so that it is sealed and "
                      "never shown",
                      STR_ARG(field->name), credential_slot_name(s->slot));
    }
}

/* A credential slot that is exactly one field. */
static void advise_open_secret(loader_t *l, const grant_site_t *site, credential_slot_t slot)
{
    const template_t *t = site->grant->slots[slot];
    const expr_t *e = t && t->count == 1 ? t->parts[0].expr : NULL;
    const view_t view = {.auth = site->auth, .action = site->action};
    shown_t shown = {.l = l, .slot = slot};
    bool everywhere;
    if (!e || e->kind != EXPR_REF || e->step_count != 1) {
        return;
    }
    if (e->root == ROOT_CONNECTION) {
        refer_connection(l->c, &view, e->steps[0].name, advise_shown, &shown, &everywhere);
    } else if (e->root == ROOT_INPUT && refer_input(l->c, &view, e->steps[0].name)) {
        advise_shown(&shown, refer_input(l->c, &view, e->steps[0].name));
    }
}

static void advise_secrets(loader_t *l, const grant_site_t *site)
{
    for (credential_slot_t slot = 0; slot < SLOT_COUNT; slot++) {
        if (slot_is_secret(slot)) {
            advise_open_secret(l, site, slot);
        }
    }
}

static void advise_password(loader_t *l)
{
    for (size_t i = 0; i < l->c->auth_count; i++) {
        const auth_t *auth = &l->c->auths[i];
        if (auth->type == AUTH_PASSWORD && !auth->caution.p) {
            loader_advise(l, ERR_password_grant_advice, auth_spot(auth),
                          "a password acts as a named user and can lock the account: say so in "
                          "`caution`, and offer another way where there is one");
        }
    }
}

static bool bounds_values(const field_t *field)
{
    schema_format_t format = schema_format_of(field->schema);
    return format == FORMAT_HOSTNAME || format == FORMAT_URI || field->choice_count > 0 ||
           field->schema->pattern_text.p || field->schema->enumeration || field->schema->constant;
}

typedef struct host_value {
    loader_t *l;
    const use_t *use;
} host_value_t;

static void advise_bound(void *context, const field_t *field)
{
    const host_value_t *h = context;
    if (!bounds_values(field)) {
        loader_advise(h->l, ERR_advice, (spot_t){field->line, field->column},
                      "with `hosts: any` the value of `%.*s` decides where secrets go: give it "
                      "`format: hostname`, a pattern or choices",
                      STR_ARG(field->name));
    }
}

/* The value stands for the whole host. */
static void advise_hosts(loader_t *l, const use_t *use)
{
    bool everywhere;
    bool alone = use->url && use->url->authority_count == 1 && use->url->authority[0].expr;
    const expr_t *e = alone ? use->url->authority[0].expr : NULL;
    host_value_t h = {.l = l, .use = use};
    if (e && e->kind == EXPR_REF && e->root == ROOT_CONNECTION && e->step_count == 1) {
        refer_connection(l->c, use->view, e->steps[0].name, advise_bound, &h, &everywhere);
    }
}

void check_advice(loader_t *l)
{
    loader_each_grant(l, advise_grant);
    loader_each_field(l, advise_name);
    advise_password(l);
    advise_shadow(l);
    loader_each_grant(l, advise_secrets);
    for (size_t i = 0; l->c->hosts_any && i < l->use_count; i++) {
        advise_hosts(l, &l->uses[i]);
    }
}
