/* SPDX-License-Identifier: MIT */
/* A command of the command line: one file and one const struct each, listed once in commands.c.
 * From these structs come the dispatch, the checks of words and flags, the help and
 * docs/COMMANDS.md. */
#ifndef TENON_APP_COMMAND_H
#define TENON_APP_COMMAND_H

#include "app/args.h"
#include "app/client.h"
#include "app/config.h"

enum { EXIT_OK = 0, EXIT_PROBLEM = 1, EXIT_USAGE = 2 };
enum { WORDS_ANY = 10000 };

/* What a command runs with. */
typedef struct run {
    arena_t *arena; /* until the command ends */
    const args_t *args;
    config_t *config;
    bool json;   /* --json: for scripts */
    bool colour; /* standard output is a terminal that shows colours */
} run_t;

/* Answers the exit status; where err is set, that is told and decides. */
typedef int talk_t(run_t *r, client_t *c, err_t *err);

/* One way to write a command. Exactly one of run and talk is there. */
typedef struct usage {
    const char *verb;     /* "show"; NULL: the command has no verbs, and this is its only usage */
    const char *words;    /* behind it, with the flags: "NAME [--json]"; "" */
    const char *summary;  /* of this verb; NULL: the command's own says it */
    size_t least, most;   /* words, the verb not counted */
    int (*run)(run_t *r); /* answers the exit status */
    talk_t *talk;         /* with a host */
} usage_t;

typedef struct example {
    const char *line; /* as typed, without `tenon` */
    const char *tells;
} example_t;

typedef enum { GROUP_DEFINITIONS, GROUP_HOST, GROUP_CONNECTIONS, GROUP_COUNT } command_group_t;

/* Which of the configuration's options a command's help shows. */
typedef enum { SHOWS_NONE, SHOWS_CONNECTORS, SHOWS_HOST, SHOWS_ALL } command_shows_t;

typedef struct command {
    const char *name;
    command_group_t group;
    const char *summary; /* one line of the list, without full stop */
    const char *detail;  /* paragraphs, each one line; or NULL */
    const usage_t *usages;
    size_t usage_count;
    const flag_t *flags; /* its own; those of the configuration are added */
    size_t flag_count;
    const example_t *examples;
    size_t example_count;
    command_shows_t shows;
    bool hidden;
    bool has_no_config; /* runs whatever the configuration says */
} command_t;

#define USAGES_OF(list) .usages = (list), .usage_count = sizeof(list) / sizeof *(list)
#define FLAGS_OF(list) .flags = (list), .flag_count = sizeof(list) / sizeof *(list)
#define EXAMPLES_OF(list) .examples = (list), .example_count = sizeof(list) / sizeof *(list)

#define FLAG_JSON                                                                                  \
    {                                                                                              \
        "json", NULL, "Print JSON, for scripts.", NULL                                             \
    }

/* `tenon: text (code)` to standard error, with the faults of an input below; answers the exit
 * status. */
int command_fail(const err_t *err);
/* The same for wrong usage. */
int command_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- the list --- */
extern const command_t *const COMMANDS[];
extern const size_t COMMAND_COUNT;
/* Of every command. */
extern const flag_t COMMON_FLAGS[];
extern const size_t COMMON_FLAG_COUNT;
/* NULL where there is none. */
const command_t *command_find(str_t name);

extern const command_t COMMAND_SERVE, COMMAND_LINT, COMMAND_CONNECT, COMMAND_CONNECTION,
    COMMAND_CALL, COMMAND_OPENAPI, COMMAND_IMPORT, COMMAND_EXPORT, COMMAND_SET, COMMAND_KEY, COMMAND_AUDIT, COMMAND_EVENTS, COMMAND_WEBHOOK,
    COMMAND_KEYRING, COMMAND_BACKUP, COMMAND_RESTORE, COMMAND_HEALTH, COMMAND_SCHEMA,
    COMMAND_CONFIGURATION, COMMAND_COMMANDS, COMMAND_CONNECT_PAGE;

#endif
