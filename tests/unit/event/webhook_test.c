/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/json.h"
#include "event/webhook.h"

static json_t *record_of(const char *input, err_t *err)
{
    egress_t *egress = egress_new(STR_NONE, err);
    json_t *asked = json_loads(input, 0, NULL);
    assert_non_null(egress);
    assert_non_null(asked);
    json_t *record = webhook_new_record(asked, egress, err);
    json_decref(asked);
    egress_free(egress);
    return record;
}

static webhook_t *webhook_of(const char *input)
{
    err_t err = ERR_INIT;
    json_t *record = record_of(input, &err);
    assert_non_null(record);
    return webhook_new(STR("4kTz09Qa"), record);
}

static void faults_of_an_input_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *input, *pointer;
        err_code_t code;
    } ROWS[] = {
        {"{}", "/url", ERR_param_missing},
        {"{\"url\": \"\"}", "/url", ERR_param_value},
        {"{\"url\": \"ftp://a.example.com/\"}", "/url", ERR_param_value},
        {"{\"url\": \"http://a.example.com/\"}", "/url", ERR_param_value},
        {"{\"url\": \"https://u:p@a.example.com/\"}", "/url", ERR_param_value},
        {"{\"url\": \"https://a.example.com/\", \"types\": [\"call.done\"]}", "/types",
         ERR_param_value},
        {"{\"url\": \"https://a.example.com/\", \"types\": [\"token.refreshed\"]}", "/types",
         ERR_param_value},
        {"{\"url\": \"https://a.example.com/\", \"types\": [3]}", "/types", ERR_param_type},
        {"{\"url\": \"https://a.example.com/\", \"connections\": [\"\"]}", "/connections",
         ERR_param_type},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        err_t err = ERR_INIT;
        assert_null(record_of(ROWS[i].input, &err));
        assert_int_equal(err.code, ROWS[i].code);
        assert_string_equal(err.details[0].pointer, ROWS[i].pointer);
        err_fini(&err);
    }
}

/* What is stored stays small enough to be sealed. */
static void names_are_short(void **state)
{
    char input[512], name[202];
    err_t err = ERR_INIT;
    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(input, sizeof input,
             "{\"url\": \"https://a.example.com/\", \"connections\": [\"%s\"]}", name);
    assert_null(record_of(input, &err));
    assert_int_equal(err.code, ERR_param_type);
    assert_string_equal(err.details[0].pointer, "/connections");
    err_fini(&err);
}

static void what_is_shown_holds_no_secret(void **state)
{
    (void)state;
    webhook_t *h = webhook_of(
        "{\"url\": \"https://a.example.com/h\", \"title\": \"T\", \"connections\": [\"a\"]}");
    char secret[128];
    str_t text = webhook_secret(h->record);
    memcpy(secret, text.p, text.n + 1);
    webhook_take_record(h, webhook_rotated_record(h->record, 1000));
    assert_string_not_equal(webhook_secret(h->record).p, secret);
    webhook_take_record(h, webhook_rotated_record(h->record, 2000));
    assert_int_equal(json_array_size(json_object_get(h->record, "secrets")), 2);
    json_t *shown = webhook_show(h, 3);
    char *all = json_dumps(shown, JSON_COMPACT);
    assert_null(strstr(all, "whsec_"));
    assert_string_equal(json_string_value(json_object_get(shown, "state")), "active");
    assert_int_equal(json_integer_value(json_object_get(shown, "waiting")), 3);
    free(all);
    json_decref(shown);
    webhook_free(h);
}

static void how_far_it_has_got_is_kept(void **state)
{
    (void)state;
    webhook_t *h = webhook_of("{\"url\": \"https://a.example.com/\"}");
    webhook_t *again = webhook_of("{\"url\": \"https://a.example.com/\"}");
    buf_t text;
    buf_init(&text, 4096);
    h->is_off = true;
    h->after = 1839098901959680;
    h->attempts = 4;
    h->next_wall_ms = 77;
    h->last_status = 410;
    memcpy(h->last_error, "gone", 5);
    h->delivered_wall_ms = 55;
    webhook_write_progress(h, &text);
    webhook_read_progress(again, buf_view(&text));
    assert_true(again->is_off);
    assert_int_equal(again->after, h->after);
    assert_int_equal(again->attempts, 4);
    assert_int_equal(again->next_wall_ms, 77);
    assert_int_equal(again->last_status, 410);
    assert_string_equal(again->last_error, "gone");
    assert_int_equal(again->delivered_wall_ms, 55);
    buf_fini(&text);
    webhook_free(h);
    webhook_free(again);
}

static void its_queue_is_what_it_wants_of_the_kept(void **state)
{
    (void)state;
    static const struct {
        event_kind_t kind;
        const char *connection;
    } EVENTS[] = {{EVENT_KEY_CREATED, ""},
                  {EVENT_STATE_CHANGED, "a"},
                  {EVENT_STATE_CHANGED, "b"},
                  {EVENT_WEBHOOK_OFF, ""},
                  {EVENT_CONNECTION_REMOVED, "a"}};
    event_ring_t ring;
    event_ring_init(&ring, 10);
    for (size_t i = 0; i < sizeof EVENTS / sizeof *EVENTS; i++) {
        event_ring_add(
            &ring, event_new(EVENTS[i].kind, i + 1, 0, str_of(EVENTS[i].connection), STR("{}")));
    }
    webhook_t *all = webhook_of("{\"url\": \"https://a.example.com/\"}");
    assert_int_equal(webhook_waiting(all, &ring), 4); /* but what webhooks do */
    webhook_t *some = webhook_of("{\"url\": \"https://a.example.com/\", \"types\": "
                                 "[\"connection.*\"], \"connections\": [\"a\"]}");
    assert_int_equal(webhook_waiting(some, &ring), 2);
    assert_int_equal(webhook_next(some, &ring)->id, 2);
    some->after = 2;
    assert_int_equal(webhook_next(some, &ring)->id, 5);
    assert_int_equal(some->after, 4); /* what it does not want is done with */
    some->after = 5;
    assert_null(webhook_next(some, &ring));
    webhook_free(all);
    webhook_free(some);
    event_ring_fini(&ring);
}

static void pauses_grow_to_their_end(void **state)
{
    (void)state;
    unsigned attempts = 1;
    int64_t all_ms = 0;
    for (int64_t before = 0; webhook_pause_ms(attempts); attempts++) {
        assert_true(webhook_pause_ms(attempts) > before);
        before = webhook_pause_ms(attempts);
        all_ms += before;
    }
    assert_int_equal(attempts, 11);
    assert_true(all_ms > 12 * 3600 * 1000LL);
    assert_int_equal(webhook_pause_ms(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_an_input_are_told),
        cmocka_unit_test(names_are_short),
        cmocka_unit_test(what_is_shown_holds_no_secret),
        cmocka_unit_test(how_far_it_has_got_is_kept),
        cmocka_unit_test(its_queue_is_what_it_wants_of_the_kept),
        cmocka_unit_test(pauses_grow_to_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
