/* SPDX-License-Identifier: MIT */
/* `tenon events`: what happened lately, or what happens. */
#include <stdio.h>
#include <unistd.h>

#include "app/output.h"
#include "app/talk.h"
#include "codec/form.h"
#include "codec/json.h"

enum { URL_MAX = 16 * 1024, LINE_MAX = 64 * 1024, WHAT_MAX = 16 * 1024 };
static const unsigned AGAIN_S = 1;

/* --- what is asked for --- */

static str_t path_in(const run_t *r, str_t after)
{
    static const char *const NAMES[] = {"connection", "type", "limit"};
    buf_t url;
    buf_t query;
    buf_init(&url, URL_MAX);
    buf_init(&query, URL_MAX);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        str_t value = args_value(r->args, NAMES[i]);
        if (value.p) {
            form_write_pair(&query, str_of(NAMES[i]), value);
        }
    }
    if (after.n) {
        form_write_pair(&query, STR("after"), after);
    }
    buf_lit(&url, query.n ? "/v1/events?" : "/v1/events");
    buf_str(&url, buf_view(&query));
    str_t kept = arena_str(r->arena, buf_view(&url));
    buf_fini(&query);
    buf_fini(&url);
    return kept;
}

/* --- what is printed --- */

static tone_t tone_of(str_t type, const json_t *data)
{
    str_t state = json_member(data, "state");
    bool bad = str_ends(type, STR(".failed")) || str_ends(type, STR(".refused")) ||
               str_is(type, "upstream.opened") || str_ends(type, STR(".dropped"));
    return state.p ? tone_of_state(state) : bad ? TONE_BAD : TONE_PLAIN;
}

/* Everything but the connection, which has a column of its own. */
static str_t what_in(arena_t *arena, const json_t *data)
{
    buf_t text;
    const char *name;
    json_t *value;
    buf_init(&text, WHAT_MAX);
    json_object_foreach((json_t *)(uintptr_t)data, name, value)
    {
        if (str_is(str_of(name), "connection")) {
            continue;
        }
        buf_printf(&text, "%s%s=", text.n ? " " : "", name);
        str_t plain = json_view(value);
        if (plain.p && !memchr(plain.p, ' ', plain.n)) {
            buf_str(&text, plain);
        } else {
            json_write(&text, value);
        }
    }
    str_t kept = arena_str(arena, buf_view(&text));
    buf_fini(&text);
    return kept;
}

static void print_list(const run_t *r, const json_t *list)
{
    static const char *const headings[] = {"TIME", "EVENT", "CONNECTION", "WHAT"};
    table_t t;
    table_init(&t, r->arena, headings, 4);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const json_t *data = json_object_get(one, "data");
        str_t type = json_member(one, "type");
        str_t connection = json_member(data, "connection");
        table_add(&t, second_in(r->arena, json_member(one, "timestamp")), TONE_PLAIN);
        table_add(&t, type, tone_of(type, data));
        table_add(&t, connection.n ? connection : STR("-"), TONE_PLAIN);
        table_add(&t, what_in(r->arena, data), TONE_PLAIN);
    }
    table_print(&t, r->colour);
}

static int list(run_t *r, client_t *c, err_t *err)
{
    json_t *page = NULL;
    if (client_ask(c, "GET", path_in(r, STR_NONE), NULL, &page, err) && r->json) {
        print_json(json_object_get(page, "events"));
    } else if (page) {
        print_list(r, json_object_get(page, "events"));
    }
    json_decref(page);
    return EXIT_OK;
}

/* --- as it comes --- */

typedef struct following {
    run_t *run;
    buf_t line;
    char last_id[32];
    bool is_open;
} following_t;

