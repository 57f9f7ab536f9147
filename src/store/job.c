/* SPDX-License-Identifier: MIT */
#include "store/job.h"

#include <stdlib.h>

#include "base/mem.h"

enum { ARENA_BYTES = 1024 }; /* names and few changes; what is larger gets its own block */

static job_t *job_new(job_kind_t kind)
{
    job_t *job = mem_new(job_t);
    job->kind = kind;
    job->arena = arena_new(ARENA_BYTES);
    job->rows.arena = job->arena;
    return job;
}

job_t *job_new_read(job_kind_t kind, const store_range_t *range)
{
    job_t *job = job_new(kind);
    job->range = (store_range_t){
        .kind = arena_str(job->arena, range->kind),
        .prefix = arena_str(job->arena, range->prefix),
        .after = arena_str(job->arena, range->after),
        .limit = range->limit,
    };
    return job;
}

static store_record_t copy_record(arena_t *arena, const store_record_t *record)
{
    store_record_t copy = *record;
    copy.kind = arena_str(arena, record->kind);
    copy.id = arena_str(arena, record->id);
    copy.plain = arena_str(arena, record->plain);
    copy.sealed = arena_str(arena, record->sealed);
    return copy;
}

job_t *job_new_write(const store_change_t *changes, size_t count)
{
    job_t *job = job_new(JOB_WRITE);
    store_change_t *copies = arena_array_of(job->arena, store_change_t, count);
    for (size_t i = 0; i < count; i++) {
        copies[i] = changes[i];
        copies[i].record = copy_record(job->arena, &changes[i].record);
        copies[i].was = arena_str(job->arena, changes[i].was);
    }
    job->batch.changes = copies;
    job->batch.count = count;
    return job;
}

void job_free(job_t *job)
{
    free(job->rows.records);
    arena_free(job->arena);
    free(job);
}

void store_rows_add(store_rows_t *rows, const store_record_t *record)
{
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity ? rows->capacity * 2 : 1;
        rows->records = mem_resize(rows->records, rows->capacity * sizeof *rows->records);
    }
    rows->records[rows->count++] = copy_record(rows->arena, record);
}

void job_tell(const job_t *job)
{
    store_result_t result = {
        .conflict = job->batch.conflict,
        .err = job->batch.err,
    };
    result.ok = !result.conflict && !err_is_set(&result.err);
    if (result.ok) {
        result.records = job->rows.records;
        result.count = job->rows.count;
    }
    if (job->on_done) {
        job->on_done(job->context, &result);
    }
}
