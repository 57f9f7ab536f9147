/* SPDX-License-Identifier: MIT */
/* `tenon serve`: runs a host until a signal ends it. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/command.h"
#include "app/host.h"
#include "app/notify.h"
#include "app/process.h"
#include "base/clock.h"
#include "base/log.h"

/* What the main thread waits for: signals, and word from the host's threads. */
typedef enum { FROM_SIGNALS, FROM_RELOAD, FROM_BEAT, FROM_DRAIN, FROM_COUNT } from_t;
typedef enum {
    EVENT_TIME,
    EVENT_END,
    EVENT_RELOAD,
    EVENT_RELOADED,
    EVENT_ALIVE,
    EVENT_DRAINED
} event_t;

typedef struct service {
    const run_t *run;
    host_t *host;
    int fds[FROM_COUNT];
    notify_t notify;
    round_t reload; /* behind what was loaded */
    round_t beat;
    int64_t beat_at_ms; /* INT64_MAX: nobody watches */
    int64_t look_at_ms; /* INT64_MAX: there is nothing to look after */
    bool reloading;
    bool reload_again; /* asked for while one was under way */
    bool draining;
} service_t;

/* --- events --- */

/* Before any thread is made, so that all inherit the blocked signals. */
static bool open_events(service_t *s, err_t *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    bool ok = true;
    for (from_t i = 0; i < FROM_COUNT; i++) {
        s->fds[i] = i == FROM_SIGNALS ? signalfd(-1, &set, SFD_CLOEXEC) : eventfd(0, EFD_CLOEXEC);
        ok = ok && s->fds[i] >= 0;
    }
    return ok || err_set(err, ERR_configuration, "signals cannot be waited for");
}

static event_t read_signal(int fd)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != (ssize_t)sizeof info) {
        return EVENT_END;
    }
    return info.ssi_signo == SIGHUP ? EVENT_RELOAD : EVENT_END;
}

static event_t read_event(const service_t *s, from_t from)
{
    static const event_t events[FROM_COUNT] = {
        [FROM_RELOAD] = EVENT_RELOADED, [FROM_BEAT] = EVENT_ALIVE, [FROM_DRAIN] = EVENT_DRAINED};
    uint64_t times;
    if (from == FROM_SIGNALS) {
        return read_signal(s->fds[from]);
    }
    (void)!read(s->fds[from], &times, sizeof times);
    return events[from];
}

/* until_ms: clock_boot_ms, or INT64_MAX. */
static event_t next_event(const service_t *s, int64_t until_ms)
{
    struct pollfd fds[FROM_COUNT];
    for (from_t i = 0; i < FROM_COUNT; i++) {
        fds[i] = (struct pollfd){.fd = s->fds[i], .events = POLLIN};
    }
    for (;;) {
        int64_t left = until_ms == INT64_MAX ? -1 : until_ms - clock_boot_ms();
        if (until_ms != INT64_MAX && left <= 0) {
            return EVENT_TIME;
        }
        if (poll(fds, FROM_COUNT, left > 60000 ? 60000 : (int)left) <= 0) {
            continue;
        }
        for (from_t i = 0; i < FROM_COUNT; i++) {
            if (fds[i].revents) {
                return read_event(s, i);
            }
        }
    }
}

/* --- what the service manager is told --- */

static void tell(const service_t *s, const char *state)
{
    char status[256];
    host_describe(s->host, status, sizeof status);
    notify_send(&s->notify, "%s\nSTATUS=%s", state, status);
}

/* Only where all loops come round in time is the host alive. */
static void beat(service_t *s)
{
    round_start(&s->beat);
    s->beat_at_ms = clock_boot_ms() + s->notify.watchdog_ms / 2;
}

static void begin_reload(service_t *s)
{
    if (s->draining || s->reloading) {
        s->reload_again = true;
        return;
    }
    s->reloading = true;
    s->reload_again = false;
    log_event(LOG_INFO, "host.reloading");
    notify_send(&s->notify, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)notify_monotonic_us());
    host_reload(s->host, &s->reload);
}

static void end_reload(service_t *s)
{
    s->reloading = false;
    if (s->draining) {
        return;
    }
    tell(s, "READY=1");
    if (s->reload_again) {
        begin_reload(s);
    }
}

static void do_what_is_due(service_t *s)
{
    int64_t now_ms = clock_boot_ms();
    if (now_ms >= s->beat_at_ms) {
        beat(s);
    }
    if (now_ms >= s->look_at_ms) {
        host_look(s->host);
        s->look_at_ms = now_ms + HOST_LOOK_MS;
    }
}

