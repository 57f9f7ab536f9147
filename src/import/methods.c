/* SPDX-License-Identifier: MIT */
#include "import/methods.h"

str_t method_of(str_t key)
{
    static const char *const methods[] = {"GET",   "HEAD",   "POST",   "PUT",
                                          "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (str_eq_nocase(key, str_of(methods[i]))) {
            return str_of(methods[i]);
        }
    }
    return STR_NONE;
}
