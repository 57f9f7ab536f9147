/* SPDX-License-Identifier: MIT */
#include "connection/answers.h"

#include "base/secret.h"

static size_t bytes_of(const upstream_answer_t *answer)
{
    size_t n = answer->body.n;
    for (size_t i = 0; i < answer->header_count; i++) {
        n += answer->headers[i].name.n + answer->headers[i].value.n;
    }
    return n;
}

static void wipe(void *text)
{
    str_t *s = text;
    secret_wipe((char *)(uintptr_t)s->p, s->n);
}

static str_t copy_wiping(arena_t *arena, str_t text)
{
    str_t *copy = arena_new_of(arena, str_t);
    *copy = arena_str(arena, text);
    arena_on_free(arena, wipe, copy);
    return *copy;
}

/* Header values, too: cookies are as good as tokens. */
static upstream_answer_t copy_answer(const upstream_answer_t *answer, arena_t *arena)
{
    message_header_t *headers = arena_array_of(arena, message_header_t, answer->header_count);
    for (size_t i = 0; i < answer->header_count; i++) {
        headers[i] = (message_header_t){arena_str(arena, answer->headers[i].name),
                                        copy_wiping(arena, answer->headers[i].value)};
    }
    return (upstream_answer_t){answer->status, headers, answer->header_count,
                               copy_wiping(arena, answer->body)};
}

bool answers_add(answers_t *a, const upstream_answer_t *answer, arena_t *arena)
{
    size_t bytes = bytes_of(answer);
    for (size_t i = 0; i < a->count; i++) {
        bytes += bytes_of(&a->list[i]);
    }
    if (a->count == GRANT_REQUESTS_MAX || bytes > ANSWERS_BYTES_MAX) {
        return false;
    }
    a->list[a->count++] = copy_answer(answer, arena);
    return true;
}

void answers_copy(answers_t *a, const answers_t *from, arena_t *arena)
{
    *a = (answers_t){.sent_at_ms = from->sent_at_ms};
    for (size_t i = 0; i < from->count; i++) {
        a->list[a->count++] = copy_answer(&from->list[i], arena);
    }
}
