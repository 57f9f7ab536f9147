/* SPDX-License-Identifier: MIT */
#include "audit/what.h"

static const char *const NAMES[AUDIT_WHAT_COUNT] = {[AUDIT_NONE] = "none",
#define AUDIT_NAME(id, name, text) [AUDIT_##id] = (name),
                                                    AUDIT_WHATS(AUDIT_NAME)
#undef AUDIT_NAME
};

const char *audit_what_name(audit_what_t what)
{
    return NAMES[what];
}
