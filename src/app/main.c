/* SPDX-License-Identifier: MIT */
/* `tenon COMMAND …`: finds the command, reads its flags and the configuration, runs it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/help.h"
#include "app/misuse.h"
#include "app/output.h"
#include "app/process.h"
#include "app/talk.h"
#include "codec/json.h"
#include "http/http.h"

/* --- help --- */

static void print_overview(FILE *to)
{
    buf_t text;
    buf_init(&text, HELP_BYTES_MAX);
    help_overview(&text);
    fputs(buf_c(&text), to);
    buf_fini(&text);
}

static int print_help(const command_t *command)
{
    buf_t text;
    buf_init(&text, HELP_BYTES_MAX);
    help_command(command, &text);
    print_bytes(buf_view(&text));
    buf_fini(&text);
    return EXIT_OK;
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
        flag = find_in(COMMON_FLAGS, COMMON_FLAG_COUNT, name);
    }
    const option_t *option = flag ? NULL : option_of_flag(name);
    if (option) {
        of_option = (flag_t){.name = option->flag, .value = option_value_name(option)};
        flag = &of_option;
    }
    return flag;
}

static int run_with(const command_t *command, const usage_t *usage, const args_t *args,
                    arena_t *arena)
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
        status = usage->talk ? talk_with_host(&r, usage->talk) : usage->run(&r);
    } else {
        status = command_fail(&err);
    }
    config_fini(&config);
    return status;
}

/* NULL: no verb of that name. */
static const usage_t *find_usage(const command_t *command, str_t verb)
{
    for (size_t i = 0; i < command->usage_count; i++) {
        const usage_t *u = &command->usages[i];
        if (!u->verb || str_is(verb, u->verb)) {
            return u;
        }
    }
    return NULL;
}

static int check_and_run(const command_t *command, const args_t *args, arena_t *arena)
{
    str_t verb = args->word_count ? args->words[0] : STR_NONE;
    const usage_t *usage = find_usage(command, verb);
    if (!usage) {
        return misuse_verb(command, verb);
    }
    int status = misuse_of(command, usage, args);
    return status == EXIT_OK ? run_with(command, usage, args, arena) : status;
}

static int run_command(const command_t *command, int argc, char **argv)
{
    arena_t *arena = arena_new(0);
    err_t err = ERR_INIT;
    args_t args;
    int status;
    if (!args_read(arena, (const char *const *)argv, (size_t)argc, find_flag, command, &args,
                   &err)) {
        status = args.unknown.p ? misuse_flag(command, args.unknown) : command_fail(&err);
    } else if (args_has(&args, "help")) {
        status = print_help(command);
    } else {
        status = check_and_run(command, &args, arena);
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
    const command_t *command = command_find(str_of(argv[0]));
    return command ? print_help(command) : misuse_command(str_of(argv[0]));
}

/* What a full disk has not taken was not said. */
static int ended(int status)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    if (errno != EPIPE) { /* whoever reads it has heard enough */
        fputs("tenon: standard output could not be written\n", stderr);
    }
    return status == EXIT_OK ? EXIT_PROBLEM : status;
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
        return ended(help(argc - 2, argv + 2));
    }
    if (str_is(name, "--version") || str_is(name, "version")) {
        puts("tenon " TENON_VERSION);
        return ended(EXIT_OK);
    }
    const command_t *command = command_find(name);
    return command ? ended(run_command(command, argc - 2, argv + 2)) : misuse_command(name);
}
