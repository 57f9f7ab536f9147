/* SPDX-License-Identifier: MIT */
#include "connection/usage_book.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"

enum {
    MINUTE_MS = 60 * 1000,
    /* Names of connections have at most 63 bytes, of actions 80, ids of keys 15. */
    NAME_BYTES = 256,
    CELLS_MAX = 50000, /* of a page; beyond, a connection's calls are counted in one */
};

struct usage_book {
    usage_page_t *page; /* the present one */
    map_t *cells;       /* of the present page, by their three names */
    unsigned number;
    int64_t ends_boot_ms;      /* of the present page; 0: there was none */
    int64_t wall_less_boot_ms; /* as it was when the page began */
    usage_page_t *full;        /* earlier ones */
};

/* --- pages --- */

void usage_pages_free(usage_page_t *p)
{
    while (p) {
        usage_page_t *next = p->next;
        while (p->cells) {
            usage_cell_t *cell = p->cells;
            p->cells = cell->next;
            free(cell);
        }
        free(p);
        p = next;
    }
}

usage_book_t *usage_book_new(void)
{
    usage_book_t *b = mem_new(usage_book_t);
    b->cells = map_new();
    b->page = mem_new(usage_page_t);
    return b;
}

void usage_book_free(usage_book_t *b)
{
    if (b) {
        usage_pages_free(b->page);
        usage_pages_free(b->full);
        map_free(b->cells);
        free(b);
    }
}

static void turn_page(usage_book_t *b)
{
    if (b->page->cells) {
        b->page->next = b->full;
        b->full = b->page;
        b->page = mem_new(usage_page_t);
        map_free(b->cells);
        b->cells = map_new();
    }
    b->number++;
    b->ends_boot_ms = 0;
}

static void begin_page(usage_book_t *b, int64_t boot_ms)
{
    int64_t wall_ms = clock_wall_ms();
    b->page->minute = wall_ms / MINUTE_MS;
    b->wall_less_boot_ms = wall_ms - boot_ms;
    b->ends_boot_ms = boot_ms + MINUTE_MS - wall_ms % MINUTE_MS;
}

unsigned usage_book_page(usage_book_t *b, int64_t boot_ms)
{
    if (boot_ms >= b->ends_boot_ms) {
        turn_page(b);
        begin_page(b, boot_ms);
    }
    return b->number;
}

usage_page_t *usage_book_take(usage_book_t *b)
{
    turn_page(b);
    usage_page_t *taken = b->full;
    b->full = NULL;
    return taken;
}

/* --- cells --- */

static str_t copy(char **at, str_t s)
{
    char *to = *at;
    memcpy(to, s.p ? s.p : "", s.n);
    *at += s.n;
    return str_at(to, s.n);
}

static usage_cell_t *add_cell(usage_book_t *b, str_t name, const str_t names[3])
{
    usage_cell_t *cell = mem_alloc(sizeof *cell + names[0].n + names[1].n + names[2].n + 1);
    char *at = (char *)(cell + 1);
    cell->connection = copy(&at, names[0]);
    cell->action = copy(&at, names[1]);
    cell->key = copy(&at, names[2]);
    cell->next = b->page->cells;
    b->page->cells = cell;
    map_set(b->cells, name, cell);
    return cell;
}

/* The three names, told apart by a byte that is in none of them. */
static str_t cell_name(char to[NAME_BYTES], const str_t names[3])
{
    size_t n = 0;
    for (int i = 0; i < 3; i++) {
        size_t part = names[i].n < NAME_BYTES / 3 - 1 ? names[i].n : NAME_BYTES / 3 - 1;
        memcpy(to + n, names[i].p ? names[i].p : "", part);
        n += part;
        to[n++] = '\0';
    }
    return str_at(to, n);
}

usage_cell_t *usage_book_cell(usage_book_t *b, str_t connection, str_t action, str_t key)
{
    char bytes[NAME_BYTES];
    str_t names[3] = {connection, action, key};
    str_t name = cell_name(bytes, names);
    usage_cell_t *cell = map_get(b->cells, name);
    if (!cell && map_count(b->cells) >= CELLS_MAX) {
        names[1] = names[2] = STR(USAGE_OTHERS);
        name = cell_name(bytes, names);
        cell = map_get(b->cells, name);
    }
    return cell ? cell : add_cell(b, name, names);
}

void usage_book_note(const usage_book_t *b, usage_cell_t *cell, int64_t boot_ms)
{
    cell->last_wall_ms = boot_ms + b->wall_less_boot_ms;
}
