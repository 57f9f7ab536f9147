/* SPDX-License-Identifier: MIT */
#include "app/help.h"

#include <stdio.h>
#include <string.h>

#include "app/layout.h"

/* --- flags --- */

static void flag_text(char text[64], const char *name, const char *value)
{
    snprintf(text, 64, "--%s%s%s", name, value ? " " : "", value ? value : "");
}

static void add_flags(buf_t *to, const char *heading, const flag_t *flags, size_t count)
{
    char text[64];
    size_t widest = 0;
    if (count) {
        buf_printf(to, "\n%s:\n", heading);
    }
    for (size_t i = 0; i < count; i++) {
        flag_text(text, flags[i].name, flags[i].value);
        layout_measure(&widest, text);
    }
    for (size_t i = 0; i < count; i++) {
        flag_text(text, flags[i].name, flags[i].value);
        layout_entry(to, text, layout_column(widest), flags[i].help);
    }
}

const char *option_value_name(const option_t *option)
{
    static const char *const NAMES[] = {
        [OPTION_TEXT] = "TEXT",   [OPTION_LIST] = "LIST",  [OPTION_SECRET] = "SECRET",
        [OPTION_COUNT] = "N",     [OPTION_BYTES] = "SIZE", [OPTION_DURATION] = "TIME",
        [OPTION_CHOICE] = "WORD",
    };
    return option->value ? option->value : NAMES[option->kind];
}

static bool is_shown(command_shows_t shows, const option_t *option)
{
    static const char *const HOST[] = {"connectors", "data", "url"};
    if (!option->flag || shows == SHOWS_NONE) {
        return false;
    }
    for (size_t i = 0; i < (shows == SHOWS_HOST ? 3 : 1); i++) {
        if (strcmp(option->flag, HOST[i]) == 0) {
            return true;
        }
    }
    return shows == SHOWS_ALL && option->key;
}

static void add_option(buf_t *to, const option_t *option, size_t column)
{
    char left[64];
    buf_t text;
    buf_init(&text, HELP_BYTES_MAX);
    flag_text(left, option->flag, option_value_name(option));
    buf_lit(&text, option->description);
    for (size_t i = 0; option->choices && option->choices[i]; i++) {
        buf_printf(&text, "%s%s", i ? ", " : " One of ", option->choices[i]);
    }
    buf_printf(&text, "%s [%s%s%s]", option->choices ? "." : "",
               option->fallback ? option->fallback : "", option->fallback ? "; " : "",
               option->environment);
    layout_entry(to, left, column, buf_c(&text));
    buf_fini(&text);
}

static void add_options(buf_t *to, const command_t *command)
{
    static const char *const HEADINGS[] = {[SHOWS_CONNECTORS] = "Where the files are",
                                           [SHOWS_HOST] = "Where the host is found",
                                           [SHOWS_ALL] = NULL};
    char text[64];
    size_t widest = 0;
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        if (is_shown(command->shows, &OPTIONS[i])) {
            flag_text(text, OPTIONS[i].flag, option_value_name(&OPTIONS[i]));
            layout_measure(&widest, text);
        }
    }
    const char *heading = HEADINGS[command->shows];
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        const option_t *option = &OPTIONS[i];
        heading = command->shows == SHOWS_ALL && option->group ? option->group : heading;
        if (!is_shown(command->shows, option)) {
            continue;
        }
        if (heading) {
            buf_printf(to, "\n%s:\n", heading);
            heading = NULL;
        }
        add_option(to, option, layout_column(widest));
    }
}

/* --- a command --- */

void help_usage(const command_t *command, const usage_t *usage, buf_t *to)
{
    const char *const parts[] = {command->name, usage->verb, usage->words};
    buf_lit(to, "tenon");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i] && *parts[i]) {
            buf_printf(to, " %s", parts[i]);
        }
    }
    buf_char(to, '\n');
}

void help_usages(const command_t *command, buf_t *to)
{
    for (size_t i = 0; i < command->usage_count; i++) {
        buf_lit(to, i ? "       " : "Usage: ");
        help_usage(command, &command->usages[i], to);
    }
}

static void add_verbs(buf_t *to, const command_t *command)
{
    size_t widest = 0;
    if (!command->usages[0].verb) {
        return;
    }
    for (size_t i = 0; i < command->usage_count; i++) {
        layout_measure(&widest, command->usages[i].verb);
    }
    buf_char(to, '\n');
    for (size_t i = 0; i < command->usage_count; i++) {
        layout_entry(to, command->usages[i].verb, layout_column(widest),
                     command->usages[i].summary);
    }
}

enum { EXAMPLE_INDENT = 6 };

static void add_examples(buf_t *to, const command_t *command)
{
    if (command->example_count) {
        buf_lit(to, "\nExamples:\n");
    }
    for (size_t i = 0; i < command->example_count; i++) {
        buf_printf(to, "  tenon %s\n", command->examples[i].line);
        layout_wrapped(to, EXAMPLE_INDENT, command->examples[i].tells);
    }
}

void help_command(const command_t *command, buf_t *to)
{
    help_usages(command, to);
    buf_printf(to, "\n%s.\n", command->summary);
    add_verbs(to, command);
    if (command->detail) {
        layout_paragraphs(to, command->detail);
    }
    add_flags(to, "Options", command->flags, command->flag_count);
    add_options(to, command);
    add_flags(to, "Options of every command", COMMON_FLAGS, COMMON_FLAG_COUNT);
    add_examples(to, command);
}

/* --- all of them --- */

static const char *const GROUPS[] = {[GROUP_DEFINITIONS] = "Definitions",
                                     [GROUP_HOST] = "The host",
                                     [GROUP_CONNECTIONS] = "Connections"};

static const char BEGINNING[] =
    "\n"
    "From a definition to a call:\n"
    "  tenon lint connectors                        is the file good?\n"
    "  tenon serve                                  run the host; the rest in another terminal\n"
    "  tenon connect CONNECTOR --name mine          fill the connector in; asks for what it needs\n"
    "  tenon connection test mine                   does it get in?\n"
    "  tenon call mine ACTION field=value           call an action\n"
    "  tenon key add --connection mine              a key for the flow that calls it\n"
    "\n"
    "`tenon COMMAND --help` tells more. docs/CONNECTORS.md: how to write a definition.\n"
    "docs/COMMANDS.md: all of this on a page. docs/CONFIGURATION.md: every option of the host.\n";

void help_overview(buf_t *to)
{
    size_t widest = 0;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        layout_measure(&widest, COMMANDS[i]->hidden ? "" : COMMANDS[i]->name);
    }
    buf_lit(to, "Tenon " TENON_VERSION ", a host for connectors\n\nUsage: tenon COMMAND …\n");
    for (unsigned group = 0; group < GROUP_COUNT; group++) {
        buf_printf(to, "\n%s:\n", GROUPS[group]);
        for (size_t i = 0; i < COMMAND_COUNT; i++) {
            if (!COMMANDS[i]->hidden && COMMANDS[i]->group == (command_group_t)group) {
                layout_entry(to, COMMANDS[i]->name, layout_column(widest), COMMANDS[i]->summary);
            }
        }
    }
    buf_lit(to, BEGINNING);
}
