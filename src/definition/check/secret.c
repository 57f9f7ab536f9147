/* SPDX-License-Identifier: MIT */
/* Secrets come from fields and stay in `auth` (FORMAT 5 and 8): no literal where a secret belongs,
 * and no secret of the connection in a text outside, also where somebody takes a text for a
 * template (a path). What people read (titles, schemas, guides) may show anything. Values are never
 * repeated in a message. */
#include "definition/check/check.h"
#include "definition/slots.h"

/* --- literals --- */

static void count_ref(void *context, const expr_t *ref, bool sure)
{
    size_t *count = context;
    (void)ref;
    (void)sure;
    (*count)++;
}

static void check_literal(loader_t *l, const yaml_node_t *map, const char *key, const template_t *t)
{
    size_t refs = 0;
    if (!t || !member_text(map, key).n) {
        return;
    }
    template_visit(t, count_ref, &refs);
    if (refs == 0) {
        loader_fault(l, ERR_definition_inline_secret, key_spot(map, key),
                     "a secret must come from a field, not from the file: add a parameter with "
                     "`secret: true` and write ${connection.NAME}");
    }
}

static void check_jwt(loader_t *l, const yaml_node_t *grant, const char *key,
                      const jwt_definition_t *jwt)
{
    if (jwt) {
        check_literal(l, node_map(yaml_get(grant, key)), "key", jwt->key);
    }
}

static void check_grant(loader_t *l, const grant_site_t *site)
{
    const grant_definition_t *grant = site->grant;
    slots_t slots = slots_of_type(grant->type);
    for (credential_slot_t slot = 0; slot < SLOT_COUNT; slot++) {
        if (slots_have(slots, slot) && slot_is_secret(slot)) {
            check_literal(l, site->node, credential_slot_name(slot), grant->slots[slot]);
        }
    }
    check_jwt(l, site->node, "client_assertion", grant->client_assertion);
    check_jwt(l, site->node, "assertion", grant->assertion);
    check_jwt(l, site->node, "jwt", grant->jwt);
    if (site->auth) {
        check_literal(l, node_map(yaml_get(site->node, "tls")), "private_key",
                      site->auth->tls_private_key);
    }
}

static void check_constant(loader_t *l, const field_t *field, const yaml_node_t *node,
                           const action_t *action)
{
    (void)action;
    if (field->secret && yaml_get(node, "const")) {
        loader_fault(l, ERR_definition_inline_secret, key_spot(node, "const"),
                     "a secret must come from who fills in the field, not from the file");
    }
}

/* --- secrets in texts outside --- */

typedef struct text_walk {
    loader_t *l;
    spot_t at;
} text_walk_t;

static bool is_secret(const connector_t *c, str_t name)
{
    const field_t *shared = fields_find(&c->parameters, name);
    bool secret = shared && shared->secret;
    for (size_t i = 0; i < c->auth_count && !secret; i++) {
        const field_t *own = fields_find(&c->auths[i].parameters, name);
        secret = own && own->secret;
    }
    return secret;
}

static void check_ref(void *context, const expr_t *ref, bool sure)
{
    const text_walk_t *w = context;
    (void)sure;
    if (ref->root == ROOT_CONNECTION && ref->step_count > 0 && ref->steps[0].name.p &&
        is_secret(w->l->c, ref->steps[0].name)) {
        loader_fault(w->l, ERR_definition_secret_in_action, w->at,
                     "the secret `%.*s` may be used in `auth` only: send it with `inject`",
                     STR_ARG(ref->steps[0].name));
    }
}

static void check_text(loader_t *l, str_t text, spot_t at)
{
    err_t unread = ERR_INIT;
    text_walk_t w = {.l = l, .at = at};
    if (str_find(text, STR("${"), 0) == SIZE_MAX) {
        return;
    }
    const template_t *t = template_parse_in(l->scratch, text, at.line, at.column, &unread);
    if (t) {
        template_visit(t, check_ref, &w);
    }
}

static void check_node(loader_t *l, const yaml_node_t *node, spot_t at);

static bool is_one_of(str_t key, const char *const *keys)
{
    while (*keys && !str_is(key, *keys)) {
        keys++;
    }
    return *keys != NULL;
}

static const char *const NONE[] = {NULL};

/* but: members where secrets belong, and those that are read by people alone. x-… are only carried
 * along. */
static void check_members(loader_t *l, const yaml_node_t *map, const char *const *but)
{
    for (size_t i = 0; i < node_count(node_map(map)); i++) {
        const yaml_pair_t *pair = &map->pairs[i];
        if (!is_one_of(pair->key->text, but) && !str_starts(pair->key->text, STR("x-"))) {
            check_node(l, pair->value, node_spot(pair->key));
        }
    }
}

static void check_node(loader_t *l, const yaml_node_t *node, spot_t at)
{
    if (node->kind == YAML_SCALAR) {
        check_text(l, node->text, at);
    }
    for (size_t i = 0; i < node_count(node_list(node)); i++) {
        check_node(l, node->items[i], node_spot(node->items[i]));
    }
    check_members(l, node, NONE);
}

static void check_texts(loader_t *l)
{
    static const char *const top[] = {"connection", "actions", "title",   "description",
                                      "publisher",  "contact", "links",   "categories",
                                      "guide",      "explain", "schemas", NULL};
    static const char *const in_action[] = {"token", "summary", "description", "tags",
                                            "input", "output",  "responses",   NULL};
    const yaml_node_t *actions = node_map(yaml_get(l->root, "actions"));
    check_members(l, node_map(l->root), top);
    for (size_t i = 0; i < node_count(actions); i++) {
        check_members(l, actions->pairs[i].value, in_action);
    }
}

void check_secrets(loader_t *l)
{
    loader_each_grant(l, check_grant);
    loader_each_field(l, check_constant);
    check_texts(l);
}
