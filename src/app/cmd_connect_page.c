/* SPDX-License-Identifier: MIT */
/* `tenon connect-page`: what people will see of a definition, without a host or a session. Hidden:
 * for whoever writes a definition or changes the page. */
#include <stdio.h>

#include "api/connect/page.h"
#include "app/output.h"
#include "definition/catalogue/load.h"
#include "definition/value/check.h"

/* --- the pages --- */

typedef struct preview {
    connect_page_t page;
    err_t fault;
    json_t *outcome, *nothing;
} preview_t;

/* As if the form had been sent with nothing in it. */
static void refuse(preview_t *p)
{
    fields_check(&p->page.connector->parameters, p->nothing, &p->fault);
    fields_check(&p->page.auth->parameters, p->nothing, &p->fault);
    for (unsigned i = 0; i < p->fault.detail_count; i++) {
        err_detail_t plain = p->fault.details[i];
        snprintf(p->fault.details[i].pointer, sizeof plain.pointer, "/parameters%.100s",
                 plain.pointer);
    }
    p->page.stage = CONNECT_FORM;
    p->page.given = p->nothing;
    p->page.fault = &p->fault;
}

static void fail(preview_t *p)
{
    const json_t *explain = json_object_get(p->page.connector->explain, "401");
    p->outcome = json_pack("{s:s, s:s, s:s, s:s, s:i}", "code", "credentials_rejected", "detail",
                           "the service refused the credentials", "error", "invalid_client",
                           "error_description", "Client authentication failed", "status", 401);
    if (explain) {
        json_object_set_new(p->outcome, "explain", json_deep_copy(explain));
    }
    p->page.stage = CONNECT_FAILED;
    p->page.outcome = p->outcome;
}

static void show_form(preview_t *p)
{
    p->page.stage = CONNECT_FORM;
}

static void show_waiting(preview_t *p)
{
    p->outcome = json_pack("{s:s, s:s, s:s, s:i}", "user_code", "WDJB-MJHT", "verification_uri",
                           "https://service.example/device", "verification_uri_complete",
                           "https://service.example/device?user_code=WDJB-MJHT", "expires_in", 900);
    p->page.stage = CONNECT_WAITING;
    p->page.device = p->outcome;
    p->page.refresh_s = 5;
}

static void show_done(preview_t *p)
{
    p->page.stage = CONNECT_DONE;
}

static void show_gone(preview_t *p)
{
    (void)err_set(&p->fault, ERR_not_found, "there is no such link");
    p->page =
        (connect_page_t){.stage = CONNECT_GONE, .style_url = p->page.style_url, .fault = &p->fault};
}

static void show_signed_out(preview_t *p)
{
    p->page = (connect_page_t){.stage = CONNECT_SIGNED_OUT, .style_url = p->page.style_url};
}

static const struct {
    const char *name;
    void (*set)(preview_t *p);
} STAGES[] = {{"form", show_form},
              {"refused", refuse},
              {"failed", fail},
              {"waiting", show_waiting},
              {"done", show_done},
              {"gone", show_gone},
              {"signed-out", show_signed_out}};

/* --- the command --- */

static const auth_t *first_way(const connector_t *connector)
{
    for (size_t i = 0; i < connector->auth_count; i++) {
        if (connector->auths[i].recommended) {
            return &connector->auths[i];
        }
    }
    return &connector->auths[0];
}

/* Values that a session would bring. */
static void fill(preview_t *p, const run_t *r, const connector_t *connector)
{
    str_t way = args_value(r->args, "auth");
    *p = (preview_t){.fault = ERR_INIT, .nothing = json_object()};
    p->page = (connect_page_t){
        .connector = connector,
        .auth = way.p ? connector_auth(connector, way) : first_way(connector),
        .style_url = STR("style.css"),
        .requester = STR("Acme Automations"),
        .name = STR("acme"),
        .action = STR("/connect/preview"),
        .again_url = STR("/connect/preview?again=1"),
        .csrf = STR("preview"),
        .redirect_url = STR("https://tenon.example/oauth/callback"),
        .logout_url = STR("https://tenon.example/oauth/logout"),
        .return_url = STR("https://acme.example/"),
    };
}

static bool set_stage(preview_t *p, str_t stage)
{
    for (size_t i = 0; i < sizeof STAGES / sizeof *STAGES; i++) {
        if (str_is(stage, STAGES[i].name)) {
            STAGES[i].set(p);
            return true;
        }
    }
    return false;
}

static int print_page(const run_t *r, const connector_t *connector)
{
    str_t stage = args_value(r->args, "stage");
    int status = EXIT_OK;
    preview_t p;
    buf_t html;
    buf_init(&html, CONNECT_PAGE_MAX);
    fill(&p, r, connector);
    if (!p.page.auth) {
        status = command_usage("there is no such way to sign in");
    } else if (!set_stage(&p, stage.p ? stage : STR("form"))) {
        status = command_usage("there is no such stage");
    } else {
        connect_page_write(&html, &p.page);
        print_bytes(buf_view(&html));
    }
    buf_fini(&html);
    err_fini(&p.fault);
    json_decref(p.outcome);
    json_decref(p.nothing);
    return status;
}

static int run(run_t *r)
{
    if (args_has(r->args, "style")) {
        print_bytes(connect_style());
        return EXIT_OK;
    }
    if (r->args->word_count == 0) {
        return command_usage("tenon connect-page FILE, or --style");
    }
    diagnostics_t d;
    diagnostics_init(&d, r->arena);
    connector_t *connector = definition_load_file(r->args->words[0].p, NULL, &d, NULL, NULL);
    if (!connector) {
        return command_usage("that file is no definition; `tenon lint` tells why");
    }
    int status = print_page(r, connector);
    connector_unref(connector);
    return status;
}

static const usage_t USAGES[] = {
    {NULL, "FILE [--auth NAME] [--stage STAGE] | --style", NULL, 0, 1, run, NULL},
};
static const flag_t FLAGS[] = {
    {"auth", "NAME", "The way to sign in that is chosen. Without it: the recommended one.", NULL},
    {"stage", "STAGE", "form (without it), refused, waiting, failed, done, gone or signed-out.",
     NULL},
    {"style", NULL, "The style sheet, which the page looks for beside itself.", NULL},
};

const command_t COMMAND_CONNECT_PAGE = {
    .name = "connect-page",
    .summary = "Prints the page on which people will fill in a connection",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    .hidden = true,
    .has_no_config = true,
};
