/* SPDX-License-Identifier: MIT */
#include "console/assets.h"

const console_asset_t *console_asset(str_t name)
{
    for (size_t i = 0; i < CONSOLE_ASSET_COUNT; i++) {
        if (str_eq(CONSOLE_ASSETS[i].name, name)) {
            return &CONSOLE_ASSETS[i];
        }
    }
    return NULL;
}

bool console_is_built(void)
{
    return CONSOLE_IS_BUILT;
}
