/* SPDX-License-Identifier: MIT */
#include "import/auths.h"

void auths_ask_users(json_t *auths)
{
    const char *name, *parameter;
    json_t *auth, *field;
    json_object_foreach(auths, name, auth)
    {
        json_object_foreach(json_object_get(auth, "parameters"), parameter, field)
        {
            json_object_del(field, "ask");
        }
    }
}
