/* SPDX-License-Identifier: MIT */
/* Ways to sign in and grants (FORMAT 5): credentials and URLs that are needed, keys that go
 * together. */
#include "definition/build/refer.h"
#include "definition/check/check.h"
#include "definition/slots.h"

static spot_t spot_of(const grant_site_t *site)
{
    return (spot_t){site->grant->line, site->grant->column};
}

/* --- credentials --- */

/* A credential that may be missing fails only at run time; whoever fills in the form should know
 * before. */
static void advise_required(loader_t *l, const grant_site_t *site, credential_slot_t slot)
{
    const template_t *t = site->grant->slots[slot];
    const view_t view = {.auth = site->auth, .action = site->action};
    refer_context_t context = {.c = l->c, .view = &view};
    for (size_t i = 0; i < t->count; i++) {
        if (t->parts[i].expr && !expr_is_sure(t->parts[i].expr, refer_is_sure, &context)) {
            loader_advise(l, ERR_advice, spot_of(site),
                          "`%s` is needed, but its field may be left empty: make it required",
                          credential_slot_name(slot));
            return;
        }
    }
}

static void check_slots(loader_t *l, const grant_site_t *site)
{
    slots_t needed = slots_needed(site->grant);
    for (credential_slot_t slot = 0; slot < SLOT_COUNT; slot++) {
        const char *name = credential_slot_name(slot);
        if (!slots_have(needed, slot)) {
            continue;
        }
        if (site->grant->slots[slot]) {
            advise_required(l, site, slot);
        } else if (!yaml_get(site->node, name)) {
            loader_fault(l, ERR_slot_missing, spot_of(site),
                         "`%s` is needed: add %s of that name or the key", name,
                         site->action ? "an input or a parameter" : "a parameter");
        }
    }
}

static void check_client_auth(loader_t *l, const grant_site_t *site)
{
    client_auth_t client_auth = site->grant->client_auth;
    bool asserts =
        client_auth == CLIENT_AUTH_PRIVATE_KEY_JWT || client_auth == CLIENT_AUTH_CLIENT_SECRET_JWT;
    bool has_assertion = yaml_get(site->node, "client_assertion") != NULL;
    if (client_auth == CLIENT_AUTH_PRIVATE_KEY_JWT && !has_assertion) {
        loader_fault(
            l, ERR_slot_missing, spot_of(site),
            "`client_assertion` is needed: client_auth private_key_jwt signs with its key");
    }
    if (has_assertion && !asserts) {
        loader_fault(l, ERR_auth_key_not_here, key_spot(site->node, "client_assertion"),
                     "`client_assertion` goes with client_auth: private_key_jwt or "
                     "client_secret_jwt");
    }
    if (client_auth == CLIENT_AUTH_TLS && !node_map(yaml_get(site->node, "tls"))) {
        loader_fault(l, ERR_slot_missing, spot_of(site),
                     "`tls` is needed: client_auth tls signs in with its certificate");
    }
}

/* --- URLs that only other keys make needed --- */

static bool has(const grant_site_t *site, const char *key)
{
    return yaml_get(site->node, key) != NULL;
}

static void need_url(loader_t *l, const grant_site_t *site, const char *key)
{
    if (!has(site, key)) {
        loader_fault(l, ERR_url_missing, spot_of(site), "`%s` is needed", key);
    }
}

static void check_urls_of(loader_t *l, const grant_site_t *site)
{
    bool discovers = has(site, "issuer") || has(site, "resource");
    if (site->grant->type == AUTH_DEVICE_CODE && !discovers) {
        need_url(l, site, "device_url");
    }
    if (site->grant->type == AUTH_OAUTH1 && !site->grant->slots[SLOT_TOKEN]) {
        need_url(l, site, "request_url");
        need_url(l, site, "authorize_url");
        need_url(l, site, "token_url");
    }
    if (site->grant->register_dynamic && !discovers) {
        need_url(l, site, "register_url");
    }
    if (has(site, "register_url") && !site->grant->register_dynamic) {
        loader_fault(l, ERR_auth_key_not_here, key_spot(site->node, "register_url"),
                     "`register_url` goes with register: dynamic");
    }
}

static void check_grant(loader_t *l, const grant_site_t *site)
{
    check_slots(l, site);
    check_client_auth(l, site);
    check_urls_of(l, site);
}

/* --- secrets of the installation --- */

static void check_admin_secret(loader_t *l, const field_t *field, const yaml_node_t *node,
                               const action_t *action)
{
    (void)node;
    if (l->c->hosts_any && !action && field->secret && field->ask_admin) {
        loader_fault(l, ERR_admin_secret_any_host, (spot_t){field->line, field->column},
                     "a secret of the admin would go to a host the user types: pin `hosts`");
    }
}

void check_auths(loader_t *l)
{
    loader_each_grant(l, check_grant);
    loader_each_field(l, check_admin_secret);
}
