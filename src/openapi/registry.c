/* SPDX-License-Identifier: MIT */
#include "openapi/flavour.h"

static const openapi_flavour_t *const FLAVOURS[] = {&OPENAPI_2_0, &OPENAPI_3_0, &OPENAPI_3_1};
enum { FLAVOUR_COUNT = sizeof FLAVOURS / sizeof *FLAVOURS };

const openapi_flavour_t *openapi_flavour_of(str_t version)
{
    for (size_t i = 0; i < FLAVOUR_COUNT; i++) {
        if (str_is(version, FLAVOURS[i]->name) || str_is(version, FLAVOURS[i]->version)) {
            return FLAVOURS[i];
        }
    }
    return NULL;
}

const char *openapi_version_at(size_t index)
{
    return index < FLAVOUR_COUNT ? FLAVOURS[index]->name : NULL;
}
