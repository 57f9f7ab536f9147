/* SPDX-License-Identifier: MIT */
/* Where a sealed record of the store belongs, which its seal binds: one table, so that whatever seals records anew (reseal.c)
 * knows every kind. Pure. */
#ifndef TENON_CONNECTION_SEALED_PLACE_H
#define TENON_CONNECTION_SEALED_PLACE_H

#include "seal/keyring.h"
#include "store/store.h"

/* Of the record's kind, id and generation; borrowed from it. */
seal_place_t sealed_place(const store_record_t *record);
/* False of kinds that stand under the master key: data keys and handovers. */
bool sealed_by_data_key(const store_record_t *record);

#endif
