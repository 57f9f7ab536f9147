/* SPDX-License-Identifier: MIT */
/* What the kernel says about this process (proc(5)), as every Prometheus client tells it. */
#ifndef TENON_METRICS_PROCESS_H
#define TENON_METRICS_PROCESS_H

#include "metrics/exposition.h"

/* Adds the process_… families; what cannot be read is left out. Reads files: not on a loop that
 * serves. */
void process_expose(exposition_t *e);

#endif
