/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/secret.h"

enum { CAPACITY_LEAST = 64 };

void buf_init(buf_t *b, size_t ceiling_bytes)
{
    /* One byte behind the ceiling belongs to the NUL; half the address space is more than there is.
     */
    *b = (buf_t){.ceiling = ceiling_bytes < SIZE_MAX / 2 ? ceiling_bytes : SIZE_MAX / 2};
}

void buf_init_wiping(buf_t *b, size_t ceiling_bytes)
{
    buf_init(b, ceiling_bytes);
    b->wiping = true;
}

void buf_fini(buf_t *b)
{
    if (b->wiping && b->p) {
        secret_wipe(b->p, b->capacity);
    }
    free(b->p);
    *b = (buf_t){.ceiling = 0};
}

void buf_clear(buf_t *b)
{
    if (b->wiping && b->p) {
        secret_wipe(b->p, b->capacity);
    }
    b->n = 0;
    b->overflown = false;
}

/* realloc would leave a copy of a secret behind. */
static void resize_wiping(buf_t *b, size_t capacity)
{
    char *p = mem_alloc(capacity);
    if (b->p) {
        memcpy(p, b->p, b->n);
        secret_wipe(b->p, b->capacity);
        free(b->p);
    }
    b->p = p;
}

static void grow(buf_t *b, size_t least)
{
    size_t capacity = b->capacity < CAPACITY_LEAST / 2 ? CAPACITY_LEAST : b->capacity * 2;
    if (capacity > b->ceiling + 1) {
        capacity = b->ceiling + 1;
    }
    if (capacity < least) {
        capacity = least;
    }
    if (b->wiping) {
        resize_wiping(b, capacity);
    } else {
        b->p = mem_resize(b->p, capacity);
    }
    b->capacity = capacity;
}

/* Keeps one byte more than asked for, so that a NUL always has its place. */
bool buf_reserve(buf_t *b, size_t n)
{
    if (b->overflown || n > b->ceiling - b->n) {
        b->overflown = true;
        return false;
    }
    if (b->n + n + 1 > b->capacity) {
        grow(b, b->n + n + 1);
    }
    return true;
}

void buf_add(buf_t *b, const void *p, size_t n)
{
    if (n && buf_reserve(b, n)) {
        memcpy(b->p + b->n, p, n);
        b->n += n;
    }
}

void buf_str(buf_t *b, str_t s)
{
    buf_add(b, s.p, s.n);
}

void buf_lit(buf_t *b, const char *c)
{
    buf_add(b, c, strlen(c));
}

void buf_char(buf_t *b, char c)
{
    if (buf_reserve(b, 1)) {
        b->p[b->n++] = c;
    }
}

void buf_printf(buf_t *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length > 0 && buf_reserve(b, (size_t)length)) {
        (void)vsnprintf(b->p + b->n, (size_t)length + 1, format, again);
        b->n += (size_t)length;
    }
    va_end(again);
    va_end(args);
}

void buf_i64(buf_t *b, int64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) {
        digits[--at] = '-';
    }
    buf_add(b, digits + at, sizeof digits - at);
}

bool buf_ok(const buf_t *b)
{
    return !b->overflown;
}

str_t buf_view(const buf_t *b)
{
    return b->p ? str_at(b->p, b->n) : STR("");
}

const char *buf_c(buf_t *b)
{
    if (!b->p) {
        return "";
    }
    b->p[b->n] = '\0';
    return b->p;
}

char *buf_take(buf_t *b, size_t *n)
{
    char *taken = b->p ? b->p : mem_alloc(1);
    taken[b->n] = '\0';
    if (n) {
        *n = b->n;
    }
    b->p = NULL;
    b->n = 0;
    b->capacity = 0;
    return taken;
}
