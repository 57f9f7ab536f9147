/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "app/output.h"
#include "definition/structure/structure.h"

static int run(run_t *r)
{
    (void)r;
    print_bytes(structure_schema_text());
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_PROBLEM;
}

static const flag_t FLAGS[] = {{"json", false}};

const command_t COMMAND_SCHEMA = {
    .name = "schema",
    .usage = "",
    .summary = "Prints the JSON Schema of the definition format",
    .detail = "Editors that know YAML complete and check definitions with it.\n",
    FLAGS_OF(FLAGS),
    .has_no_config = true,
    .run = run,
};