static void print_event(const following_t *f, str_t text)
{
    err_t ignored = ERR_INIT;
    json_t *one = json_read(text, NULL, &ignored);
    const json_t *data = json_object_get(one, "data");
    str_t type = json_member(one, "type");
    str_t connection = json_member(data, "connection");
    arena_t *arena = arena_new(0);
    print_text(second_in(arena, json_member(one, "timestamp")), TONE_PLAIN, false);
    fputs("  ", stdout);
    print_text(type, tone_of(type, data), f->run->colour);
    printf("%*s", type.n < 26 ? (int)(26 - type.n) : 1, "");
    print_text(connection.n ? connection : STR("-"), TONE_STRONG, f->run->colour);
    fputs("  ", stdout);
    print_text(what_in(arena, data), TONE_PLAIN, false);
    fputs("\n", stdout);
    arena_free(arena);
    json_decref(one);
}

/* A line of the stream (HTML 9.2.6), of which there are but these. */
static void take_line(following_t *f, str_t line)
{
    if (str_starts(line, STR("id: "))) {
        (void)snprintf(f->last_id, sizeof f->last_id, "%.*s", STR_ARG(str_slice(line, 4, line.n)));
    } else if (str_is(line, "event: gap")) {
        fputs("Some events are missing here: they are not kept any more.\n", stderr);
    } else if (str_starts(line, STR("data: {\"id\"")) && f->run->json) {
        print_bytes(str_slice(line, 6, line.n));
        fputs("\n", stdout);
    } else if (str_starts(line, STR("data: {\"id\""))) {
        print_event(f, str_slice(line, 6, line.n));
    }
}

static bool on_bytes(void *context, str_t bytes)
{
    following_t *f = context;
    f->is_open = true;
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] != '\n') {
            buf_char(&f->line, bytes.p[i]);
            continue;
        }
        take_line(f, buf_view(&f->line));
        buf_clear(&f->line);
    }
    return fflush(stdout) == 0; /* whoever reads it may have gone */
}

static bool follow_once(following_t *f, client_t *c, err_t *err)
{
    message_header_t headers[] = {{STR("Accept"), STR("text/event-stream")},
                                  {STR("Last-Event-ID"), str_of(f->last_id)}};
    const upstream_request_t request = {.method = STR("GET"),
                                        .url = path_in(f->run, STR_NONE),
                                        .headers = headers,
                                        .header_count = f->last_id[0] ? 2 : 1};
    buf_clear(&f->line);
    return client_stream(c, &request, on_bytes, f, err);
}

/* Over restarts of the host, without a gap; ended by whoever began it. */
static int follow(run_t *r, client_t *c, err_t *err)
{
    following_t f = {.run = r};
    buf_init(&f.line, LINE_MAX);
    while (true) {
        err_t trouble = ERR_INIT;
        bool ended = follow_once(&f, c, &trouble);
        bool is_over = !ended && (trouble.code != ERR_host_unreachable || !f.is_open);
        if (is_over || ferror(stdout)) {
            *err = trouble;
            break;
        }
        err_fini(&trouble);
        sleep(AGAIN_S);
    }
    buf_fini(&f.line);
    return EXIT_PROBLEM;
}

static int run(run_t *r)
{
    return args_has(r->args, "follow") ? talk_with_running_host(r, follow)
                                       : talk_with_host(r, list);
}

/* --- the command --- */

static const usage_t USAGES[] = {
    {.words = "[--follow] [--connection NAME] [--type TYPE] [--limit N] [--json]", .run = run}};
static const flag_t FLAGS[] = {
    {"follow", NULL, "Go on with what happens, until it is broken off; over restarts of the host.",
     NULL},
    {"connection", "NAME", "Only what is about this connection.", NULL},
    {"type", "TYPE", "Only these, separated by commas; `token.*` is all of a group.", NULL},
    {"limit", "N", "At most so many of the latest; 100 where it is not said.", NULL},
    FLAG_JSON,
};
static const example_t EXAMPLES[] = {
    {"events --connection acme", "what happened to it lately"},
    {"events --follow", "what happens"},
    {"events --follow --type call.*", "every call, as it is answered"},
    {"events --follow --json", "the same for a script: one JSON object a line"},
};

const command_t COMMAND_EVENTS = {
    .name = "events",
    .group = GROUP_HOST,
    .summary = "Tells what happened lately, and what happens",
    .detail = "docs/EVENTS.md names every event.",
    USAGES_OF(USAGES),
    FLAGS_OF(FLAGS),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_HOST,
};
