/* SPDX-License-Identifier: MIT */
#include "codec/archive.h"

#include <zip.h>

static bool fail(err_t *err, const char *why)
{
    return err_set(err, ERR_archive_unreadable, "the archive cannot be read: %s", why);
}

/* The bytes stay the caller's. */
static zip_t *open_bytes(str_t bytes, err_t *err)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes.p, bytes.n, 0, &error);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    if (!zip) {
        fail(err, zip_error_strerror(&error));
        if (source) {
            zip_source_free(source);
        }
    }
    zip_error_fini(&error);
    return zip;
}

/* One byte more than is told would be a bomb, or a broken archive. */
static bool unpack(zip_file_t *file, char *to, size_t size)
{
    char beyond;
    size_t done = 0;
    while (done < size) {
        zip_int64_t n = zip_fread(file, to + done, size - done);
        if (n <= 0) {
            return false;
        }
        done += (size_t)n;
    }
    return zip_fread(file, &beyond, 1) == 0;
}

static bool read_member(arena_t *arena, zip_t *zip, zip_uint64_t at, size_t size,
                        archive_member_t *out, err_t *err)
{
    zip_file_t *file = zip_fopen_index(zip, at, 0);
    if (!file) {
        return fail(err, zip_strerror(zip));
    }
    char *bytes = arena_alloc(arena, size);
    bool ok = unpack(file, bytes, size);
    zip_fclose(file);
    out->bytes = str_at(bytes, size);
    return ok || fail(err, "a member is not as long as it says, or broken");
}

static bool is_folder(str_t name)
{
    return str_ends(name, STR("/"));
}

static bool take_member(arena_t *arena, zip_t *zip, zip_uint64_t at, bool (*wanted)(str_t name),
                        archive_t *out, size_t *budget, err_t *err)
{
    zip_stat_t told;
    zip_stat_init(&told);
    if (zip_stat_index(zip, at, 0, &told) != 0 || !(told.valid & ZIP_STAT_SIZE) || !told.name) {
        return fail(err, "a member does not tell its name or size");
    }
    str_t name = str_of(told.name);
    if (is_folder(name) || !wanted(name)) {
        return true;
    }
    if (told.size > ARCHIVE_MEMBER_BYTES_MAX || told.size > *budget) {
        return fail(err, "it unpacks to too much");
    }
    *budget -= (size_t)told.size;
    archive_member_t *member = &out->members[out->count++];
    member->name = arena_str(arena, name);
    return read_member(arena, zip, at, (size_t)told.size, member, err);
}

bool archive_read_in(arena_t *arena, str_t bytes, bool (*wanted)(str_t name), size_t *budget,
                     archive_t *out, err_t *err)
{
    zip_t *zip = open_bytes(bytes, err);
    if (!zip) {
        return false;
    }
    zip_int64_t count = zip_get_num_entries(zip, 0);
    bool ok = count <= ARCHIVE_MEMBERS_MAX || fail(err, "it has too many members");
    *out = (archive_t){.members = arena_array_of(arena, archive_member_t, ok ? (size_t)count : 0)};
    for (zip_int64_t at = 0; ok && at < count; at++) {
        ok = take_member(arena, zip, (zip_uint64_t)at, wanted, out, budget, err);
    }
    zip_discard(zip);
    return ok;
}
