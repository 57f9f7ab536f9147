/* SPDX-License-Identifier: MIT */
#include "seal/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seal/armor.h"
#include "seal/hash.h"
#include "seal/must.h"

#define FILE_NAME "master.key"
#define FORMS "64 hexadecimal digits or the base64 of 32 bytes (openssl rand -hex 32)"
enum { HEX_DIGITS = 2 * MASTER_KEY_BYTES, FILE_BYTES_MAX = 256 };

static bool failed(err_t *err, const char *what, const char *path)
{
    int code = errno;
    const char *why = strerrordesc_np(code);
    return err_set(err, ERR_configuration, "%s %s: %s", what, path, why ? why : "unknown error");
}

/* --- From text --- */

static bool read_hex(str_t text, unsigned char key[MASTER_KEY_BYTES])
{
    char digits[HEX_DIGITS + 1];
    size_t n = 0;
    bool ok = text.n == HEX_DIGITS;
    for (size_t i = 0; ok && i < text.n; i++) {
        ok = ascii_hex_value(text.p[i]) >= 0; /* OpenSSL would take colons, too */
    }
    if (ok) {
        memcpy(digits, text.p, HEX_DIGITS);
        digits[HEX_DIGITS] = '\0';
        ok =
            OPENSSL_hexstr2buf_ex(key, MASTER_KEY_BYTES, &n, digits, '\0') && n == MASTER_KEY_BYTES;
        secret_wipe(digits, sizeof digits);
    }
    return ok;
}

static bool read_base64(str_t text, unsigned char key[MASTER_KEY_BYTES])
{
    buf_t bytes;
    buf_init_wiping(&bytes, MASTER_KEY_BYTES);
    bool ok = armor_read(&bytes, text) && bytes.n == MASTER_KEY_BYTES;
    if (ok) {
        memcpy(key, bytes.p, MASTER_KEY_BYTES);
    }
    buf_fini(&bytes);
    return ok;
}

static secret_t *key_of_text(str_t text)
{
    unsigned char key[MASTER_KEY_BYTES];
    text = str_trim(text);
    secret_t *secret = NULL;
    if (read_hex(text, key) || read_base64(text, key)) {
        secret = secret_new(str_at(key, sizeof key));
    }
    secret_wipe(key, sizeof key);
    return secret;
}

static secret_t *key_of_file_bytes(str_t bytes)
{
    if (bytes.n == MASTER_KEY_BYTES + 1 && bytes.p[MASTER_KEY_BYTES] == '\n') {
        bytes.n--;
    }
    return bytes.n == MASTER_KEY_BYTES ? secret_new(bytes) : key_of_text(bytes);
}

/* --- From a file --- */

/* A file of root's is as private as one of ours, since root reads everything. systemd hands over
 * credentials (LoadCredential=) like that: root's, with an access list for the service, which shows
 * as a right of root's group. */
static bool is_of_root(const struct stat *about)
{
    return about->st_uid == 0 && about->st_gid == 0 && (about->st_mode & 037) == 0;
}

/* The checks are made on what was opened, so that nothing can change between check and use. */
static bool is_private(int fd, const char *path, err_t *err)
{
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return failed(err, "cannot look at", path);
    }
    if (!S_ISREG(about.st_mode)) {
        return err_set(err, ERR_master_key_permissions, "%s is not a regular file", path);
    }
    if (is_of_root(&about) && geteuid() != 0) {
        return true;
    }
    if (about.st_uid != geteuid()) {
        return err_set(err, ERR_master_key_permissions, "%s belongs to another user: chown %u %s",
                       path, (unsigned)geteuid(), path);
    }
    if ((about.st_mode & 077) != 0) {
        return err_set(err, ERR_master_key_permissions, "%s can be read by others: chmod 600 %s",
                       path, path);
    }
    return true;
}

