/* SPDX-License-Identifier: MIT */
/* Changes told to every loop, and acknowledged by them. */
#include <stdlib.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "connection/manager_internal.h"

typedef struct news {
    struct news *next, **at;
    manager_t *manager; /* NULL: it has ended, and only memory is left to give back */
    change_kind_t kind;
    char *id;
    unsigned missing; /* listeners that have not taken note yet */
    then_t *then;
    void *context;
} news_t;

typedef struct news_copy {
    exchange_t exchange;
    news_t *news;
    listener_t listener;
} news_copy_t;

static void free_news(news_t *news)
{
    free(news->id);
    free(news);
}

/* Whoever waited for it goes on. */
static void end_news(news_t *news)
{
    const err_t none = ERR_INIT;
    *news->at = news->next;
    if (news->next) {
        news->next->at = news->at;
    }
    if (news->then) {
        news->then(news->context, &none);
    }
}

static void noted(exchange_t *e)
{
    news_t *news = STRUCT_OF(e, news_copy_t, exchange)->news;
    if (--news->missing == 0) {
        if (news->manager) {
            end_news(news);
        }
        free_news(news);
    }
}

static void free_copy(exchange_t *e)
{
    free(STRUCT_OF(e, news_copy_t, exchange));
}

static void take_note(exchange_t *e)
{
    news_copy_t *copy = STRUCT_OF(e, news_copy_t, exchange);
    if (copy->news->manager) {
        copy->listener.on_change(copy->listener.context, copy->news->kind, str_of(copy->news->id));
        exchange_answer(e);
        return;
    }
    /* A loop that turns once more after its thread and the manager have ended. */
    if (--copy->news->missing == 0) {
        free_news(copy->news);
    }
    free_copy(e);
}

void manager_abandon_news(manager_t *m)
{
    while (m->news) {
        news_t *news = m->news;
        end_news(news);
        news->manager = NULL;
    }
}

static void enlist(manager_t *m, news_t *news)
{
    news->next = m->news;
    news->at = &m->news;
    if (news->next) {
        news->next->at = &news->next;
    }
    m->news = news;
}

void manager_tell(manager_t *m, change_kind_t kind, str_t id, then_t *then, void *context)
{
    news_t *news = mem_new(news_t);
    *news =
        (news_t){.manager = m, .kind = kind, .id = str_dup(id), .then = then, .context = context};
    enlist(m, news);
    pthread_mutex_lock(&m->listener_lock);
    news->missing = m->listener_count;
    for (unsigned i = 0; i < m->listener_count; i++) {
        news_copy_t *copy = mem_new(news_copy_t);
        copy->news = news;
        copy->listener = m->listeners[i];
        copy->exchange = (exchange_t){.work = take_note, .answer = noted, .release = free_copy};
        exchange_ask(&copy->exchange, copy->listener.loop);
    }
    bool nobody = m->listener_count == 0;
    pthread_mutex_unlock(&m->listener_lock);
    if (nobody) {
        end_news(news);
        free_news(news);
    }
}

void manager_listen(manager_t *m, loop_t *loop, manager_on_change_t *on_change, void *context)
{
    pthread_mutex_lock(&m->listener_lock);
    if (m->listener_count < LISTENERS_MAX) {
        m->listeners[m->listener_count++] = (listener_t){loop, on_change, context};
    } else {
        fatal_abort("too many listeners of the control loop");
    }
    pthread_mutex_unlock(&m->listener_lock);
}
