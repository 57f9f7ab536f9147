/* SPDX-License-Identifier: MIT */
/* docs/COMMANDS.md, from the commands' own structs. */
#include "app/help.h"

static const char INTRODUCTION[] =
    "# Commands\n"
    "\n"
    "Made by `tenon commands --markdown` from the commands in src/app; a test keeps both equal. "
    "`tenon help` and\n"
    "`tenon COMMAND --help` print the same.\n"
    "\n"
    "**Which host.** A command talks to the host that runs on the data folder (`--data`), by its "
    "socket and without a key; where none runs,\n"
    "it works on the folder itself. With `--url` (or `TENON_URL`) it talks to a host at a distance "
    "and shows it the key in `TENON_KEY`.\n"
    "\n"
    "**Values.** A value of the form `name=value` may come from a file (`name=@FILE`), from the "
    "environment (`name=env:VARIABLE`), or from a\n"
    "prompt or standard input (`name=-`). A secret comes only in these three ways, so that no "
    "history and no list of processes has it.\n"
    "\n"
    "**Output.** Tables for people, with colours on a terminal (`--no-colour`, `NO_COLOR`). With "
    "`--json`, one JSON document for scripts: what the\n"
    "HTTP interface answers, a list as an array, `{}` where there is nothing to tell. Errors go to "
    "standard error, as a text and, in\n"
    "brackets, the code that docs/ERRORS.md explains.\n"
    "\n"
    "**Exit status.** 0: done. 1: it failed, or what was looked at is not well (`lint` found "
    "errors, `connection test` failed, the service\n"
    "answered 400 or more). 2: wrong usage.\n";

static void add_usages(buf_t *to, const command_t *command)
{
    buf_lit(to, "\n```\n");
    for (size_t i = 0; i < command->usage_count; i++) {
        help_usage(command, &command->usages[i], to);
    }
    buf_lit(to, "```\n");
}

static void add_verbs(buf_t *to, const command_t *command)
{
    if (!command->usages[0].verb) {
        return;
    }
    buf_lit(to, "\n| verb | what it does |\n|---|---|\n");
    for (size_t i = 0; i < command->usage_count; i++) {
        buf_printf(to, "| `%s` | %s |\n", command->usages[i].verb, command->usages[i].summary);
    }
}

static void add_paragraphs(buf_t *to, const char *text)
{
    for (str_t rest = str_of(text); rest.p;) {
        str_t paragraph = str_cut(&rest, '\n');
        buf_printf(to, "\n%.*s\n", STR_ARG(paragraph));
    }
}

static void add_flags(buf_t *to, const flag_t *flags, size_t count)
{
    if (count) {
        buf_lit(to, "\n| option | what it does |\n|---|---|\n");
    }
    for (size_t i = 0; i < count; i++) {
        buf_printf(to, "| `--%s%s%s` | %s |\n", flags[i].name, flags[i].value ? " " : "",
                   flags[i].value ? flags[i].value : "", flags[i].help);
    }
}

static void add_examples(buf_t *to, const command_t *command)
{
    if (!command->example_count) {
        return;
    }
    buf_lit(to, "\n```sh\n");
    for (size_t i = 0; i < command->example_count; i++) {
        buf_printf(to, "# %s\ntenon %s\n", command->examples[i].tells, command->examples[i].line);
    }
    buf_lit(to, "```\n");
}

static void add_command(buf_t *to, const command_t *command)
{
    static const char *const OPTIONS_OF[] = {
        [SHOWS_NONE] = "",
        [SHOWS_CONNECTORS] = "\nThe folder of definitions: `--connectors FOLDER`.\n",
        [SHOWS_HOST] = "\nWhich host: `--data FOLDER`, `--connectors FOLDER`, or `--url URL`.\n",
        [SHOWS_ALL] = "\nAnd every option of [CONFIGURATION.md](CONFIGURATION.md).\n",
    };
    buf_printf(to, "\n## tenon %s\n\n%s.\n", command->name, command->summary);
    add_usages(to, command);
    add_verbs(to, command);
    if (command->detail) {
        add_paragraphs(to, command->detail);
    }
    add_flags(to, command->flags, command->flag_count);
    buf_lit(to, OPTIONS_OF[command->shows]);
    add_examples(to, command);
}

void commands_markdown(buf_t *to)
{
    buf_lit(to, INTRODUCTION);
    buf_lit(to, "\nEvery command takes\n");
    add_flags(to, COMMON_FLAGS, COMMON_FLAG_COUNT);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (!COMMANDS[i]->hidden) {
            add_command(to, COMMANDS[i]);
        }
    }
}