/* Answers the number of bytes, up to size; -1 with errno on failure. */
static ssize_t read_whole(int fd, char *to, size_t size)
{
    size_t n = 0;
    while (n < size) {
        ssize_t got = read(fd, to + n, size - n);
        if (got == 0) {
            break;
        }
        if (got > 0) {
            n += (size_t)got;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return (ssize_t)n;
}

static secret_t *read_key(int fd, const char *path, err_t *err)
{
    char bytes[FILE_BYTES_MAX];
    secret_t *secret = NULL;
    ssize_t n = read_whole(fd, bytes, sizeof bytes);
    if (n < 0) {
        (void)failed(err, "cannot read", path);
    } else if (!(secret = key_of_file_bytes(str_at(bytes, (size_t)n)))) {
        (void)err_set(err, ERR_master_key_invalid,
                      "%s holds no master key: expected 32 bytes, " FORMS, path);
    }
    secret_wipe(bytes, sizeof bytes);
    return secret;
}

/* *missing, where asked for, tells "no such file" from other faults, which then go unreported. */
static secret_t *load_file(const char *path, bool *missing, err_t *err)
{
    /* O_NONBLOCK: a FIFO in its place must not hold up the start. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        if (errno == ELOOP) {
            (void)err_set(err, ERR_master_key_permissions,
                          "%s is a symbolic link; name the file itself", path);
        } else if (missing && errno == ENOENT) {
            *missing = true;
        } else {
            (void)failed(err, "cannot open the master key", path);
        }
        return NULL;
    }
    secret_t *secret = is_private(fd, path, err) ? read_key(fd, path, err) : NULL;
    close(fd);
    return secret;
}

/* --- Made at first start --- */

static bool write_whole(int fd, const char *from, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, from, n);
        if (put >= 0) {
            from += put;
            n -= (size_t)put;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool write_new_key(int fd)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char key[MASTER_KEY_BYTES];
    char text[HEX_DIGITS + 1];
    random_bytes(key, sizeof key);
    for (size_t i = 0; i < sizeof key; i++) {
        text[2 * i] = digits[key[i] >> 4];
        text[2 * i + 1] = digits[key[i] & 0x0F];
    }
    text[HEX_DIGITS] = '\n';
    bool ok = write_whole(fd, text, sizeof text) && fsync(fd) == 0;
    secret_wipe(key, sizeof key);
    secret_wipe(text, sizeof text);
    return ok;
}

static void drop_draft(int folder, const char *draft)
{
    int why = errno;
    (void)unlinkat(folder, draft, 0);
    errno = why;
}

/* Written under another name and then linked, so that a crash leaves a whole master.key or none.
 * The link fails where there is one already: whoever was first wins, and its key is read. */
static bool make_in(int folder, const char *draft)
{
    int fd = openat(folder, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool ok = fchmod(fd, 0600) == 0 && write_new_key(fd);
    ok = close(fd) == 0 && ok;
    ok = ok && (linkat(folder, draft, folder, FILE_NAME, 0) == 0 || errno == EEXIST);
    drop_draft(folder, draft);
    return ok && fsync(folder) == 0;
}

static bool make_file(const char *folder_path, err_t *err)
{
    char draft[64];
    char unique[37];
    int folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return failed(err, "cannot open the data folder", folder_path);
    }
    random_uuid(unique);
    (void)snprintf(draft, sizeof draft, FILE_NAME ".%s", unique);
    bool ok = make_in(folder, draft) || failed(err, "cannot make " FILE_NAME " in", folder_path);
    close(folder);
    return ok;
}

static secret_t *load_or_make(const char *folder, bool may_make, err_t *err)
{
    char path[PATH_MAX];
    bool missing = false;
    int n = snprintf(path, sizeof path, "%s/" FILE_NAME, folder);
    if (n < 0 || (size_t)n >= sizeof path) {
        (void)err_set(err, ERR_configuration, "the data folder's path is too long");
        return NULL;
    }
    secret_t *secret = load_file(path, &missing, err);
    if (!missing) {
        return secret;
    }
    if (!may_make) {
        (void)err_set(
            err, ERR_configuration,
            "%s is missing, but the folder holds a store: put back the key that it was made with",
            path);
        return NULL;
    }
    return make_file(folder, err) ? load_file(path, NULL, err) : NULL;
}

/* --- Whichever was given --- */

static secret_t *load_value(str_t value, err_t *err)
{
    secret_t *secret = key_of_text(value);
    if (!secret) {
        (void)err_set(err, ERR_master_key_invalid,
                      "TENON_MASTER_KEY is no master key: expected " FORMS);
    }
    return secret;
}

secret_t *master_key_load(str_t value, str_t file, str_t data_folder, bool may_make, err_t *err)
{
    if (value.p) {
        return load_value(value, err);
    }
    char *path = str_dup(file.p ? file : data_folder);
    secret_t *secret = file.p ? load_file(path, NULL, err) : load_or_make(path, may_make, err);
    free(path);
    return secret;
}
