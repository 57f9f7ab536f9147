/* SPDX-License-Identifier: MIT */
/* Which credential keys a way to sign in has and needs (FORMAT 5). Pure. */
#ifndef TENON_DEFINITION_SLOTS_H
#define TENON_DEFINITION_SLOTS_H

#include "definition/model.h"

/* Sets of credential_slot_t. */
typedef uint32_t slots_t;
#define SLOT_BIT(slot) (1u << (slot))
static inline bool slots_have(slots_t slots, credential_slot_t slot)
{
    return (slots >> slot & 1) != 0;
}

/* Keys that the type has. */
slots_t slots_of_type(auth_type_t type);
/* Those that must have a value. grant: its client_auth and registration decide, too. */
slots_t slots_needed(const grant_definition_t *grant);
/* Its value is a secret: no literal may stand there. */
bool slot_is_secret(credential_slot_t slot);

#endif
