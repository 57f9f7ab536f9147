/* SPDX-License-Identifier: MIT */
#include "codec/archive.h"

#include <stdlib.h>
#include <zip.h>

static const zip_uint16_t NO_DATE = 1 << 5 | 1; /* 1980-01-01, the first that zip knows */

static bool fail(err_t *err, const char *why)
{
    return err_set(err, ERR_archive_unwritable, "the archive cannot be written: %s", why);
}

/* Whoever unpacks it writes below a folder of theirs: names go down from there. */
static bool stays_below(str_t name)
{
    bool plain = name.n > 0 && str_index(name, '\\') == SIZE_MAX &&
                 str_index(name, ':') == SIZE_MAX && str_index(name, '\0') == SIZE_MAX;
    for (str_t rest = name; plain && rest.p;) {
        str_t part = str_cut(&rest, '/');
        plain = part.n > 0 && !str_is(part, ".") && !str_is(part, "..");
    }
    return plain;
}

static bool all_stay_below(const archive_member_t *members, size_t count)
{
    bool below = true;
    for (size_t i = 0; below && i < count; i++) {
        below = stays_below(members[i].name);
    }
    return below;
}

static bool add_member(zip_t *zip, const archive_member_t *member)
{
    zip_source_t *bytes = zip_source_buffer(zip, member->bytes.p, member->bytes.n, 0);
    char *name = str_dup(member->name);
    zip_int64_t at = bytes ? zip_file_add(zip, name, bytes, ZIP_FL_ENC_UTF_8) : -1;
    free(name);
    if (at < 0 && bytes) {
        zip_source_free(bytes);
    }
    return at >= 0 && zip_file_set_dostime(zip, (zip_uint64_t)at, 0, NO_DATE, 0) == 0;
}

static bool add_all(zip_t *zip, const archive_member_t *members, size_t count)
{
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = add_member(zip, &members[i]);
    }
    return ok;
}

/* What has been written stays in the source. */
static bool copy(zip_source_t *source, buf_t *to)
{
    zip_stat_t told;
    zip_stat_init(&told);
    if (zip_source_stat(source, &told) != 0 || zip_source_open(source) != 0) {
        return false;
    }
    bool ok = buf_reserve(to, told.size) &&
              zip_source_read(source, to->p + to->n, told.size) == (zip_int64_t)told.size;
    to->n += ok ? told.size : 0;
    zip_source_close(source);
    return ok;
}

bool archive_write(buf_t *to, const archive_member_t *members, size_t count, err_t *err)
{
    zip_error_t error;
    if (!all_stay_below(members, count)) {
        return fail(err, "a name leads out of its folder");
    }
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_TRUNCATE, &error) : NULL;
    bool ok = zip || fail(err, zip_error_strerror(&error));
    zip_error_fini(&error);
    if (!zip) {
        zip_source_free(source);
        return ok;
    }
    zip_source_keep(source); /* closing takes the archive's own reference */
    ok = add_all(zip, members, count) && zip_close(zip) == 0;
    if (!ok) {
        fail(err, zip_strerror(zip));
        zip_discard(zip);
    }
    ok = ok && (copy(source, to) || fail(err, "it is too large"));
    zip_source_free(source);
    return ok;
}
