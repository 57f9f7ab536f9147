/* SPDX-License-Identifier: MIT */
/* Signing in by a code, from a terminal: the code is shown, then what comes of it is waited for. */
#include <stdio.h>
#include <unistd.h>

#include "app/output.h"
#include "app/sign_in.h"
#include "codec/json.h"

enum { POLL_US = 500 * 1000 };

bool sign_in_is_by_code(const json_t *auth)
{
    return str_is(json_member(auth, "type"), "device_code");
}

/* --- the code --- */

static void show_line(FILE *to, const run_t *r, str_t text)
{
    print_paragraph(to, STR("  "), text, TONE_STRONG, r->colour && to == stdout);
    fputc('\n', to);
}

/* On standard error where standard output is a script's. */
static void show_code(const run_t *r, const json_t *begun)
{
    FILE *to = r->json ? stderr : stdout;
    str_t complete = json_member(begun, "verification_uri_complete");
    json_int_t seconds = json_integer_value(json_object_get(begun, "expires_in"));
    fputs("To sign in, open this page in a browser, here or on another device:\n\n", to);
    show_line(to, r, json_member(begun, "verification_uri"));
    fputs("and enter this code:\n\n", to);
    show_line(to, r, json_member(begun, "user_code"));
    if (complete.n) {
        fputs("or open the page with the code in it:\n\n", to);
        show_line(to, r, complete);
    }
    fprintf(to, "Minutes left for it: %lld\n", (long long)(seconds + 59) / 60);
    fflush(to);
}

/* --- what comes of it --- */

static bool is_pending(const json_t *state)
{
    return str_is(json_member(state, "status"), "pending");
}

/* Why it failed, as the host tells it. */
static void take_reason(const json_t *state, err_t *err)
{
    err_code_t code = err_code_of(json_member(state, "code"));
    str_t detail = json_member(state, "detail");
    (void)err_set(err, code == ERR_none ? ERR_authorization_incomplete : code, "%.*s",
                  STR_ARG(detail));
    err_clean_text(err->upstream_description, sizeof err->upstream_description,
                   json_member(state, "error_description"));
}

static int show_connection(const run_t *r, client_t *client, str_t name, err_t *err)
{
    json_t *connection = NULL;
    str_t path = client_path_in(r->arena, "/v1/connections/", name, "");
    bool shown = client_ask(client, "GET", path, NULL, &connection, err);
    if (shown) {
        print_connection(r, connection);
    }
    json_decref(connection);
    return shown ? EXIT_OK : EXIT_PROBLEM;
}

static int wait_for_it(const run_t *r, client_t *client, str_t name, err_t *err)
{
    json_t *state = NULL;
    int status = EXIT_PROBLEM;
    str_t path = client_path_in(r->arena, "/v1/connections/", name, "/sign-in");
    show_progress("waiting for the sign-in");
    bool known = client_ask(client, "GET", path, NULL, &state, err);
    while (known && is_pending(state)) {
        usleep(POLL_US);
        json_decref(state);
        state = NULL;
        known = client_ask(client, "GET", path, NULL, &state, err);
    }
    show_progress(NULL);
    if (known && str_is(json_member(state, "status"), "ready")) {
        status = show_connection(r, client, name, err);
    } else if (known) {
        take_reason(state, err);
    }
    json_decref(state);
    return status;
}

int sign_in_by_code(run_t *r, client_t *client, str_t name, err_t *err)
{
    json_t *begun = NULL;
    int status = EXIT_OK;
    str_t path = client_path_in(r->arena, "/v1/connections/", name, "/sign-in");
    bool waits = !args_has(r->args, "no-wait");
    if (!client_ask(client, "POST", path, NULL, &begun, err)) {
        return EXIT_PROBLEM;
    }
    if (r->json && !waits) {
        print_json(begun);
    } else {
        show_code(r, begun);
    }
    if (waits) {
        status = wait_for_it(r, client, name, err);
    }
    json_decref(begun);
    return status;
}
