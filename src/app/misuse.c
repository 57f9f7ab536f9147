/* SPDX-License-Identifier: MIT */
#include "app/misuse.h"

#include <stdio.h>
#include <string.h>

#include "app/help.h"
#include "definition/diagnostic.h"

enum { NAMES_MAX = 256 };

int misuse_command(str_t name)
{
    str_t names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (!COMMANDS[i]->hidden) {
            names[count++] = str_of(COMMANDS[i]->name);
        }
    }
    char shown[80];
    err_clean_text(shown, sizeof shown, name);
    str_t nearest = nearest_name(name, names, count);
    if (nearest.p) {
        return command_usage("there is no command `%s`; did you mean `%.*s`?", shown,
                             STR_ARG(nearest));
    }
    return command_usage("there is no command `%s`; `tenon help` lists them", shown);
}

static int tell_more(const command_t *command, buf_t *to)
{
    buf_printf(to, "`tenon %s --help` tells more.\n", command->name);
    fputs(buf_c(to), stderr);
    buf_fini(to);
    return EXIT_USAGE;
}

static int print_usages(const command_t *command)
{
    buf_t text;
    buf_init(&text, HELP_BYTES_MAX);
    help_usages(command, &text);
    return tell_more(command, &text);
}

static int print_usage(const command_t *command, const usage_t *usage)
{
    buf_t text;
    buf_init(&text, HELP_BYTES_MAX);
    buf_lit(&text, "Usage: ");
    help_usage(command, usage, &text);
    return tell_more(command, &text);
}

int misuse_flag(const command_t *command, str_t name)
{
    str_t names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < command->flag_count; i++) {
        names[count++] = str_of(command->flags[i].name);
    }
    for (size_t i = 0; i < COMMON_FLAG_COUNT; i++) {
        names[count++] = str_of(COMMON_FLAGS[i].name);
    }
    for (size_t i = 0; i < OPTION_COUNT_ALL && count < NAMES_MAX; i++) {
        if (OPTIONS[i].flag) {
            names[count++] = str_of(OPTIONS[i].flag);
        }
    }
    char shown[80];
    err_clean_text(shown, sizeof shown, name);
    str_t nearest = nearest_name(name, names, count);
    command_usage("there is no flag --%s here%s%.*s%s", shown, nearest.p ? "; did you mean --" : "",
                  STR_ARG(nearest), nearest.p ? "?" : "");
    return print_usages(command);
}

int misuse_verb(const command_t *command, str_t verb)
{
    str_t names[NAMES_MAX];
    for (size_t i = 0; i < command->usage_count; i++) {
        names[i] = str_of(command->usages[i].verb);
    }
    char shown[80];
    err_clean_text(shown, sizeof shown, verb);
    str_t nearest = nearest_name(verb, names, command->usage_count);
    if (!verb.p) {
        command_usage("`tenon %s` needs a verb", command->name);
    } else {
        command_usage("there is no `tenon %s %s`%s%.*s%s", command->name, shown,
                      nearest.p ? "; did you mean `" : "", STR_ARG(nearest), nearest.p ? "`?" : "");
    }
    return print_usages(command);
}

static int check_words(const command_t *command, const usage_t *u, const args_t *args)
{
    size_t count = args->word_count - (u->verb ? 1 : 0);
    if (count >= u->least && count <= u->most) {
        return EXIT_OK;
    }
    command_usage("`tenon %s%s%s` with too %s words", command->name, u->verb ? " " : "",
                  u->verb ? u->verb : "", count < u->least ? "few" : "many");
    return print_usage(command, u);
}

static int check_flags(const command_t *command, const usage_t *u, const args_t *args)
{
    for (size_t i = 0; i < command->flag_count; i++) {
        const flag_t *flag = &command->flags[i];
        if (flag->verb && args_has(args, flag->name) && strcmp(flag->verb, u->verb) != 0) {
            command_usage("--%s belongs to `tenon %s %s`", flag->name, command->name, flag->verb);
            return print_usage(command, u);
        }
    }
    return EXIT_OK;
}

int misuse_of(const command_t *command, const usage_t *usage, const args_t *args)
{
    int status = check_words(command, usage, args);
    return status == EXIT_OK ? check_flags(command, usage, args) : status;
}
