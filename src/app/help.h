/* SPDX-License-Identifier: MIT */
/* What `tenon help` and `tenon COMMAND --help` print, from the commands' own structs. Pure. */
#ifndef TENON_APP_HELP_H
#define TENON_APP_HELP_H

#include "app/command.h"

enum { HELP_BYTES_MAX = 1024 * 1024 };

void help_overview(buf_t *to);
void help_command(const command_t *command, buf_t *to);
/* "tenon key revoke ID", with a line end. */
void help_usage(const command_t *command, const usage_t *usage, buf_t *to);
/* The ways to write it, a line each, behind "Usage: " and the same width of blanks. */
void help_usages(const command_t *command, buf_t *to);

/* docs/COMMANDS.md. */
void commands_markdown(buf_t *to);

/* "FOLDER": what stands behind an option's flag. */
const char *option_value_name(const option_t *option);

#endif
