/* SPDX-License-Identifier: MIT */
/* The live stream of events (server-sent events, HTML 9.2): first what lies behind the last one
 * that the client has, then each as it comes. What the client does not take yet waits as references
 * to events that all share; a client that falls too far behind is cut off, and comes back with the
 * id of the last one it has. */
#include <stdlib.h>

#include "api/console_sessions.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "base/mem.h"

enum {
    HEARTBEAT_MS = 15 * 1000, /* what stands between may take a silent connection for a dead one */
    WAITING_MAX = 16 * 1024,
    PIECE_MAX = 16 * 1024 /* one event with its frame */
};

typedef struct stream {
    http_request_t *request;
    caller_key_t *caller;
    console_sessions_t *sessions;
    browser_digest_t session; /* that it was begun by */
    bool by_session;
    event_listener_t *listener;
    loop_timer_t heartbeat;
    event_t **waiting; /* a queue: references */
    size_t first, count, room;
    bool is_told; /* what it asked for has come, however much that is */
} stream_t;

static void end(stream_t *s, void (*finish)(http_request_t *request))
{
    http_request_watch_client(s->request, NULL, NULL);
    http_stream_on_writable(s->request, NULL, NULL);
    loop_timer_clear(&s->heartbeat);
    events_leave(s->listener);
    finish(s->request);
    for (size_t i = 0; i < s->count; i++) {
        event_unref(s->waiting[s->first + i]);
    }
    caller_key_unref(s->caller);
    free(s->waiting);
    free(s);
}

static void on_gone(void *context)
{
    end(context, http_stream_abort);
}

static void on_end(void *context)
{
    end(context, http_stream_end);
}

/* --- writing --- */

static size_t write_event(const stream_t *s, const event_t *e)
{
    buf_t piece;
    buf_init(&piece, PIECE_MAX);
    buf_printf(&piece, "id: %s\nevent: %s\ndata: ", e->id_text, EVENT_INFO[e->kind].name);
    event_write(&piece, e, caller_key_told(s->caller));
    buf_lit(&piece, "\n\n");
    size_t pending = http_stream_write(s->request, buf_view(&piece));
    buf_fini(&piece);
    return pending;
}

/* Whoever is told nothing at first knows all the same where to go on. */
static void write_position(stream_t *s, uint64_t id)
{
    char text[EVENT_ID_DIGITS + 16] = "id: ";
    event_id_write(text + 4, id);
    memcpy(text + 4 + EVENT_ID_DIGITS, "\n\n", 3);
    http_stream_write(s->request, str_of(text));
}

/* As much as the connection takes. */
static void pump(stream_t *s)
{
    size_t pending = 0;
    while (s->count && pending <= HTTP_STREAM_HIGH) {
        event_t *e = s->waiting[s->first++];
        s->count--;
        pending = write_event(s, e);
        event_unref(e);
    }
    if (!s->count) {
        s->first = 0;
    }
}

static void on_writable(void *context)
{
    pump(context);
}

static void make_room(stream_t *s, size_t more)
{
    if (s->first + s->count + more <= s->room) {
        return;
    }
    event_t **moved = mem_array(s->count + more, 2 * sizeof *moved);
    for (size_t i = 0; i < s->count; i++) {
        moved[i] = s->waiting[s->first + i];
    }
    free(s->waiting);
    s->waiting = moved;
    s->room = 2 * (s->count + more);
    s->first = 0;
}

static bool may_go_on(const stream_t *s)
{
    console_session_t session;
    bool expired = s->caller->expires_wall_ms && clock_wall_ms() >= s->caller->expires_wall_ms;
    return !expired && (!s->by_session || console_session_find(s->sessions, &s->session,
                                                               clock_boot_ms(), false, &session));
}

static void on_page(void *context, const event_page_t *page)
{
    stream_t *s = context;
    if (!may_go_on(
            s)) { /* the next heartbeat would be late: nothing is told to who was signed out */
        end(s, http_stream_end);
        return;
    }
    if (page->missed) {
        http_stream_write(s->request, STR("event: gap\ndata: {\"missed\":true}\n\n"));
    }
    if (s->is_told && s->count + page->count > WAITING_MAX) {
        end(s, http_stream_abort);
        return;
    }
    if (page->begun_at && !page->count) {
        write_position(s, page->begun_at);
    }
    s->is_told = true;
    make_room(s, page->count);
    bool is_blocked = s->count > 0;
    for (size_t i = 0; i < page->count; i++) {
        s->waiting[s->first + s->count++] = event_ref(page->list[i]);
    }
    if (!is_blocked) {
        pump(s);
    }
}

static void on_heartbeat(void *context)
{
    stream_t *s = context;
    if (!may_go_on(s)) {
        end(s, http_stream_end);
        return;
    }
    if (!s->count) {
        http_stream_write(s->request, STR(":\n\n"));
    }
    loop_timer_set(&s->heartbeat, clock_boot_ms() + HEARTBEAT_MS);
}

/* --- beginning --- */

static void begin(stream_t *s)
{
    const http_header_t headers[] = {{STR("content-type"), STR("text/event-stream")},
                                     {STR("cache-control"), STR("no-store")},
                                     {STR("x-content-type-options"), STR("nosniff")},
                                     {STR("x-accel-buffering"), STR("no")}};
    http_stream_begin(s->request, 200, headers, sizeof headers / sizeof *headers, -1);
    http_stream_on_writable(s->request, on_writable, s);
    http_request_watch_client(s->request, on_gone, s);
    http_stream_write(s->request, STR(":\n\n"));
    loop_timer_set(&s->heartbeat, clock_boot_ms() + HEARTBEAT_MS);
}

void event_stream_begin(resource_t *r, event_query_t *query)
{
    static const event_sink_t SINK = {.on_page = on_page, .on_end = on_end};
    err_t err = ERR_INIT;
    stream_t *s = mem_new(stream_t);
    s->listener =
        events_listen(manager_events(worker_options(r->worker)->manager), query, &SINK, s, &err);
    if (!s->listener) {
        free(s);
        resource_fail(r, &err);
        return;
    }
    s->caller = caller_key_ref(r->caller);
    s->sessions = r->api->sessions;
    s->session = r->session;
    s->by_session = r->csrf != NULL;
    loop_timer_init(&s->heartbeat, worker_loop(r->worker), on_heartbeat, s);
    s->request = resource_take_request(r);
    begin(s);
}
