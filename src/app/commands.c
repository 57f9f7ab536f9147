/* SPDX-License-Identifier: MIT */
/* The list of commands, in the order of the help, and the flags that all of them take. */
#include "app/command.h"

const command_t *const COMMANDS[] = {
    /* definitions */
    &COMMAND_LINT,
    &COMMAND_SCHEMA,
    &COMMAND_OPENAPI,
    &COMMAND_IMPORT,
    &COMMAND_EXPORT,
    /* the host */
    &COMMAND_SERVE,
    &COMMAND_SET,
    &COMMAND_KEY,
    &COMMAND_AUDIT,
    &COMMAND_EVENTS,
    &COMMAND_KEYRING,
    &COMMAND_BACKUP,
    &COMMAND_RESTORE,
    &COMMAND_WEBHOOK,
    &COMMAND_HEALTH,
    /* connections */
    &COMMAND_CONNECT,
    &COMMAND_CONNECTION,
    &COMMAND_CALL,
    /* for the documentation */
    &COMMAND_CONFIGURATION,
    &COMMAND_COMMANDS,
    /* for looking at pages */
    &COMMAND_CONNECT_PAGE,
};
const size_t COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS;

const flag_t COMMON_FLAGS[] = {
    {"config", "FILE", "The configuration file. Without it: TENON_CONFIG, else ./tenon.yaml.",
     NULL},
    {"no-colour", NULL, "No colours on a terminal; so does NO_COLOR in the environment.", NULL},
    {"help", NULL, "Print this.", NULL},
};
const size_t COMMON_FLAG_COUNT = sizeof COMMON_FLAGS / sizeof *COMMON_FLAGS;

const command_t *command_find(str_t name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (str_is(name, COMMANDS[i]->name)) {
            return COMMANDS[i];
        }
    }
    return NULL;
}
