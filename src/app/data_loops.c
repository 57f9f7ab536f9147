/* SPDX-License-Identifier: MIT */
#include "app/data_loops.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

typedef struct data_loop {
    data_loops_t *all;
    const api_options_t *api;
    http_server_t *server;
    worker_t *worker;
    pthread_t thread;
    bool running;
} data_loop_t;

struct data_loops {
    data_loop_t *list;
    unsigned count;
    atomic_uint undrained; /* counted down by the loops */
    int drained_fd;
};

static void on_request(void *context, http_request_t *request)
{
    data_loop_t *loop = context;
    api_handle(loop->api, loop->worker, request);
}

/* All are made before any runs, since listeners of the manager and the catalogue come before
 * changes. */
data_loops_t *data_loops_new(unsigned count, const http_options_t *http,
                             const worker_options_t *worker, const api_options_t *api, err_t *err)
{
    data_loops_t *d = mem_new(data_loops_t);
    d->list = mem_array(count, sizeof *d->list);
    http_options_t options = *http;
    options.on_request = on_request;
    options.connections_max = (http->connections_max + count - 1) / count;
    for (; d->count < count; d->count++) {
        data_loop_t *loop = &d->list[d->count];
        loop->all = d;
        loop->api = api;
        options.context = loop;
        loop->server = http_server_new(&options);
        loop->worker = worker_new(loop->server, worker, err);
        if (!loop->worker) {
            http_server_free(loop->server);
            data_loops_free(d);
            return NULL;
        }
    }
    return d;
}

static void *run(void *context)
{
    http_server_run(((data_loop_t *)context)->server);
    return NULL;
}

bool data_loops_run(data_loops_t *d, err_t *err)
{
    for (unsigned i = 0; i < d->count; i++) {
        data_loop_t *loop = &d->list[i];
        char name[16];
        if (pthread_create(&loop->thread, NULL, run, loop) != 0) {
            return err_set(err, ERR_configuration, "there is no thread for serving");
        }
        loop->running = true;
        snprintf(name, sizeof name, "tenon-data-%u", i % 100);
        pthread_setname_np(loop->thread, name);
    }
    return true;
}

void data_loops_count(const data_loops_t *d, unsigned *connections, unsigned *requests)
{
    *connections = *requests = 0;
    for (unsigned i = 0; i < d->count; i++) {
        *connections += http_server_connections(d->list[i].server);
        *requests += http_server_in_flight(d->list[i].server);
    }
}

void data_loops_fill_round(const data_loops_t *d, round_t *r)
{
    for (unsigned i = 0; i < d->count; i++) {
        round_add(r, worker_loop(d->list[i].worker));
    }
}

/* --- draining --- */

static void on_drained(void *context)
{
    data_loops_t *d = ((data_loop_t *)context)->all;
    bool last = atomic_fetch_sub(&d->undrained, 1) == 1;
    const uint64_t one = 1;
    while (last && write(d->drained_fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

void data_loops_drain(data_loops_t *d, int drained_fd)
{
    d->drained_fd = drained_fd;
    atomic_store(&d->undrained, d->count);
    for (unsigned i = 0; i < d->count; i++) {
        http_server_drain(d->list[i].server, on_drained, &d->list[i]);
    }
}

/* --- the end --- */

void data_loops_stop(data_loops_t *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        if (d->list[i].running) {
            http_server_stop(d->list[i].server);
        }
    }
    for (unsigned i = 0; i < d->count; i++) {
        if (d->list[i].running) {
            pthread_join(d->list[i].thread, NULL);
        }
        d->list[i].running = false;
    }
}

void data_loops_free(data_loops_t *d)
{
    if (!d) {
        return;
    }
    for (unsigned i = 0; i < d->count; i++) {
        if (d->list[i].worker) { /* what was still posted to it gives back its memory */
            loop_turn(worker_loop(d->list[i].worker), 0);
        }
        worker_free(d->list[i].worker);
        http_server_free(d->list[i].server);
    }
    free(d->list);
    free(d);
}
