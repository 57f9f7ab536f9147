/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share. A target is one file NAME_fuzz.c with an LLVMFuzzerTestOneInput that aborts when
 * something does not hold which must always hold; its seeds are the files of corpus/NAME. The same file is linked with
 * replay.c in the normal run and with libFuzzer in `./dev fuzz`. */
#ifndef TENON_TESTS_FUZZ_H
#define TENON_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(holds)                                                                            \
    do {                                                                                          \
        if (!(holds)) {                                                                           \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds);            \
            abort();                                                                              \
        }                                                                                         \
    } while (0)

/* Cuts the next line off; "" where there is none. */
static inline str_t fuzz_line(str_t *rest)
{
    str_t line = str_cut(rest, '\n');
    return line.p ? line : STR("");
}

/* True where every byte is printable ASCII. */
static inline bool fuzz_is_printable(str_t s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 || s.p[i] > 0x7E) {
            return false;
        }
    }
    return true;
}

#endif
