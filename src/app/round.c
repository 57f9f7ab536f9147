/* SPDX-License-Identifier: MIT */
#include "app/round.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "base/fatal.h"

static void pass_on(loop_message_t *message)
{
    round_t *r = STRUCT_OF(message, round_t, message);
    if (r->at < r->count) {
        loop_post(r->loops[r->at++], message);
        return;
    }
    const uint64_t one = 1;
    int fd = r->back_fd;
    atomic_store(&r->under_way, false); /* whoever started it may start it again from here on */
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

void round_init(round_t *r, int back_fd)
{
    *r = (round_t){.message.run = pass_on, .back_fd = back_fd};
}

void round_add(round_t *r, loop_t *loop)
{
    if (r->count == ROUND_LOOPS_MAX) {
        fatal_abort("too many loops for a round");
    }
    r->loops[r->count++] = loop;
}

bool round_start(round_t *r)
{
    if (atomic_exchange(&r->under_way, true)) {
        return false;
    }
    r->at = 0;
    pass_on(&r->message);
    return true;
}
