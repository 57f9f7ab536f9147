/* SPDX-License-Identifier: MIT */
/* A definition as a tree, written as the text of its file: FORMAT's canonical order, and a first
 * line that tells where it is from and the digest of the rest. Pure. */
#ifndef TENON_IMPORT_WRITE_H
#define TENON_IMPORT_WRITE_H

#include <jansson.h>

#include "base/buf.h"

/* kind: "powerplatform". */
void definition_write(buf_t *to, const json_t *definition, const char *kind);

#endif
