/* SPDX-License-Identifier: MIT */
/* docs/CONFIGURATION.md, from the table. */
#include "app/config.h"

static const char INTRODUCTION[] =
    "# Configuration\n"
    "\n"
    "Made by `tenon configuration --markdown` from the table in src/app/options.c; a test keeps "
    "both equal.\n"
    "\n"
    "An option is taken from the command line, else from the environment, else from the file "
    "(`--config FILE`, else\n"
    "`TENON_CONFIG`, else `tenon.yaml` in the working folder), else it has its default. In the "
    "file every option is a\n"
    "top-level key; a list may be written as a YAML list or as comma-separated text. Secrets are "
    "never taken from the\n"
    "command line, and are overwritten in the environment once they are read.\n"
    "\n"
    "Durations are written `500ms`, `30s`, `5m`, `2h`, `31d`; sizes `65536`, `64KiB`, `16MiB`, "
    "`1GiB`.\n";

static void add_cell(buf_t *to, const char *before, const char *text)
{
    if (text) {
        buf_printf(to, " `%s%s` |", before, text);
    } else {
        buf_lit(to, " |");
    }
}

static void add_default(buf_t *to, const option_t *option)
{
    add_cell(to, "", option->fallback);
}

static void add_meaning(buf_t *to, const option_t *option)
{
    buf_printf(to, " %s", option->description);
    for (size_t i = 0; option->choices && option->choices[i]; i++) {
        buf_printf(to, "%s`%s`", i ? ", " : " One of ", option->choices[i]);
    }
    buf_lit(to, option->choices ? ". |\n" : " |\n");
}

void config_markdown(buf_t *to)
{
    buf_lit(to, INTRODUCTION);
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        const option_t *option = &OPTIONS[i];
        if (option->group) {
            buf_printf(to,
                       "\n## %s\n\n| key | environment | flag | default | meaning "
                       "|\n|---|---|---|---|---|\n",
                       option->group);
        }
        buf_char(to, '|');
        add_cell(to, "", option->key);
        add_cell(to, "", option->environment);
        add_cell(to, "--", option->flag);
        add_default(to, option);
        add_meaning(to, option);
    }
}
