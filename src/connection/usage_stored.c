/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "codec/json.h"
#include "connection/usage.h"

void usage_stored_fini(usage_stored_t *s)
{
    usage_table_fini(&s->minutes);
    usage_table_fini(&s->quarters);
    usage_table_fini(&s->hours);
    usage_table_fini(&s->month);
}

/* NULL: there is none. A record that cannot be read is told and counts as none: it is written anew.
 */
static json_t *read_plain(const store_result_t *result)
{
    err_t err = ERR_INIT;
    if (!result->ok || result->count == 0) {
        return NULL;
    }
    json_t *plain = json_read(result->records[0].plain, NULL, &err);
    if (!plain) {
        log_event(LOG_ERROR, "store.record_corrupt", LOG_S("kind", result->records[0].kind),
                  LOG_S("id", result->records[0].id));
    }
    return plain;
}

void usage_stored_add(usage_stored_t *s, const usage_table_t *pending)
{
    enum { MINUTES_AN_HOUR = 60 };
    usage_table_merge(&s->minutes, pending, 1);
    usage_table_merge_total(&s->quarters, pending, USAGE_QUARTER_MINUTES);
    usage_table_merge(&s->hours, pending, MINUTES_AN_HOUR);
}

void usage_stored_read_recent(usage_stored_t *s, const store_result_t *result)
{
    json_t *plain = read_plain(result);
    usage_table_read(&s->minutes, json_object_get(plain, "minutes"));
    usage_table_read(&s->quarters, json_object_get(plain, "quarters"));
    usage_table_read(&s->hours, json_object_get(plain, "hours"));
    json_decref(plain);
}

void usage_stored_read_month(usage_stored_t *s, const store_result_t *result)
{
    json_t *plain = read_plain(result);
    usage_table_read(&s->month, plain);
    s->month_known = true;
    json_decref(plain);
}

json_t *usage_stored_write(const usage_stored_t *s)
{
    return json_pack("{s:o, s:o, s:o}", "minutes", usage_table_write(&s->minutes), "quarters",
                     usage_table_write(&s->quarters), "hours", usage_table_write(&s->hours));
}
