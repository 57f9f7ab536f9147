/* SPDX-License-Identifier: MIT */
#include "audit/refusals.h"

bool refusals_admit(refusals_t *r, audit_what_t what, err_code_t code)
{
    if (atomic_load(&r->told[what]) < AUDIT_REFUSALS_A_MINUTE &&
        atomic_fetch_add(&r->told[what], 1) < AUDIT_REFUSALS_A_MINUTE) {
        return true;
    }
    atomic_store(&r->code[what], (int)code);
    atomic_fetch_add(&r->more[what], 1);
    return false;
}

unsigned refusals_take(refusals_t *r, audit_what_t what, err_code_t *code)
{
    *code = (err_code_t)atomic_load(&r->code[what]);
    atomic_store(&r->told[what], 0);
    return atomic_exchange(&r->more[what], 0);
}
