/* SPDX-License-Identifier: MIT */
/* Private to the catalogue: making snapshots (catalogue.h has their reading). */
#ifndef TENON_DEFINITION_CATALOGUE_SNAPSHOT_H
#define TENON_DEFINITION_CATALOGUE_SNAPSHOT_H

#include "definition/catalogue/catalogue.h"

/* With one reference and room for so many. Not shared before snapshot_seal. */
snapshot_t *snapshot_new(uint64_t number, size_t connectors_max, size_t faults_max);
/* Takes a reference of its own. */
void snapshot_add(snapshot_t *s, const connector_t *c);
/* Copies the strings, takes a reference to the diagnostics. */
void snapshot_add_fault(snapshot_t *s, const catalogue_fault_t *fault);
/* Sorts; nothing is added afterwards. */
void snapshot_seal(snapshot_t *s);

#endif
