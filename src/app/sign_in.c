/* SPDX-License-Identifier: MIT */
#include "app/sign_in.h"

#include <stdio.h>
#include <unistd.h>

#include "app/output.h"
#include "base/clock.h"
#include "codec/json.h"

enum { POLL_US = 500 * 1000 };

bool sign_in_is_by_browser(const json_t *auth)
{
    return str_is(json_member(auth, "type"), "authorization_code");
}

/* --- the link --- */

/* On standard error where standard output is a script's. */
static void show_link(const run_t *r, const json_t *session)
{
    str_t url = json_member(session, "url");
    FILE *to = r->json ? stderr : stdout;
    fputs("Open this link in a browser to sign in. It works once, for 30 minutes:\n\n  ", to);
    fprintf(to, "%.*s\n\n", STR_ARG(url));
    fflush(to);
}

/* --- what comes of it --- */

/* False where that cannot be known. It may not be made yet. */
static bool look(const run_t *r, client_t *client, str_t name, json_t **connection, err_t *err)
{
    err_t fault = ERR_INIT;
    str_t path = client_path_in(r->arena, "/v1/connections/", name, "");
    json_decref(*connection);
    *connection = NULL;
    bool ok =
        client_ask(client, "GET", path, NULL, connection, &fault) || fault.code == ERR_not_found;
    if (!ok) {
        *err = fault;
    } else {
        err_fini(&fault);
    }
    return ok;
}

static bool is_ready(const json_t *connection)
{
    return str_is(json_member(connection, "state"), "ready");
}

static int wait_for_it(const run_t *r, client_t *client, const json_t *session, err_t *err)
{
    str_t name = json_member(session, "connection");
    int64_t end =
        clock_boot_ms() + 1000 * json_integer_value(json_object_get(session, "expires_in"));
    json_t *connection = NULL;
    show_progress("waiting for the sign-in");
    bool known = look(r, client, name, &connection, err);
    while (known && !is_ready(connection) && clock_boot_ms() < end) {
        usleep(POLL_US);
        known = look(r, client, name, &connection, err);
    }
    show_progress(NULL);
    bool ready = is_ready(connection);
    if (ready) {
        print_connection(r, connection);
    } else if (known) {
        (void)err_set(err, ERR_authorization_incomplete, "nobody signed in within 30 minutes");
    }
    json_decref(connection);
    return ready ? EXIT_OK : EXIT_PROBLEM;
}

/* Of a connection that is ready already, nothing tells when it has been signed in again. */
static bool has_to_wait(const run_t *r, client_t *client, const json_t *wanted, err_t *err)
{
    json_t *connection = NULL;
    str_t name = json_member(wanted, "connection");
    bool waits = !args_has(r->args, "no-wait");
    if (waits && name.p) {
        waits = look(r, client, name, &connection, err) && !is_ready(connection);
    }
    json_decref(connection);
    return waits;
}

int sign_in_by_link(run_t *r, client_t *client, json_t *wanted, err_t *err)
{
    json_t *session = NULL;
    int status = EXIT_PROBLEM;
    if (client_is_alone(client)) {
        json_decref(wanted);
        (void)err_set(err, ERR_host_unreachable,
                      "a browser must find the host: start it with `tenon serve`, then try again");
        return status;
    }
    bool waits = has_to_wait(r, client, wanted, err);
    if (!client_ask(client, "POST", STR("/v1/connect-sessions"), wanted, &session, err)) {
        return status;
    }
    if (r->json && !waits) {
        print_json(session);
    } else {
        show_link(r, session);
    }
    status = waits ? wait_for_it(r, client, session, err) : EXIT_OK;
    json_decref(session);
    return status;
}
