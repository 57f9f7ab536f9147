/* SPDX-License-Identifier: MIT */
/* `tenon serve`: runs a host until a signal ends it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/command.h"
#include "app/host.h"
#include "app/process.h"
#include "base/clock.h"
#include "base/log.h"

/* What the main thread waits for. */
typedef struct watch {
    int signals, drained;
} watch_t;

typedef enum { EVENT_TIME, EVENT_END, EVENT_RELOAD, EVENT_DRAINED } event_t;

/* Before any thread is made, so that all inherit it. */
static bool open_watch(watch_t *w, err_t *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    w->signals = signalfd(-1, &set, SFD_CLOEXEC);
    w->drained = eventfd(0, EFD_CLOEXEC);
    return (w->signals >= 0 && w->drained >= 0) ||
           err_set(err, ERR_configuration, "signals cannot be waited for");
}

static event_t read_signal(const watch_t *w)
{
    struct signalfd_siginfo info;
    if (read(w->signals, &info, sizeof info) != (ssize_t)sizeof info) {
        return EVENT_END;
    }
    return info.ssi_signo == SIGHUP ? EVENT_RELOAD : EVENT_END;
}

/* until_ms: clock_boot_ms, or INT64_MAX. */
static event_t next_event(const watch_t *w, int64_t until_ms)
{
    struct pollfd fds[] = {{.fd = w->signals, .events = POLLIN},
                           {.fd = w->drained, .events = POLLIN}};
    for (;;) {
        int64_t left = until_ms == INT64_MAX ? -1 : until_ms - clock_boot_ms();
        if (until_ms != INT64_MAX && left <= 0) {
            return EVENT_TIME;
        }
        if (poll(fds, 2, left > 60000 ? 60000 : (int)left) <= 0) {
            continue;
        }
        return fds[0].revents ? read_signal(w) : EVENT_DRAINED;
    }
}

/* True where nothing is in flight any more. */
static bool drain(const run_t *r, host_t *h, const watch_t *w)
{
    log_event(LOG_INFO, "host.draining", LOG_I("at_most_ms", r->config->drain_timeout_ms));
    host_drain(h, w->drained);
    int64_t until_ms = clock_boot_ms() + r->config->drain_timeout_ms;
    event_t event = EVENT_RELOAD;
    while (event == EVENT_RELOAD) {
        event = next_event(w, until_ms);
    }
    return event == EVENT_DRAINED;
}

static void say_how_to_begin(const run_t *r, host_t *h)
{
    if (!host_has_keys(h)) {
        log_event(LOG_WARN, "host.no_key", LOG_S("make_one", STR("tenon key add --admin")),
                  LOG_S("data", r->config->data));
    }
}

static void run_until_end(const run_t *r, host_t *h, const watch_t *w)
{
    bool looks = r->config->tls_cert.p != NULL;
    for (;;) {
        switch (next_event(w, looks ? clock_boot_ms() + HOST_LOOK_MS : INT64_MAX)) {
        case EVENT_RELOAD:
            log_event(LOG_INFO, "host.reloading");
            host_reload(h);
            break;
        case EVENT_TIME:
            host_look(h);
            break;
        case EVENT_END:
        case EVENT_DRAINED:
            return;
        }
    }
}

static int serve(run_t *r, const watch_t *w)
{
    err_t err = ERR_INIT;
    host_t *h = host_start(r->config, NULL, false, &err);
    if (!h) {
        return command_fail(&err);
    }
    say_how_to_begin(r, h);
    run_until_end(r, h, w);
    bool drained = drain(r, h, w);
    host_stop(h, drained);
    log_event(LOG_INFO, "host.stopped", LOG_B("drained", drained));
    if (!drained) {
        _exit(EXIT_OK); /* memory of calls in flight is left as it is */
    }
    return EXIT_OK;
}

static int run(run_t *r)
{
    err_t err = ERR_INIT;
    watch_t w;
    process_raise_files();
    log_configure((log_level_t)r->config->log_level, r->config->log_format != 0);
    return open_watch(&w, &err) ? serve(r, &w) : command_fail(&err);
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
              "Each option may stand in the configuration file and in the environment, too: the "
              "name in brackets.",
    USAGES_OF(USAGES),
    EXAMPLES_OF(EXAMPLES),
    .shows = SHOWS_ALL,
};
