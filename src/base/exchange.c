/* SPDX-License-Identifier: MIT */
#include "base/exchange.h"

#include <stddef.h>

static void run_work(loop_message_t *m)
{
    exchange_t *e = STRUCT_OF(m, exchange_t, message);
    e->work(e);
}

static void run_answer(loop_message_t *m)
{
    exchange_t *e = STRUCT_OF(m, exchange_t, message);
    if (!e->cancelled) {
        e->answer(e);
    }
    e->release(e);
}

void exchange_ask(exchange_t *e, loop_t *answerer)
{
    e->asker = loop_current();
    e->message.run = run_work;
    loop_post(answerer, &e->message);
}

void exchange_answer(exchange_t *e)
{
    e->message.run = run_answer;
    loop_post(e->asker, &e->message);
}

void exchange_cancel(exchange_t *e)
{
    e->cancelled = true;
}
