/* SPDX-License-Identifier: MIT */
/* Faults for tests that put functions of their own before the C library's: the n-th call of some
 * kinds fails, once or from then on, for every n until the scenario passes. */
#ifndef TENON_TESTS_UNIT_FAULTS_H
#define TENON_TESTS_UNIT_FAULTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>

/* One way to fail. */
typedef struct fault_row {
    const char *name;
    int kinds; /* bits, what they mean is the test's */
    int code;  /* errno */
    bool lasting;
    int at_least; /* that many calls there must have been to fail */
} fault_row_t;

static struct {
    atomic_int kinds, code;
    atomic_int countdown; /* to the fault; 0: none */
    atomic_bool lasting;
    atomic_uint struck; /* how often */
} fault;

static inline void fault_arm(const fault_row_t *row, int n)
{
    atomic_store(&fault.countdown, 0);
    atomic_store(&fault.kinds, row->kinds);
    atomic_store(&fault.code, row->code);
    atomic_store(&fault.lasting, row->lasting);
    atomic_store(&fault.struck, 0);
    atomic_store(&fault.countdown, n);
}

static inline void fault_disarm(void)
{
    atomic_store(&fault.countdown, 0);
}

/* To be asked by each function that may fail; true: it does, and errno says how. */
static inline bool fault_strikes(int kind)
{
    if (!(atomic_load(&fault.kinds) & kind) || atomic_load(&fault.countdown) <= 0 ||
        atomic_fetch_sub(&fault.countdown, 1) != 1) {
        return false;
    }
    if (atomic_load(&fault.lasting)) {
        atomic_store(&fault.countdown, 1);
    }
    atomic_fetch_add(&fault.struck, 1);
    errno = atomic_load(&fault.code);
    return true;
}

/* run arms the fault, plays the scenario and answers whether it was struck. */
static inline void fault_each(const fault_row_t *rows, size_t count,
                              bool (*run)(const fault_row_t *row, int n))
{
    enum { CALLS_MAX = 2000 };
    for (size_t i = 0; i < count; i++) {
        int n = 1;
        while (n < CALLS_MAX && run(&rows[i], n)) {
            n++;
        }
        if (n <= rows[i].at_least || n == CALLS_MAX) {
            fail_msg("%s: %d faults", rows[i].name, n - 1);
        }
    }
}

#endif
