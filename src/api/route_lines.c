/* SPDX-License-Identifier: MIT */
/* What each route leaves in the audit trail. tests/peers/audit.test.mjs wants a row here of every
 * route that is not GET, and sees its line. */
#include "api/handlers.h"
#include "api/routes.h"

typedef struct route_line {
    void (*handle)(resource_t *r);
    audit_what_t what;
} route_line_t;

static const route_line_t LINES[] = {
    {session_begin, AUDIT_SESSION_BEGUN},
    {session_end, AUDIT_SESSION_ENDED},
    {parameters_set, AUDIT_PARAMETERS_CHANGED},
    {connections_create, AUDIT_CONNECTION_CREATED},
    {connections_change, AUDIT_CONNECTION_CHANGED},
    {connections_remove, AUDIT_CONNECTION_REMOVED},
    {connections_test, AUDIT_CONNECTION_TESTED},
    {connections_reset, AUDIT_CONNECTION_RESET},
    {connections_token, AUDIT_TOKEN_READ},
    {sign_in_begin, AUDIT_CONNECTION_SIGN_IN_BEGUN},
    {connect_sessions_create, AUDIT_CONNECT_SESSION_CREATED},
    {connect_submit, AUDIT_CONNECTION_CREATED}, /* or changed, then tested or signed in */
    {keys_add, AUDIT_KEY_CREATED},
    {keys_revoke, AUDIT_KEY_REVOKED},
    {webhooks_add, AUDIT_WEBHOOK_ADDED},
    {webhooks_rotate, AUDIT_WEBHOOK_ROTATED},
    {webhooks_test_one, AUDIT_WEBHOOK_TESTED},
    {webhooks_enable_one, AUDIT_WEBHOOK_ENABLED},
    {webhooks_remove_one, AUDIT_WEBHOOK_REMOVED},
    {keyring_rotate, AUDIT_KEYRING_KEY_ADDED},
    {keyring_rewrap, AUDIT_KEYRING_REWRAPPED},
    {backups_make, AUDIT_BACKUP_MADE},
};

audit_what_t route_what(const route_t *route)
{
    audit_what_t what = AUDIT_NONE;
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES && what == AUDIT_NONE; i++) {
        what = LINES[i].handle == route->handle ? LINES[i].what : AUDIT_NONE;
    }
    return what;
}
