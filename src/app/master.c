/* SPDX-License-Identifier: MIT */
#include "app/master.h"

#include "app/program.h"
#include "seal/keyring.h"
#include "seal/private_file.h"

#define WRAPPED_FILE "master.key.wrapped"
enum { PRINTED_MAX = 4096, WRAPPED_MAX = 16 * 1024, KEY_TEXT_MAX = 256, WORDS_MAX = 32 };
static const int64_t PROGRAM_MS = 15 * 1000;

/* --- a program that prints it --- */

static secret_t *print(const config_t *c, err_t *err)
{
    const char *const words[] = {c->master_key_program.p, NULL};
    const program_t program = {.words = words, .inherits = true, .timeout_ms = PROGRAM_MS};
    buf_t printed;
    buf_init_wiping(&printed, PRINTED_MAX);
    secret_t *key = NULL;
    if (program_run(&program, &printed, err)) {
        key = master_key_load(buf_view(&printed), STR_NONE, c->data, false, err);
    }
    buf_fini(&printed);
    return key;
}

/* --- the hook --- */

/* The words of the configuration, then what is to be done. */
static bool hook(const config_t *c, const char *verb, str_t input, buf_t *output, err_t *err)
{
    const char *words[WORDS_MAX + 2] = {NULL};
    str_t rest = c->master_key_hook;
    size_t n = 0;
    while (rest.p && n < WORDS_MAX) {
        words[n++] = arena_str(c->arena, str_trim(str_cut(&rest, ','))).p;
    }
    words[n] = verb;
    if (words[0][0] != '/') {
        return err_set(err, ERR_configuration,
                       "master_key_hook: name the program by its whole path, not `%s`", words[0]);
    }
    const program_t program = {.words = words, .input = input, .timeout_ms = PROGRAM_MS};
    err_t why = ERR_INIT;
    return program_run(&program, output, &why) ||
           err_set(err, ERR_configuration, "the master key's hook: %s (%s)", why.text, verb);
}

static secret_t *unwrap(const config_t *c, str_t wrapped, err_t *err)
{
    buf_t text;
    buf_init_wiping(&text, KEY_TEXT_MAX);
    secret_t *key = NULL;
    if (hook(c, "unwrap", wrapped, &text, err)) {
        key = text.n == MASTER_KEY_BYTES ? secret_new(buf_view(&text))
                                         : master_key_read(buf_view(&text));
        if (!key) {
            (void)err_set(err, ERR_master_key_invalid,
                          "the master key's hook unwraps to something that is no master key");
        }
    }
    buf_fini(&text);
    return key;
}

/* As 64 hexadecimal digits. What does not come back as it went would lock everybody out at the next start. */
static bool wrap(const config_t *c, const secret_t *key, buf_t *wrapped, err_t *err)
{
    buf_t text;
    buf_init_wiping(&text, KEY_TEXT_MAX);
    master_key_write(key, &text);
    bool ok = hook(c, "wrap", buf_view(&text), wrapped, err);
    buf_fini(&text);
    if (!ok) {
        return false;
    }
    if (wrapped->n == 0) {
        return err_set(err, ERR_configuration, "the master key's hook wraps to nothing");
    }
    secret_t *back = unwrap(c, buf_view(wrapped), err);
    bool same = back && secret_equal(back, key);
    secret_unref(back);
    return same || err_set(err, ERR_master_key_invalid,
                           "the master key's hook does not unwrap what it wrapped");
}

static secret_t *make_wrapped(const config_t *c, err_t *err)
{
    buf_t wrapped;
    secret_t *key = master_key_draw();
    buf_init(&wrapped, WRAPPED_MAX);
    bool ok = wrap(c, key, &wrapped, err) &&
              private_file_make(c->data.p, WRAPPED_FILE, buf_view(&wrapped), err);
    buf_fini(&wrapped);
    if (!ok) {
        secret_unref(key);
        key = NULL;
    }
    return key;
}

static secret_t *load_wrapped(const config_t *c, bool may_make, err_t *err)
{
    bool missing = false;
    buf_t wrapped;
    secret_t *key = NULL;
    const char *path = arena_printf(c->arena, "%.*s/" WRAPPED_FILE, STR_ARG(c->data)).p;
    buf_init(&wrapped, WRAPPED_MAX);
    if (private_file_read(path, &wrapped, &missing, err)) {
        key = unwrap(c, buf_view(&wrapped), err);
    } else if (missing && may_make) {
        key = make_wrapped(c, err);
    } else if (missing) {
        (void)err_set(
            err, ERR_configuration,
            "%s is missing, but the folder holds a store: put it back, or bring the store "
            "under the hook (tenon keyring rewrap)",
            path);
    }
    buf_fini(&wrapped);
    return key;
}

/* --- whichever it is --- */

secret_t *master_load(const config_t *c, bool may_make, err_t *err)
{
    if (c->master_key_program.p) {
        return print(c, err);
    }
    if (c->master_key_hook.p) {
        return load_wrapped(c, may_make, err);
    }
    str_t value = c->master_key.given ? buf_view(&c->master_key.text) : STR_NONE;
    return master_key_load(value, c->master_key_file, c->data, may_make, err);
}

secret_t *master_read_file(str_t path, err_t *err)
{
    return master_key_load(STR_NONE, path, STR_NONE, false, err);
}

const char *master_file(const config_t *c)
{
    if (c->master_key_hook.p) {
        return WRAPPED_FILE;
    }
    bool elsewhere = c->master_key.given || c->master_key_file.p || c->master_key_program.p;
    return elsewhere ? NULL : MASTER_KEY_FILE;
}

bool master_draft(const config_t *c, const secret_t *key, err_t *err)
{
    buf_t bytes;
    buf_init_wiping(&bytes, WRAPPED_MAX);
    bool ok = true;
    if (c->master_key_hook.p) {
        ok = wrap(c, key, &bytes, err);
    } else {
        master_key_write(key, &bytes);
        buf_char(&bytes, '\n');
    }
    ok = ok && private_file_draft(c->data.p, master_file(c), buf_view(&bytes), err);
    buf_fini(&bytes);
    return ok;
}

bool master_put_draft(const config_t *c, err_t *err)
{
    return private_file_put_draft(c->data.p, master_file(c), err);
}
