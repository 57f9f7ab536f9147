/* SPDX-License-Identifier: MIT */
/* /v1/keyring and /v1/backups: what keeps the store sealed, and copies of it. */
#include "api/handlers.h"

static const body_member_t REWRAP_MEMBERS[] = {{"new_master_key", JSON_STRING, true},
                                               {"in_place", JSON_TRUE, false}};
const body_t BODY_KEYRING_REWRAP = BODY_OF(REWRAP_MEMBERS);

void keyring_show(resource_t *r)
{
    resource_admin(r, ADMIN_KEYRING_SHOW, json_object(), 200);
}

void keyring_rotate(resource_t *r)
{
    resource_admin(r, ADMIN_KEYRING_ROTATE, json_object(), 200);
}

void keyring_rewrap(resource_t *r)
{
    resource_admin(r, ADMIN_KEYRING_REWRAP, json_incref(r->body), 200);
}

void backups_make(resource_t *r)
{
    resource_admin(r, ADMIN_BACKUP_MAKE, json_object(), 201);
}
