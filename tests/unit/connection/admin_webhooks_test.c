/* SPDX-License-Identifier: MIT */
/* Several who change one webhook at once. */
#include "connection/rig.h"

#include "event/webhooks.h"

static json_t *add_webhook(control_t *c)
{
    return admin_ok(c, ADMIN_WEBHOOK_ADD, json_pack("{s:s}", "url", "https://127.0.0.1:1/hook"));
}

static json_t *with_id(const json_t *shown)
{
    return json_pack("{s:O}", "id", json_object_get(shown, "id"));
}

typedef struct seen {
    const char *id;
    json_t *secrets; /* NULL: there is no such webhook */
} seen_t;

static void look(manager_t *m, void *context)
{
    seen_t *s = context;
    const webhook_t *h = webhooks_find(m->webhooks, str_of(s->id));
    s->secrets = h ? json_deep_copy(json_object_get(h->record, "secrets")) : NULL;
}

static bool holds(const json_t *secrets, const json_t *secret)
{
    size_t i;
    json_t *one;
    json_array_foreach(secrets, i, one)
    {
        if (json_equal(json_object_get(one, "secret"), secret)) {
            return true;
        }
    }
    return false;
}

/* Whoever got a secret can check what comes next by it: the one before the last still holds. */
static void rotations_at_once_follow_upon_each_other(void **state)
{
    control_t *c = *state;
    json_t *added = add_webhook(c);
    told_t told[2];
    for (int i = 0; i < 2; i++) {
        admin_begin(c, ADMIN_WEBHOOK_ROTATE, with_id(added), &told[i]);
    }
    seen_t seen = {.id = json_string_value(json_object_get(added, "id"))};
    for (int i = 0; i < 2; i++) {
        control_wait(c, &told[i].done);
        assert_int_equal(told[i].err.code, ERR_none);
    }
    inside(c, look, &seen);
    for (int i = 0; i < 2; i++) {
        assert_true(holds(seen.secrets, json_object_get(told[i].output, "secret")));
        json_decref(told[i].output);
    }
    json_decref(seen.secrets);
    json_decref(added);
}

static void what_is_removed_stays_removed(void **state)
{
    control_t *c = *state;
    json_t *added = add_webhook(c);
    told_t removed, rotated;
    seen_t seen = {.id = json_string_value(json_object_get(added, "id"))};
    admin_begin(c, ADMIN_WEBHOOK_REMOVE, with_id(added), &removed);
    admin_begin(c, ADMIN_WEBHOOK_ROTATE, with_id(added), &rotated);
    control_wait(c, &removed.done);
    control_wait(c, &rotated.done);
    assert_int_equal(removed.err.code, ERR_none);
    assert_code(&rotated.err, ERR_not_found);
    inside(c, look, &seen);
    assert_null(seen.secrets);
    json_decref(added);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, control_start, control_stop)
    const struct CMUnitTest tests[] = {
        CASE(rotations_at_once_follow_upon_each_other),
        CASE(what_is_removed_stays_removed),
    };
    return cmocka_run_group_tests_name("admin_webhooks", tests, log_begin, log_end);
}
