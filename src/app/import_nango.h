/* SPDX-License-Identifier: MIT */
#ifndef TENON_APP_IMPORT_NANGO_H
#define TENON_APP_IMPORT_NANGO_H

#include "app/command.h"

/* `import nango FILE... --out FOLDER [--report FILE]`: the exit status. */
int import_nango(run_t *r);

#endif
