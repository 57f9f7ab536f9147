/* SPDX-License-Identifier: MIT */
/* A command of the command line: one file and one const struct each, listed once in main.c. */
#ifndef TENON_APP_COMMAND_H
#define TENON_APP_COMMAND_H

#include "app/args.h"
#include "app/config.h"

enum { EXIT_OK = 0, EXIT_PROBLEM = 1, EXIT_USAGE = 2 };

/* What a command runs with. */
typedef struct run {
    arena_t *arena; /* until the command ends */
    const args_t *args;
    const config_t *config;
    bool json;   /* --json: for scripts */
    bool colour; /* standard output is a terminal that shows colours */
} run_t;

typedef struct command {
    const char *name;
    const char *usage;   /* behind the name */
    const char *summary; /* one line of the list */
    const char *detail;  /* the rest of its help, whole lines; or NULL */
    const flag_t *flags; /* its own; those of the configuration are added */
    size_t flag_count;
    bool hidden;
    bool has_no_config;   /* runs whatever the configuration says */
    int (*run)(run_t *r); /* answers the exit status */
} command_t;

#define FLAGS_OF(list) .flags = (list), .flag_count = sizeof(list) / sizeof *(list)

/* `tenon: text (code)` to standard error, with the faults of an input below; answers the exit
 * status. */
int command_fail(const err_t *err);
/* The same for wrong usage. */
int command_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

extern const command_t COMMAND_SERVE, COMMAND_LINT, COMMAND_CONNECT, COMMAND_CONNECTION,
    COMMAND_CALL, COMMAND_OPENAPI, COMMAND_SET, COMMAND_KEY, COMMAND_HEALTH, COMMAND_SCHEMA,
    COMMAND_CONFIGURATION;

#endif
