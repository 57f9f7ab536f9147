/* SPDX-License-Identifier: MIT */
/* The handlers that the table of routes names, by file. */
#ifndef TENON_API_HANDLERS_H
#define TENON_API_HANDLERS_H

#include "api/resource.h"

/* health.c */
void health_live(resource_t *r);
void health_ready(resource_t *r);

/* host.c */
void host_show(resource_t *r);

/* metrics.c */
void metrics_show(resource_t *r);

/* connectors.c */
void connectors_list(resource_t *r);
void connectors_show(resource_t *r);

/* connector_documents.c */
void documents_json(resource_t *r);
void documents_yaml(resource_t *r);
void documents_powerplatform(resource_t *r);

/* definition.c */
void definition_show(resource_t *r);

/* parameters.c */
extern const body_t BODY_PARAMETERS_SET;
void parameters_show(resource_t *r);
void parameters_set(resource_t *r);

/* connections.c */
extern const body_t BODY_CONNECTION_CREATE, BODY_CONNECTION_CHANGE;
void connections_list(resource_t *r);
void connections_create(resource_t *r);
void connections_show(resource_t *r);
void connections_change(resource_t *r);
void connections_remove(resource_t *r);
void connections_reset(resource_t *r);

/* connection_calls.c: what calls the service */
void connections_test(resource_t *r);
void connections_token(resource_t *r);

/* sign_in.c: by a code that a person types in elsewhere */
void sign_in_begin(resource_t *r);
void sign_in_show(resource_t *r);

/* usage.c */
void usage_show(resource_t *r);
void limits_now(resource_t *r);

/* calls.c */
void calls_list(resource_t *r);
void calls_show(resource_t *r);

/* events.c, event_stream.c */
void events_show(resource_t *r);
/* Gives query away. */
void event_stream_begin(resource_t *r, event_query_t *query);

/* webhooks.c */
extern const body_t BODY_WEBHOOK_ADD;
void webhooks_list(resource_t *r);
void webhooks_add(resource_t *r);
void webhooks_show_one(resource_t *r);
void webhooks_remove_one(resource_t *r);
void webhooks_rotate(resource_t *r);
void webhooks_enable_one(resource_t *r);
void webhooks_test_one(resource_t *r);

/* keys.c */
extern const body_t BODY_KEY_ADD;
void keys_list(resource_t *r);
void keys_add(resource_t *r);
void keys_show(resource_t *r);
void keys_revoke(resource_t *r);

/* keyring.c */
extern const body_t BODY_KEYRING_REWRAP;
void keyring_show(resource_t *r);
void keyring_rotate(resource_t *r);
void keyring_rewrap(resource_t *r);
void backups_make(resource_t *r);

/* audit.c */
void audit_show(resource_t *r);
void audit_check(resource_t *r);

/* console.c */
void console_show(resource_t *r);
void console_file_show(resource_t *r);

/* console_session.c */
extern const body_t BODY_SESSION_BEGIN;
void session_begin(resource_t *r);
void session_show(resource_t *r);
void session_end(resource_t *r);

/* own_document.c */
void own_document_show(resource_t *r);

/* connect_sessions.c, connect_page.c, connect_form.c: connecting by a link */
extern const body_t BODY_CONNECT_SESSION_CREATE;
void connect_sessions_create(resource_t *r);
void connect_show(resource_t *r);
void connect_submit(resource_t *r);
void connect_style_show(resource_t *r);

/* client_document.c: what Tenon says of itself as a client */
void client_document_show(resource_t *r);

/* callback.c: coming back from a service's sign-in page */
void callback_receive(resource_t *r);
void callback_signed_out(resource_t *r);
/* The Set-Cookie that ties a sign-in (as ADMIN_SIGN_IN_BEGIN answers it) to its browser. */
str_t callback_binding_cookie(const resource_t *r, const json_t *begun);

#endif
