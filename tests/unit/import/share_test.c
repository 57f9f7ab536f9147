/* SPDX-License-Identifier: MIT */
#include "import/share.h"

#include "codec/json.h"
#include "definition/catalogue/loading.h"

static json_t *read(const char *text)
{
    char copy[1024];
    snprintf(copy, sizeof copy, "%s", text);
    for (char *c = copy; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    err_t err = ERR_INIT;
    json_t *v = json_read(str_of(copy), NULL, &err);
    assert_non_null(v);
    return v;
}

static void says_once_what_every_action_says(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
    } rows[] = {
        {"{'actions':{'a':{'request':{'headers':{'X':'1','Y':'2'}}},'b':{'request':{'headers':{'X':"
         "'1','Y':'3'}}}}}",
         "{'actions':{'a':{'request':{'headers':{'Y':'2'}}},'b':{'request':{'headers':{'Y':'3'}}}},"
         "'request':{'headers':{'X':'1'}}}"},
        {"{'actions':{'a':{'request':{'query':{'v':'1'}}},'b':{'request':{'query':{'v':'1'}}}}}",
         "{'actions':{'a':{},'b':{}},'request':{'query':{'v':'1'}}}"},
        /* One action has nothing to share, and one without it is another. */
        {"{'actions':{'a':{'request':{'headers':{'X':'1'}}}}}",
         "{'actions':{'a':{'request':{'headers':{'X':'1'}}}}}"},
        {"{'actions':{'a':{'request':{'headers':{'X':'1'}}},'b':{}}}",
         "{'actions':{'a':{'request':{'headers':{'X':'1'}}},'b':{}}}"},
        /* Values of a call are no values of all calls. */
        {"{'actions':{'a':{'request':{'headers':{'X':'${input.x}'}}},'b':{'request':{'headers':{'X'"
         ":'${input.x}'}}}}}",
         "{'actions':{'a':{'request':{'headers':{'X':'${input.x}'}}},'b':{'request':{'headers':{'X'"
         ":'${input.x}'}}}}}"},
        {"{'actions':{'a':{'request':{'headers':{'X':'${steps.s.body.x}'}}},'b':{'request':{'"
         "headers':{'X':'${steps.s.body.x}'}}}}}",
         "{'actions':{'a':{'request':{'headers':{'X':'${steps.s.body.x}'}}},'b':{'request':{'"
         "headers':{'X':'${steps.s.body.x}'}}}}}"},
        {"{}", "{}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *definition = read(rows[i].before), *expected = read(rows[i].after);
        requests_share(definition);
        if (!json_equal(definition, expected)) {
            fail_msg("row %zu: %s", i, json_dumps(definition, JSON_COMPACT));
        }
        json_decref(definition);
        json_decref(expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_once_what_every_action_says),
    };
    return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
