/* SPDX-License-Identifier: MIT */
/* `tenon health`: whether the host on the data folder is ready. For people, and for whoever watches
 * a container that has no other HTTP client. */
#include <stdio.h>

#include "app/output.h"
#include "app/talk.h"
#include "codec/json.h"

static void print_definitions(const run_t *r, const json_t *definitions)
{
    const json_t *faults = json_object_get(definitions, "faults");
    printf("definitions in service: %lld\n",
           (long long)json_integer_value(json_object_get(definitions, "in_service")));
    for (size_t i = 0; i < json_array_size(faults); i++) {
        fputs("not in service as it stands: ", stdout);
        print_text(json_member(json_array_get(faults, i), "file"), TONE_WARN, r->colour);
        fputs("\n", stdout);
    }
}

/* Without the right `metrics`, a host that is asked by its address tells its status only. */
static void print_health(const run_t *r, const json_t *health)
{
    str_t status = json_member(health, "status");
    const json_t *definitions = json_object_get(health, "definitions");
    print_text(status, str_is(status, "ok") ? TONE_GOOD : TONE_BAD, r->colour);
    fputs("\n", stdout);
    if (definitions) {
        print_definitions(r, definitions);
    }
}

static int ask(run_t *r, client_t *c, err_t *err)
{
    const upstream_request_t request = {.method = STR("GET"), .url = STR("/readyz")};
    upstream_answer_t answer;
    if (!client_send(c, &request, &answer, err)) {
        return EXIT_PROBLEM;
    }
    json_t *health = json_read(answer.body, NULL, err);
    if (health && r->json) {
        print_json(health);
    } else if (health) {
        print_health(r, health);
    }
    json_decref(health);
    return answer.status == 200 ? EXIT_OK : EXIT_PROBLEM;
}

static int run(run_t *r)
{
    return talk_with_running_host(r, ask);
}

static const usage_t USAGES[] = {{.words = "[--json]", .run = run}};
static const flag_t FLAGS[] = {FLAG_JSON};
static const example_t EXAMPLES[] = {
    {"health", "of the host on ./data"},
    {"health --url https://tenon.example.com", "of another one, by its address"},
};

const command_t COMMAND_HEALTH = {
    .name = "health",
    .group = GROUP_HOST,
    .summary = "Says whether the running host is ready",
    .detail = "Exit status 0: it is. Never starts a host of its own.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_HOST,
};
