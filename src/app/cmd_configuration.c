/* SPDX-License-Identifier: MIT */
#include "app/output.h"

enum { TEXT_MAX = 1024 * 1024 };

static int run(run_t *r)
{
    if (!args_has(r->args, "markdown")) {
        return command_usage("tenon configuration --markdown");
    }
    buf_t text;
    buf_init(&text, TEXT_MAX);
    config_markdown(&text);
    print_bytes(buf_view(&text));
    buf_fini(&text);
    return EXIT_OK;
}

static const flag_t FLAGS[] = {{"markdown", false}};

const command_t COMMAND_CONFIGURATION = {
    .name = "configuration",
    .usage = "--markdown",
    .summary = "Prints docs/CONFIGURATION.md",
    FLAGS_OF(FLAGS),
    .hidden = true,
    .has_no_config = true,
    .run = run,
};
