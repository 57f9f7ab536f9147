/* SPDX-License-Identifier: MIT */
/* What is told of a connection beside what it is: since when it is in its state, and why nothing
 * is sent for it although it is ready. */
#include "base/clock.h"
#include "connection/admin_internal.h"

/* Its token endpoint fails, so nobody asks it before then. */
static bool find_backoff(manager_t *m, str_t name, int64_t now_ms, connection_circumstances_t *out)
{
    char key[80];
    admin_source_key(name, key);
    const source_t *s = map_get(m->sources, str_of(key));
    if (!s || s->backoff_until_ms <= now_ms) {
        return false;
    }
    out->pause = s->last_failure;
    out->pause_until_wall_ms = clock_wall_ms() + s->backoff_until_ms - now_ms;
    return true;
}

static void find_gate(manager_t *m, const connection_t *c, int64_t now_ms,
                      connection_circumstances_t *out)
{
    int64_t until_ms = throttle_gate_until(m->options.throttle, c->connector_id, c->name);
    if (until_ms > now_ms) {
        err_set(&out->pause, ERR_upstream_throttled, "the service asked for a pause");
        out->pause_until_wall_ms = clock_wall_ms() + until_ms - now_ms;
    }
}

/* What calls are made with at the moment. */
static int64_t token_end(const manager_t *m, const connection_t *c, int64_t now_ms)
{
    enum { KEY_MAX = 65536 };
    buf_t key;
    err_t refusal = ERR_INIT;
    if (!c->auth || !auth_type_gets_tokens(c->auth->type)) {
        return 0;
    }
    buf_init(&key, KEY_MAX);
    token_key_of_connection(c, &key);
    token_t *token = token_cache_get(m->tokens, buf_view(&key), now_ms, &refusal);
    int64_t end = token ? clock_wall_ms() + token->expires_at_ms - now_ms : 0;
    token_unref(token);
    buf_fini(&key);
    return end;
}

void circumstances_find(manager_t *m, const connection_t *c, int64_t last_used_wall_ms,
                        connection_circumstances_t *out)
{
    int64_t now_ms = clock_boot_ms();
    *out = (connection_circumstances_t){.last_used_wall_ms = last_used_wall_ms,
                                        .since_wall_ms = states_since(m, c->name),
                                        .token_ends_wall_ms = token_end(m, c, now_ms),
                                        .pause = ERR_INIT};
    if (!find_backoff(m, c->name, now_ms, out)) {
        find_gate(m, c, now_ms, out);
    }
}
