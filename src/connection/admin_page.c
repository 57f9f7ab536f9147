/* SPDX-License-Identifier: MIT */
/* A page of a list of records. One record more than it holds is fetched, which tells whether
 * another page follows. */
#include "codec/json.h"
#include "connection/admin_internal.h"

enum { LIST_MAX = 1000, LIST_DEFAULT = 100 };

static unsigned page_limit(const admin_call_t *call)
{
    json_int_t limit = json_integer_value(json_object_get(call->input, "limit"));
    return limit < 1 ? LIST_DEFAULT : limit > LIST_MAX ? LIST_MAX : (unsigned)limit;
}

void admin_page_ask(admin_call_t *call, str_t kind, store_on_done_t *on_listed)
{
    manager_store_list(call->manager, kind, json_member(call->input, "after"), page_limit(call) + 1,
                       on_listed, call);
}

size_t admin_page_end(const admin_call_t *call, const store_result_t *result, json_t *output)
{
    unsigned limit = page_limit(call);
    if (result->count <= limit) {
        return result->count;
    }
    json_object_set_new(output, "next", json_str(result->records[limit - 1].id));
    return limit;
}
