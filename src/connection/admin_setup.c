/* SPDX-License-Identifier: MIT */
/* The first admin key, made by whoever has the code of the set-up link. */
#include "base/clock.h"
#include "codec/json.h"
#include "connection/manager_internal.h"

void admin_setup(admin_call_t *call)
{
    setup_link_t *link = &call->manager->setup;
    bool fits = setup_link_take(link, json_member(call->input, "setup"), clock_boot_ms());
    json_decref(call->input); /* the code is for nobody's eyes any more */
    call->input = json_pack("{s:s}", "role", "admin");
    if (fits) {
        admin_key_add(call);
        return;
    }
    err_t err = ERR_INIT;
    (void)err_set(&err, ERR_unauthorized,
                  "this link is not valid, or not any more; `tenon key add --admin` makes a key on "
                  "the host's own machine");
    admin_answer(call, NULL, &err);
}
