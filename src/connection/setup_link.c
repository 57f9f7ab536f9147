/* SPDX-License-Identifier: MIT */
#include "connection/setup_link.h"

#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "connection/key_record.h"

enum { PAGE = 500 };

/* --- is there an admin? --- */

typedef struct looking {
    int64_t now_wall_ms;
    bool found;
    bool more;
    char after[64];
} looking_t;

static bool is_working_admin(const store_record_t *record, int64_t now_wall_ms)
{
    caller_key_t *key = key_record_read(record);
    bool works =
        key && key->is_admin && (!key->expires_wall_ms || now_wall_ms < key->expires_wall_ms);
    caller_key_unref(key);
    return works;
}

/* A store that cannot be read may well hold one. */
static void on_listed(void *context, const store_result_t *result)
{
    looking_t *l = context;
    l->found = !result->ok;
    for (size_t i = 0; i < result->count && !l->found; i++) {
        l->found = is_working_admin(&result->records[i], l->now_wall_ms);
    }
    l->more = result->ok && result->count == PAGE;
    if (l->more) {
        snprintf(l->after, sizeof l->after, "%.*s", STR_ARG(result->records[PAGE - 1].id));
    }
}

bool setup_link_is_wanted(store_t *store, int64_t now_wall_ms)
{
    looking_t l = {.now_wall_ms = now_wall_ms, .more = true};
    while (l.more && !l.found) {
        store_list_now(store, STR("key"), STR_NONE, l.after[0] ? str_of(l.after) : STR_NONE, PAGE,
                       on_listed, &l);
    }
    return !l.found;
}

/* --- the code --- */

void setup_link_open(setup_link_t *l, str_t code, const char *file, int64_t now_ms)
{
    *l = (setup_link_t){.code = browser_digest_of(code),
                        .expires_at_ms = now_ms + SETUP_LINK_LIFE_S * 1000LL,
                        .file = file};
}

bool setup_link_take(setup_link_t *l, str_t code, int64_t now_ms)
{
    bool ok = !l->is_taken && now_ms < l->expires_at_ms && browser_digest_fits(&l->code, code);
    l->is_taken = l->is_taken || ok;
    return ok;
}

void setup_link_give_back(setup_link_t *l)
{
    l->is_taken = false;
}

void setup_link_close(setup_link_t *l)
{
    if (l->file && l->expires_at_ms) {
        (void)unlink(l->file);
    }
    *l = (setup_link_t){.file = NULL};
}

void setup_link_sweep(setup_link_t *l, int64_t now_ms)
{
    if (l->expires_at_ms && now_ms >= l->expires_at_ms) {
        setup_link_close(l);
    }
}
