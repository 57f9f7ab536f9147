/* SPDX-License-Identifier: MIT */
/* /v1/connections/{connection}/test and /token: what calls the service, or may. */
#include "api/handlers.h"
#include "base/clock.h"
#include "call/call.h"
#include "codec/form.h"
#include "codec/json.h"

enum { TOKEN_ANSWER_MAX = 1024 * 1024 };

/* --- test --- */

/* What is answered when the audit trail has its line. */
static void answer_kept(resource_t *r)
{
    resource_answer(r, 200, json_incref(r->body));
}

static void on_report(void *context, json_t *report)
{
    resource_t *r = context;
    r->body = json_incref(report);
    resource_tell_then(r, call_test_code(report), answer_kept);
}

static void on_found_to_test(void *context, connection_t *connection, const err_t *err)
{
    resource_t *r = context;
    if (!connection) {
        resource_fail(r, err);
        return;
    }
    call_test(r->worker, connection, on_report, r);
    connection_unref(connection);
}

void connections_test(resource_t *r)
{
    if (resource_can_tell(r)) {
        worker_find_connection(r->worker, r->variables[0], on_found_to_test, r);
    }
}

/* --- token --- */

static void on_token(void *context, token_t *token, bool fresh, const err_t *err)
{
    resource_t *r = context;
    (void)fresh;
    if (!token) {
        resource_fail(r, err);
        return;
    }
    buf_t text;
    err_t unreadable = ERR_INIT;
    buf_init_wiping(&text, TOKEN_ANSWER_MAX);
    token_write_answer(token, clock_boot_ms(), &text);
    json_t *shown = json_read(buf_view(&text), NULL, &unreadable);
    buf_fini(&text);
    token_unref(token);
    if (shown) {
        r->body = shown;
        resource_tell_then(r, ERR_none, answer_kept);
    } else {
        resource_fail(r, &unreadable);
    }
}

static bool wants_new(const http_view_t *view)
{
    for (str_t rest = view->cache_control; rest.p;) {
        if (str_eq_nocase(str_trim(str_cut(&rest, ',')), STR("no-cache"))) {
            return true;
        }
    }
    return false;
}

static void on_found_for_token(void *context, connection_t *connection, const err_t *err)
{
    resource_t *r = context;
    if (!connection) {
        resource_fail(r, err);
        return;
    }
    if (connection->state != CONNECTION_READY) {
        resource_fail(r, &connection->why);
    } else if (!auth_type_gets_tokens(connection->auth->type)) {
        resource_refuse(r, ERR_not_found, "this connection signs in without a token");
    } else {
        const token_ask_t ask = {.connection = connection, .force = wants_new(r->view)};
        manager_get_token(worker_options(r->worker)->manager, &ask, on_token, r);
    }
    connection_unref(connection);
}

void connections_token(resource_t *r)
{
    if (resource_may_see(r, r->variables[0]) && resource_can_tell(r)) {
        worker_find_connection(r->worker, r->variables[0], on_found_for_token, r);
    }
}
