/* SPDX-License-Identifier: MIT */
/* A question from one loop to another and its one answer. The struct is embedded in a larger one that carries
 * what is asked and answered; asker and answerer take turns owning it, so nothing needs a lock. The asker may
 * lose interest (exchange_cancel): then the answer comes to nobody. */
#ifndef TENON_BASE_EXCHANGE_H
#define TENON_BASE_EXCHANGE_H

#include "base/loop.h"

typedef struct exchange exchange_t;
struct exchange {
    loop_message_t message;
    loop_t *asker;
    void (*work)(exchange_t *e);   /* in the answerer's loop; must lead to one exchange_answer, now or later */
    void (*answer)(exchange_t *e); /* in the asker's loop, unless cancelled */
    void (*release)(exchange_t *e); /* in the asker's loop, always, last */
    bool cancelled;                /* the asker's own */
};

/* From the asker's loop. work, answer and release are set. */
void exchange_ask(exchange_t *e, loop_t *answerer);
/* From the answerer's loop. */
void exchange_answer(exchange_t *e);
/* From the asker's loop, before the answer came. */
void exchange_cancel(exchange_t *e);

#endif
