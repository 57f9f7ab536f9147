/* SPDX-License-Identifier: MIT */
#include "app/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int command_fail(const err_t *err)
{
    fprintf(stderr, "tenon: %s (%s)\n", err->text[0] ? err->text : err_code_title(err->code),
            err_code_name(err->code));
    bool told = err->detail_count == 1 && strcmp(err->details[0].text, err->text) == 0;
    for (unsigned i = 0; !told && i < err->detail_count; i++) {
        const err_detail_t *detail = &err->details[i];
        fprintf(stderr, "  %s%s%s\n", detail->pointer, detail->pointer[0] ? ": " : "",
                detail->text);
    }
    return err->code == ERR_usage ? EXIT_USAGE : EXIT_PROBLEM;
}

int command_usage(const char *format, ...)
{
    va_list args;
    fputs("tenon: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs(" (usage)\n", stderr);
    return EXIT_USAGE;
}