/* Answers what ends a wait: EVENT_TIME, EVENT_END or EVENT_DRAINED. */
static event_t serve_until(service_t *s, int64_t until_ms)
{
    for (;;) {
        int64_t due_ms = s->beat_at_ms < s->look_at_ms ? s->beat_at_ms : s->look_at_ms;
        event_t event = next_event(s, until_ms < due_ms ? until_ms : due_ms);
        switch (event) {
        case EVENT_RELOAD:
            begin_reload(s);
            break;
        case EVENT_RELOADED:
            end_reload(s);
            break;
        case EVENT_ALIVE:
            notify_send(&s->notify, "WATCHDOG=1");
            break;
        case EVENT_TIME:
            if (clock_boot_ms() >= until_ms) {
                return event;
            }
            do_what_is_due(s);
            break;
        case EVENT_END:
        case EVENT_DRAINED:
            return event;
        }
    }
}

/* --- the life of a host --- */

static void begin(service_t *s)
{
    host_fill_round(s->host, &s->reload);
    host_fill_round(s->host, &s->beat);
    if (!host_tell_setup(s->host) && !host_has_keys(s->host)) {
        log_event(LOG_WARN, "host.no_key", LOG_S("make_one", STR("tenon key add --admin")),
                  LOG_S("data", s->run->config->data));
    }
    tell(s, "READY=1");
    if (s->notify.watchdog_ms) {
        beat(s);
    }
    if (s->run->config->tls_cert.p) {
        s->look_at_ms = clock_boot_ms() + HOST_LOOK_MS;
    }
}

/* True where nothing is in flight any more. */
static bool drain(service_t *s)
{
    int64_t at_most_ms = s->run->config->drain_timeout_ms;
    log_event(LOG_INFO, "host.draining", LOG_I("at_most_ms", at_most_ms));
    s->draining = true;
    s->look_at_ms = INT64_MAX;
    notify_send(&s->notify, "STOPPING=1\nSTATUS=Finishing what is in flight");
    host_drain(s->host, s->fds[FROM_DRAIN]);
    return serve_until(s, clock_boot_ms() + at_most_ms) == EVENT_DRAINED;
}

static int serve(service_t *s)
{
    err_t err = ERR_INIT;
    s->host = host_start(s->run->config, NULL, false, &err);
    if (!s->host) {
        return command_fail(&err);
    }
    begin(s);
    (void)serve_until(s, INT64_MAX);
    bool drained = drain(s);
    host_stop(s->host, drained);
    log_event(LOG_INFO, "host.stopped", LOG_B("drained", drained));
    notify_close(&s->notify);
    if (!drained) {
        _exit(EXIT_OK); /* memory of calls in flight is left as it is */
    }
    return EXIT_OK;
}

static int run(run_t *r)
{
    err_t err = ERR_INIT;
    service_t s = {.run = r, .beat_at_ms = INT64_MAX, .look_at_ms = INT64_MAX};
    process_raise_files();
    log_configure((log_level_t)r->config->log_level, r->config->log_format != 0);
    if (!open_events(&s, &err)) {
        return command_fail(&err);
    }
    notify_open(&s.notify);
    round_init(&s.reload, s.fds[FROM_RELOAD]);
    round_init(&s.beat, s.fds[FROM_BEAT]);
    return serve(&s);
}

static const usage_t USAGES[] = {{.words = "[OPTION]...", .run = run}};
static const example_t EXAMPLES[] = {
    {"serve", "on http://127.0.0.1:8480, with ./connectors and ./data"},
    {"serve --connectors my-connectors --data my-data", "with other folders"},
    {"serve --listen :443 --tls-cert cert.pem --tls-key key.pem --public-url "
     "https://tenon.example.com",
     "for other machines"},
    {"serve --config /etc/tenon.yaml", "with its options in a file"},
};

const command_t COMMAND_SERVE = {
    .name = "serve",
    .group = GROUP_HOST,
    .summary = "Runs the host",
    .detail = "It serves until SIGTERM or SIGINT, which let what is in flight finish; a second "
              "signal ends it at once. A definition that is saved is live "
              "at once; SIGHUP reads all of them again, and the TLS certificate.\n"
              "Each option may stand in the configuration file and in the environment, too.",
    USAGES_OF(USAGES),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_ALL,
};
