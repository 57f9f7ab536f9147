/* SPDX-License-Identifier: MIT */
/* The requests that the contract's definitions prescribe (format/golden.txt): token requests
 * through grant, requests to APIs through bind and build. What needs a grant that this version does
 * not run is left out, and told. */
#include "call/golden_run.h"

/* --- which cases there are --- */

typedef enum {
    RUN_GRANT,
    RUN_AUTHORIZE,
    RUN_CODE,
    RUN_REFRESH,
    RUN_SESSION,
    RUN_ACTION_GRANT,
    RUN_ACTION,
    RUN_VERIFY,
    RUN_PARAMETERS,
    LEFT_OUT
} run_t;

static const struct {
    const char *title;
    run_t run;
    const char *action; /* LEFT_OUT: why */
    /* A header that golden.txt does not print though the definition prescribes it: the field's
     * default stands in the schema that it refers to. */
    const char *unprinted;
} cases[] = {
    {"wfm-authentication GetAccessToken", RUN_ACTION_GRANT, "GetAccessToken"},
    {"wfm-authentication evil vanity", RUN_PARAMETERS, NULL},
    {"wfm client_credentials", RUN_GRANT, NULL},
    {"wfm authorize, no organization", RUN_AUTHORIZE, NULL},
    {"wfm code", RUN_CODE, NULL},
    {"wfm refresh", RUN_REFRESH, NULL},
    {"wfm password-realm", RUN_GRANT, NULL},
    {"wfm GetPerson", RUN_ACTION, "GetPerson"},
    {"wfm GetPersons", RUN_ACTION, "GetPersons"},
    {"wfm other identity host", RUN_GRANT, NULL},
    {"lawvu authorize", RUN_AUTHORIZE, NULL},
    {"lawvu trigger", RUN_ACTION, "Triggers_CreateSubscriptionMatterCreated"},
    {"workspan code", RUN_CODE, NULL},
    {"workspan refresh", RUN_REFRESH, NULL},
    {"workspan file", RUN_ACTION, "BulkloadOpportunityFileAttachment"},
    {"workspan csv", RUN_ACTION, "BulkloadOpportunity"},
    {"planner update", RUN_ACTION, "UpdateTaskDetails_V2", "prefer"},
    {"airmeet double", RUN_ACTION, "RemoveAttendee"},
    {"back-market", RUN_VERIFY, NULL},
    {"telegram", RUN_ACTION, "sendMessage"},
    {"tableau step", RUN_SESSION, NULL},
    {"stripe code", RUN_CODE, NULL},
    {"mercury", RUN_ACTION, "ListAccounts"},
};

/* --- running --- */

static void run_case(run_context_t *run, run_t how, const char *name)
{
    const action_t *action = name ? connector_action(run->connector, str_of(name)) : NULL;
    switch (how) {
    case RUN_GRANT:
        run_grant(run, &run->connection->auth->grant, NULL);
        break;
    case RUN_AUTHORIZE:
        run_authorize(run);
        break;
    case RUN_CODE:
        run_code(run);
        break;
    case RUN_REFRESH:
        run_refresh(run);
        break;
    case RUN_SESSION:
        run_session(run);
        break;
    case RUN_ACTION_GRANT:
        run_action_grant(run, action);
        break;
    case RUN_ACTION:
        run_action(run, action);
        break;
    case RUN_VERIFY:
        run_verify(run);
        break;
    case RUN_PARAMETERS:
        run_parameters(run);
        break;
    case LEFT_OUT:
        break;
    }
}

static connector_t *load_accepted(arena_t *arena, const char *shared, str_t id)
{
    return load_path(arena_printf(arena, "%s/format/accepted/%.*s.yaml", shared, STR_ARG(id)).p);
}

/* The one preparing call of the golden file answers with this. */
static json_t *step_answers(void)
{
    return json_pack("{s:{s:{s:s}}}", "details", "body", "@odata.etag", "W/\"1\"");
}

static void run_golden(const char *shared, const golden_t *g, run_t how, const char *action)
{
    run_context_t run;
    arena_t *arena = arena_new(0);
    run_begin(&run, g, load_accepted(arena, shared, json_member(g->given, "id")));
    run.step_answers = step_answers();
    run_case(&run, how, action);
    run_end(&run);
    arena_free(arena);
}

/* --- */

static const char *shared_folder(void)
{
    const char *shared = getenv("TENON_SHARED");
    return shared ? shared : TENON_SOURCE_DIR "/../shared";
}

static size_t case_of(str_t title)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (str_is(title, cases[i].title)) {
            return i;
        }
    }
    fail_msg("no row for the golden case `%.*s`", STR_ARG(title));
    return 0;
}

static void requests_are_as_prescribed(void **state)
{
    (void)state;
    enum { CASES_MAX = 100 };
    size_t length;
    arena_t *arena = arena_new(0);
    golden_t *list = arena_array_of(arena, golden_t, CASES_MAX);
    str_t path = arena_printf(arena, "%s/format/golden.txt", shared_folder());
    char *text = golden_file(path.p, &length);
    if (!text) {
        print_message("skipped: %s is not there\n", path.p);
        arena_free(arena);
        skip();
    }
    size_t count = read_golden(arena, str_at(text, length), list, CASES_MAX);
    assert_int_equal(count, COUNT(cases));
    for (size_t i = 0; i < count; i++) {
        size_t at = case_of(list[i].title);
        if (cases[at].run == LEFT_OUT) {
            print_message("left out: %s (%s is not run yet)\n", cases[at].title, cases[at].action);
        } else {
            print_message("%s\n", cases[at].title);
            list[i].unprinted = cases[at].unprinted;
            run_golden(shared_folder(), &list[i], cases[at].run, cases[at].action);
        }
        json_decref(list[i].given);
    }
    free(text);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(requests_are_as_prescribed)};
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
