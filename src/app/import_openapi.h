/* SPDX-License-Identifier: MIT */
#ifndef TENON_APP_IMPORT_OPENAPI_H
#define TENON_APP_IMPORT_OPENAPI_H

#include "app/command.h"

int import_openapi_files(run_t *r);

#endif
