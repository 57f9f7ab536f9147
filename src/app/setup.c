/* SPDX-License-Identifier: MIT */
#include "app/setup.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "connection/setup_link.h"
#include "console/assets.h"
#include "seal/private_file.h"

enum { LINK_MAX = 2048 };
#define FILE_NAME "setup"

void setup_prepare(setup_t *s, arena_t *arena, const config_t *config, store_t *store)
{
    s->folder = config->data.p;
    s->file = arena_printf(arena, "%.*s/" FILE_NAME, STR_ARG(config->data)).p;
    (void)unlink(s->file); /* of a start that ended without order */
    if (!config->admin_key.given && console_is_built() &&
        setup_link_is_wanted(store, clock_wall_ms())) {
        browser_secret_make(s->code);
    }
}

str_t setup_code(const setup_t *s)
{
    return s->code[0] ? str_of(s->code) : STR_NONE;
}

static void show_on_terminal(str_t link)
{
    fprintf(
        stderr,
        "\nNobody has an admin key yet. This link makes the first one. It works once, within %d "
        "minutes:\n\n    %.*s\n\n",
        SETUP_LINK_LIFE_S / 60, STR_ARG(link));
}

static void show_in_file(const setup_t *s, str_t link)
{
    err_t err = ERR_INIT;
    if (private_file_make(s->folder, FILE_NAME, link, &err)) {
        log_event(LOG_WARN, "host.setup", LOG_S("link_in", str_of(s->file)),
                  LOG_I("expires_in_s", SETUP_LINK_LIFE_S));
    } else {
        log_event(LOG_ERROR, "host.setup", LOG_S("why", str_of(err.text)),
                  LOG_S("make_one", STR("tenon key add --admin")));
    }
}

bool setup_tell(setup_t *s, str_t public_url)
{
    buf_t link;
    if (!s->code[0]) {
        return false;
    }
    buf_init_wiping(&link, LINK_MAX);
    buf_printf(&link, "%.*s/#/setup/%s", STR_ARG(public_url), s->code);
    if (isatty(STDERR_FILENO)) {
        show_on_terminal(buf_view(&link));
    } else {
        buf_lit(&link, "\n");
        show_in_file(s, buf_view(&link));
    }
    buf_fini(&link);
    secret_wipe(s->code, sizeof s->code);
    return true;
}
