/* SPDX-License-Identifier: MIT */
/* Providers of Nango (its providers.yaml) as definitions: one connector each, with a way to sign
 * in, what every call carries, and actions that get a token and read any address of the API. What
 * its catalogue leaves to code, and has no counterpart, is told in the report. Pure. */
#ifndef TENON_IMPORT_NANGO_NANGO_H
#define TENON_IMPORT_NANGO_NANGO_H

#include "base/arena.h"
#include "base/err.h"
#include "import/report.h"

enum { NANGO_BYTES_MAX = 16 << 20, NANGO_PROVIDERS_MAX = 10000 };

/* Of each provider, in the order of the file. text: the whole definition file; absent where there
 * can be none, which the report tells. All of it is there during the call only. */
typedef void nango_on_provider_t(void *context, str_t id, str_t text, const report_t *report);

/* ids: those of definitions so far, each with its provider's name; the new ones are added. A second
 * provider of an id is refused. Errors: definition_*, with line and column, where the file itself
 * cannot be read. */
CHECKED bool nango_import(str_t bytes, json_t *ids, nango_on_provider_t *on_provider, void *context,
                          err_t *err);

#endif
