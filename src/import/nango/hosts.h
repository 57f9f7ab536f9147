/* SPDX-License-Identifier: MIT */
/* The hosts that URLs of Nango may name. */
#ifndef TENON_IMPORT_NANGO_HOSTS_H
#define TENON_IMPORT_NANGO_HOSTS_H

#include "import/nango/provider.h"

void hosts_add(provider_t *p, str_t host);
/* One for each of the field's choices, between these; false where it has none. */
bool hosts_add_choices(provider_t *p, str_t before, const json_t *field, str_t behind);
/* An authority that holds a value of the connection: choices, one label before a known end, or anything. */
void hosts_add_variable(provider_t *p, str_t authority);

#endif
