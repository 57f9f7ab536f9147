/* SPDX-License-Identifier: MIT */
/* `tenon import`: connectors that others' tools describe, as definition files, with a report. One
 * usage and one file for each kind of source. */
#include "app/import_nango.h"

static const usage_t USAGES[] = {
    {.verb = "nango",
     .words = "FILE... --out FOLDER [--report FILE] [--json]",
     .summary = "providers of Nango's providers.yaml",
     .least = 1,
     .most = WORDS_ANY,
     .run = import_nango},
};
static const flag_t FLAGS[] = {
    FLAG_JSON,
    {"out", "FOLDER", "Where the definitions are written; a file that is there is not replaced.",
     NULL},
    {"report", "FILE", "What became of each, and why, as JSON.", NULL},
};
static const example_t EXAMPLES[] = {
    {"import nango providers.yaml --out imported --report report.json",
     "one definition a provider, and what is to be known of each"},
};

const command_t COMMAND_IMPORT = {
    .name = "import",
    .group = GROUP_DEFINITIONS,
    .summary = "Makes definitions of connectors that others describe",
    .detail =
        "Each connector becomes one definition that loads without errors. What cannot be said is "
        "left "
        "out and told in the report; the exit status is 1 where one could not be imported at all.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_NONE,
};
