/* SPDX-License-Identifier: MIT */
#include "import/hosts.h"

#include "definition/catalogue/loading.h"

typedef struct working {
    arena_t *arena;
    json_t *parameters;
    hosts_t hosts;
} working_t;

static void begin(working_t *w, json_t *parameters)
{
    w->arena = arena_new(0);
    w->parameters = parameters;
    w->hosts = (hosts_t){w->arena, parameters, json_object(), false};
}

static void end(working_t *w)
{
    json_decref(w->hosts.patterns);
    json_decref(w->parameters);
    arena_free(w->arena);
}

static void choices_name_hosts(void **state)
{
    (void)state;
    working_t w;
    begin(&w, json_pack("{s:{s:{s:s,s:s}},s:{s:{s:s}}}", "region", "choices", "eu", "Europe", "US",
                        "America", "url", "choices", "https://a.example.com/v1", "A"));
    hosts_take(&w.hosts, STR("https://${connection.region}.example.com/v1"));
    hosts_take(&w.hosts, STR("${connection.url}/items"));
    assert_int_equal(json_object_size(w.hosts.patterns), 3);
    assert_non_null(json_object_get(w.hosts.patterns, "eu.example.com"));
    assert_non_null(json_object_get(w.hosts.patterns, "us.example.com"));
    assert_non_null(json_object_get(w.hosts.patterns, "a.example.com"));
    assert_false(w.hosts.any);
    end(&w);
}

static void ends_name_hosts_of_one_owner(void **state)
{
    (void)state;
    static const struct {
        const char *url, *hosts; /* NULL: any */
    } rows[] = {
        {"https://${connection.t}.example.com", "*.example.com"},
        {"https://${connection.t}.example.com:8443/v1", "*.example.com:8443"},
        {"https://${connection.t}.example.co.uk", "*.example.co.uk"},
        {"https://${connection.t}.example.io", "*.example.io"},
        {"https://${connection.t}.co.uk", NULL},
        {"https://${connection.t}.com", NULL},
        {"https://${connection.t}.com:8443", NULL},
        {"https://${connection.t}", NULL},
        {"https://${connection.t}.${connection.region}.example.com",
         "*.eu.example.com *.us.example.com"},
        {"https://${connection.t}.${connection.t}.example.com", "*.example.com"},
        {"https://${connection.t}.example.${connection.top}", "*.example.com *.example.de"},
        {"https://${connection.t}.${connection.top}", NULL},
        {"https://${connection.t}.${connection.t}", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        working_t w;
        begin(&w, json_pack("{s:{s:{s:s,s:s}},s:{s:{s:s,s:s}},s:{}}", "region", "choices", "eu", "",
                            "us", "", "top", "choices", "com", "", "de", "", "t"));
        hosts_take(&w.hosts, str_of(rows[i].url));
        char found[200] = "";
        const char *host;
        json_t *value;
        json_object_foreach(w.hosts.patterns, host, value)
        {
            size_t n = strlen(found);
            snprintf(found + n, sizeof found - n, n ? " %s" : "%s", host);
        }
        assert_int_equal(w.hosts.any, rows[i].hosts == NULL);
        assert_string_equal(found, rows[i].hosts ? rows[i].hosts : "");
        end(&w);
    }
}

/* It would be read for ever. */
static void a_choice_is_no_template(void **state)
{
    (void)state;
    working_t w;
    begin(&w, json_pack("{s:{s:{s:s}}}", "region", "choices", "a${connection.region}b", "R"));
    hosts_take(&w.hosts, STR("https://${connection.region}.example.com"));
    assert_int_equal(json_object_size(w.hosts.patterns), 1);
    assert_non_null(json_object_get(w.hosts.patterns, "a${connection.region}b.example.com"));
    end(&w);
}

static void a_literal_names_no_parameter(void **state)
{
    (void)state;
    working_t w;
    begin(&w, json_pack("{s:{s:s}}", "p", "type", "string"));
    hosts_take(&w.hosts, STR("https://api.example.com/$${connection.p}"));
    hosts_take(&w.hosts, STR("https://$${connection.p}.example.com"));
    assert_false(w.hosts.any);
    assert_int_equal(json_object_size(w.hosts.patterns), 2);
    end(&w);
}

/* 50 choices four times are six million hosts. */
static void choices_together_are_bounded(void **state)
{
    (void)state;
    working_t w;
    json_t *choices = json_object();
    for (unsigned i = 0; i < 50; i++) {
        char value[16];
        snprintf(value, sizeof value, "v%u", i);
        json_object_set_new(choices, value, json_true());
    }
    begin(&w, json_pack("{s:{s:o}}", "p", "choices", choices));
    hosts_take(&w.hosts, STR("https://${connection.p}.${connection.p}.${connection.p}."
                             "${connection.p}.example.com"));
    assert_true(w.hosts.any);
    assert_true(json_object_size(w.hosts.patterns) <= 1000);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_name_hosts),
        cmocka_unit_test(ends_name_hosts_of_one_owner),
        cmocka_unit_test(a_choice_is_no_template),
        cmocka_unit_test(a_literal_names_no_parameter),
        cmocka_unit_test(choices_together_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
