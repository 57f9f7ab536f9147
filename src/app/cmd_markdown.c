/* SPDX-License-Identifier: MIT */
/* `tenon configuration --markdown` and `tenon commands --markdown`: pages of docs/ that come from
 * tables of the source. Hidden: for whoever changes those. */
#include "app/help.h"
#include "app/output.h"

static int print(const run_t *r, void (*write)(buf_t *to), const char *name)
{
    if (!args_has(r->args, "markdown")) {
        return command_usage("tenon %s --markdown", name);
    }
    buf_t text;
    buf_init(&text, HELP_BYTES_MAX);
    write(&text);
    print_bytes(buf_view(&text));
    buf_fini(&text);
    return EXIT_OK;
}

static const flag_t FLAGS[] = {{"markdown", NULL, "As a page of docs/.", NULL}};

static int run_configuration(run_t *r)
{
    return print(r, config_markdown, "configuration");
}

static const usage_t USAGES_CONFIGURATION[] = {{.words = "--markdown", .run = run_configuration}};

const command_t COMMAND_CONFIGURATION = {
    .name = "configuration",
    .summary = "Prints docs/CONFIGURATION.md",
    USAGES_OF(USAGES_CONFIGURATION),
    FLAGS_OF(FLAGS),
    .hidden = true,
    .has_no_config = true,
};

static int run_commands(run_t *r)
{
    return print(r, commands_markdown, "commands");
}

static const usage_t USAGES_COMMANDS[] = {{.words = "--markdown", .run = run_commands}};

const command_t COMMAND_COMMANDS = {
    .name = "commands",
    .summary = "Prints docs/COMMANDS.md",
    USAGES_OF(USAGES_COMMANDS),
    FLAGS_OF(FLAGS),
    .hidden = true,
    .has_no_config = true,
};
