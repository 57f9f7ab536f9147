/* SPDX-License-Identifier: MIT */
#include "base/actor.h"

const char *actor_kind_name(actor_kind_t kind)
{
    static const char *const NAMES[ACTOR_KIND_COUNT] = {
        [ACTOR_HOST] = "host",
        [ACTOR_COMMAND_LINE] = "command_line",
        [ACTOR_KEY] = "key",
        [ACTOR_CONNECT_SESSION] = "connect_session",
        [ACTOR_SETUP_LINK] = "setup_link",
        [ACTOR_STRANGER] = "stranger",
    };
    return NAMES[kind];
}
