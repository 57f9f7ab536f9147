/* SPDX-License-Identifier: MIT */
/* /v1/keys */
#include "api/handlers.h"
#include "codec/json.h"

static const body_member_t ADD_MEMBERS[] = {{"role", JSON_STRING, true},
                                            {"connections", JSON_ARRAY, false},
                                            {"rights", JSON_ARRAY, false},
                                            {"expires_in", JSON_INTEGER, false}};
const body_t BODY_KEY_ADD = BODY_OF(ADD_MEMBERS);

static json_t *list_input(const page_t *page)
{
    json_t *input = json_object();
    json_object_set_new(input, "limit", json_integer(page->limit));
    if (page->after.p) {
        json_object_set_new(input, "after", json_str(page->after));
    }
    return input;
}

void keys_list(resource_t *r)
{
    page_t page;
    err_t err = ERR_INIT;
    if (resource_page(r, NULL, &page, &err)) {
        resource_admin(r, ADMIN_KEY_LIST, list_input(&page), 200);
    } else {
        resource_fail(r, &err);
        err_fini(&err);
    }
}

static json_t *named(const resource_t *r)
{
    return json_pack("{s:o}", "id", json_str(r->variables[0]));
}

void keys_show(resource_t *r)
{
    resource_admin(r, ADMIN_KEY_SHOW, named(r), 200);
}

static void on_added(resource_t *r, json_t *output)
{
    resource_answer_made(r, STR("/v1/keys/"), json_member(output, "id"), output);
}

void keys_add(resource_t *r)
{
    resource_admin_then(r, ADMIN_KEY_ADD, json_incref(r->body), on_added);
}

void keys_revoke(resource_t *r)
{
    resource_admin(r, ADMIN_KEY_REVOKE, named(r), 204);
}
