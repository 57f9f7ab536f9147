/* SPDX-License-Identifier: MIT */
/* Private to the catalogue: loading many files on all cores. */
#ifndef TENON_DEFINITION_CATALOGUE_LOAD_JOBS_H
#define TENON_DEFINITION_CATALOGUE_LOAD_JOBS_H

#include "definition/catalogue/files.h"

typedef enum {
    LOAD_FAILED,        /* diagnostics tell why */
    LOAD_SUCCEEDED,     /* to a new connector */
    LOAD_AS_IN_SERVICE, /* the bytes of the connector in service */
    LOAD_AS_FAILED      /* the bytes that failed before */
} load_outcome_t;

typedef struct load_job {
    const entry_t *entry; /* only read */
    unsigned news;        /* of the entry, when the job was made */
    load_outcome_t outcome;
    bool unsteady; /* the file changed meanwhile: the outcome is none */
    file_identity_t identity;
    digest_t digest; /* unknown where the file could not be read */
    connector_t *connector;
    json_t *diagnostics;
    err_t first; /* the first diagnostic that is no advice */
} load_job_t;

/* Runs them all, with the calling thread and as many others as there are cores for. */
void load_jobs_run(load_job_t *jobs, size_t count, const load_options_t *options);

#endif
