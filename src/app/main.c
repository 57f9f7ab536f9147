/* SPDX-License-Identifier: MIT */
/* `tenon COMMAND …`: finds the command, reads its flags and the configuration, runs it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/command.h"
#include "app/process.h"
#include "codec/json.h"
#include "http/http.h"

static const command_t *const COMMANDS[] = {
    &COMMAND_SERVE,      &COMMAND_LINT,   &COMMAND_OPENAPI,       &COMMAND_CONNECT,
    &COMMAND_CONNECTION, &COMMAND_CALL,   &COMMAND_SET,           &COMMAND_KEY,
    &COMMAND_HEALTH,     &COMMAND_SCHEMA, &COMMAND_CONFIGURATION,
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

/* Of every command; those of the configuration's table come beside. */
static const flag_t COMMON[] = {{"config", true}, {"help", false}, {"no-colour", false}};

/* --- help --- */

static void print_overview(FILE *to)
{
    fputs("Tenon " TENON_VERSION ", a host for connectors\n\nUsage: tenon COMMAND …\n\n", to);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (!COMMANDS[i]->hidden) {
            fprintf(to, "  %-11s %s\n", COMMANDS[i]->name, COMMANDS[i]->summary);
        }
    }
    fputs("\n`tenon COMMAND --help` tells more; docs/CONFIGURATION.md lists the options that all "
          "commands take.\n",
          to);
}

static int print_help(const command_t *command)
{
    printf("Usage: tenon %s %s\n\n%s.\n", command->name, command->usage, command->summary);
    if (command->detail) {
        printf("\n%s", command->detail);
    }
    return EXIT_OK;
}

static const command_t *find_command(str_t name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (str_is(name, COMMANDS[i]->name)) {
            return COMMANDS[i];
        }
    }
    return NULL;
}

static int unknown_command(str_t name)
{
    str_t names[COMMAND_COUNT];
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

/* --- running --- */

static const flag_t *find_in(const flag_t *flags, size_t count, str_t name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(name, flags[i].name)) {
            return &flags[i];
        }
    }
    return NULL;
}

static const flag_t *find_flag(const void *context, str_t name)
{
    static flag_t of_option;
    const command_t *command = context;
    const flag_t *flag = find_in(command->flags, command->flag_count, name);
    if (!flag) {
        flag = find_in(COMMON, sizeof COMMON / sizeof *COMMON, name);
    }
    const option_t *option = flag ? NULL : option_of_flag(name);
    if (option) {
        of_option = (flag_t){option->flag, true};
        flag = &of_option;
    }
    return flag;
}

static int run_with(const command_t *command, const args_t *args, arena_t *arena)
{
    config_t config;
    err_t err = ERR_INIT;
    config_init(&config, arena);
    int status;
    if (command->has_no_config || config_load(&config, args, &err)) {
        const char *terminal = getenv("TERM");
        bool shows = isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0 &&
                     !getenv("NO_COLOR");
        run_t r = {.arena = arena,
                   .args = args,
                   .config = &config,
                   .json = args_has(args, "json"),
                   .colour = shows && !args_has(args, "no-colour")};
        status = command->run(&r);
    } else {
        status = command_fail(&err);
    }
    config_fini(&config);
    return status;
}

static int run_command(const command_t *command, int argc, char **argv)
{
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    args_t args;
    int status;
    if (!args_read(arena, (const char *const *)argv, (size_t)argc, find_flag, command, &args,
                   &err)) {
        status = command_fail(&err);
    } else if (args_has(&args, "help")) {
        status = print_help(command);
    } else {
        status = run_with(command, &args, arena);
    }
    arena_free(arena);
    return status;
}

static int help(int argc, char **argv)
{
    if (argc < 1) {
        print_overview(stdout);
        return EXIT_OK;
    }
    const command_t *command = find_command(str_of(argv[0]));
    return command ? print_help(command) : unknown_command(str_of(argv[0]));
}

int main(int argc, char **argv)
{
    process_protect();
    json_wipe_freed_memory();
    http_init();
    if (argc < 2) {
        print_overview(stderr);
        return EXIT_USAGE;
    }
    str_t name = str_of(argv[1]);
    if (str_is(name, "help") || str_is(name, "--help") || str_is(name, "-h")) {
        return help(argc - 2, argv + 2);
    }
    if (str_is(name, "--version") || str_is(name, "version")) {
        puts("tenon " TENON_VERSION);
        return EXIT_OK;
    }
    const command_t *command = find_command(name);
    return command ? run_command(command, argc - 2, argv + 2) : unknown_command(name);
}
