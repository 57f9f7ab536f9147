/* SPDX-License-Identifier: MIT */
/* A command that is written wrong: says what is wrong, what was probably meant, and how it is
 * written. All answer EXIT_USAGE. */
#ifndef TENON_APP_MISUSE_H
#define TENON_APP_MISUSE_H

#include "app/command.h"

/* No such command. */
int misuse_command(str_t name);
/* No such flag. */
int misuse_flag(const command_t *command, str_t name);
/* No such verb; absent: none was given. */
int misuse_verb(const command_t *command, str_t verb);
/* Too few or too many words, flags of another verb; EXIT_OK where nothing is wrong. */
int misuse_of(const command_t *command, const usage_t *usage, const args_t *args);

#endif
