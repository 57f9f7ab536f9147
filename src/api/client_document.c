/* SPDX-License-Identifier: MIT */
/* /oauth/clients/{connector}: what Tenon is to the authorization server of a connector that
 * registers by a document, whose address is the client's ID
 * (draft-ietf-oauth-client-id-metadata-document). Nothing in it is secret. */
#include "api/handlers.h"
#include "api/resource.h"
#include "codec/json.h"
#include "connection/registration.h"
#include "grant/registration.h"

static const grant_definition_t *described(const connector_t *c)
{
    for (size_t i = 0; c && i < c->auth_count; i++) {
        if (c->auths[i].grant.register_document) {
            return &c->auths[i].grant;
        }
    }
    return NULL;
}

void client_document_show(resource_t *r)
{
    str_t id = r->variables[0];
    const grant_definition_t *grant = described(snapshot_connector(worker_snapshot(r->worker), id));
    arena_t *arena = http_request_arena(r->request);
    const manager_t *m = worker_options(r->worker)->manager;
    str_t public_url = worker_options(r->worker)->public_url;
    if (!grant) {
        resource_refuse(r, ERR_not_found, "no client describes itself here");
        return;
    }
    const grant_self_t self = {.name = registration_self_name_in(arena, public_url),
                               .uri = public_url,
                               .redirect_uri = manager_redirect_uri_in(m, arena, id)};
    json_t *document = grant_client_document(&self, grant);
    json_object_set_new(document, "client_id",
                        json_str(registration_document_url_in(arena, public_url, id)));
    json_object_set_new(document, "token_endpoint_auth_method", json_string("none"));
    resource_answer(r, 200, document);
}
