/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "app/output.h"
#include "definition/structure/structure.h"

static int run(run_t *r)
{
    (void)r;
    print_bytes(structure_schema_text());
    return EXIT_OK;
}

static const usage_t USAGES[] = {{.words = "[--json]", .run = run}};
static const flag_t FLAGS[] = {{"json", NULL, "The same: it is JSON anyway.", NULL}};
static const example_t EXAMPLES[] = {
    {"schema > connector.schema.json",
     "then, as a definition's first line: # yaml-language-server: $schema=connector.schema.json"},
};

const command_t COMMAND_SCHEMA = {
    .name = "schema",
    .group = GROUP_DEFINITIONS,
    .summary = "Prints the JSON Schema of the definition format",
    .detail = "Editors that know YAML complete definitions with it, check them while they are "
              "written and show "
              "what a key means.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .has_no_config = true,
};
