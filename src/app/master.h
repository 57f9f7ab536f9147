/* SPDX-License-Identifier: MIT */
/* Where the master key comes from, by the configuration: given, in a file, printed by a program, kept in the data folder
 * as it is, or kept there wrapped by a hook - a program that wraps and unwraps it with a key of a KMS, a TPM or the like.
 * Blocks: at the start and in commands, never on a loop. */
#ifndef TENON_APP_MASTER_H
#define TENON_APP_MASTER_H

#include "app/config.h"
#include "base/secret.h"

/* may_make: where the data folder keeps it and holds none, one is made. NULL on error: those of master_key_load, and
 * configuration where a program fails. */
secret_t *master_load(const config_t *c, bool may_make, err_t *err);

/* NULL where the data folder does not keep it; else the file's name. */
const char *master_file(const config_t *c);
/* Another one beside it, and then in its place; the one before is kept as NAME.before. */
CHECKED bool master_draft(const config_t *c, const secret_t *key, err_t *err);
CHECKED bool master_put_draft(const config_t *c, err_t *err);
/* From a file, as master_key_file takes it. */
secret_t *master_read_file(str_t path, err_t *err);

#endif
