/* SPDX-License-Identifier: MIT */
#include "app/config.h"

enum { SECRET_BYTES_MAX = 64 * 1024 };
static const int64_t KIB = 1024;
static const int64_t MINUTE_MS = 60 * 1000;
static const int64_t HOUR_MS = 60 * 60 * 1000;

/* --- values --- */

static void *place_of(config_t *c, const option_t *option)
{
    return (char *)c + option->offset;
}

static bool set_secret(config_t *c, const option_t *option, str_t value, err_t *err)
{
    config_secret_t *secret = place_of(c, option);
    buf_clear(&secret->text);
    buf_str(&secret->text, value);
    secret->given = true;
    return buf_ok(&secret->text) || err_set(err, ERR_configuration, "the secret is too long");
}

static bool set_choice(config_t *c, const option_t *option, str_t value, err_t *err)
{
    for (int64_t i = 0; option->choices[i]; i++) {
        if (str_is(value, option->choices[i])) {
            *(int64_t *)place_of(c, option) = i;
            return true;
        }
    }
    buf_t names;
    buf_init(&names, 256);
    for (size_t i = 0; option->choices[i]; i++) {
        buf_printf(&names, "%s%s", i ? ", " : "", option->choices[i]);
    }
    (void)err_set(err, ERR_configuration, "expected one of %s", buf_c(&names));
    buf_fini(&names);
    return false;
}

static bool count_read(str_t text, int64_t *count)
{
    return str_to_i64(text, count);
}

typedef struct number_kind {
    bool (*read)(str_t text, int64_t *out);
    const char *expected, *unit;
} number_kind_t;

static bool set_number(config_t *c, const option_t *option, str_t value, err_t *err)
{
    static const number_kind_t kinds[] = {
        [OPTION_COUNT] = {count_read, "a whole number", ""},
        [OPTION_BYTES] = {bytes_read, "a size such as 64KiB or 16MiB", " bytes"},
        [OPTION_DURATION] = {duration_read, "a duration such as 500ms, 30s or 5m", " ms"},
    };
    const number_kind_t *kind = &kinds[option->kind];
    int64_t number;
    if (!kind->read(value, &number)) {
        return err_set(err, ERR_configuration, "expected %s", kind->expected);
    }
    if (number < option->least || number > option->most) {
        return err_set(err, ERR_configuration, "must be between %lld and %lld%s",
                       (long long)option->least, (long long)option->most, kind->unit);
    }
    *(int64_t *)place_of(c, option) = number;
    return true;
}

static bool set_text(config_t *c, const option_t *option, str_t value, err_t *err)
{
    if (memchr(value.p, '\0', value.n)) {
        return err_set(err, ERR_configuration, "holds a zero byte");
    }
    *(str_t *)place_of(c, option) = arena_str(c->arena, value);
    return true;
}

bool config_set(config_t *c, const option_t *option, str_t value, err_t *err)
{
    switch (option->kind) {
    case OPTION_TEXT:
    case OPTION_LIST:
        return set_text(c, option, value, err);
    case OPTION_SECRET:
        return set_secret(c, option, value, err);
    case OPTION_COUNT:
    case OPTION_BYTES:
    case OPTION_DURATION:
        return set_number(c, option, value, err);
    case OPTION_CHOICE:
        return set_choice(c, option, value, err);
    }
    return false;
}

void config_init(config_t *c, arena_t *arena)
{
    *c = (config_t){.arena = arena};
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        const option_t *option = &OPTIONS[i];
        err_t err = ERR_INIT;
        if (option->kind == OPTION_SECRET) {
            config_secret_t *secret = place_of(c, option);
            buf_init_wiping(&secret->text, SECRET_BYTES_MAX);
        } else if (option->fallback) {
            bool ok = config_set(c, option, str_of(option->fallback), &err);
            (void)ok; /* a test tries every default */
        }
    }
}

void config_forget_keys(config_t *c)
{
    buf_fini(&c->master_key.text);
    buf_fini(&c->admin_key.text);
    buf_init_wiping(&c->master_key.text, 1);
    buf_init_wiping(&c->admin_key.text, 1);
}

void config_fini(config_t *c)
{
    for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
        if (OPTIONS[i].kind == OPTION_SECRET) {
            config_secret_t *secret = place_of(c, &OPTIONS[i]);
            buf_fini(&secret->text);
            secret->given = false;
        }
    }
}

/* --- numbers with units --- */

typedef struct unit {
    const char *name;
    int64_t factor;
} unit_t;

static bool read_with_unit(str_t text, const unit_t *units, size_t count, int64_t *out)
{
    size_t digits = 0;
    while (digits < text.n && ascii_is_digit(text.p[digits])) {
        digits++;
    }
    int64_t number;
    str_t name = str_slice(text, digits, text.n);
    for (size_t i = 0; i < count; i++) {
        if (str_is(name, units[i].name) && str_to_i64(str_slice(text, 0, digits), &number)) {
            return !__builtin_mul_overflow(number, units[i].factor, out);
        }
    }
    return false;
}

bool duration_read(str_t text, int64_t *ms)
{
    const unit_t units[] = {
        {"ms", 1}, {"s", 1000}, {"m", MINUTE_MS}, {"h", HOUR_MS}, {"d", 24 * HOUR_MS}};
    return read_with_unit(text, units, sizeof units / sizeof *units, ms);
}

bool bytes_read(str_t text, int64_t *bytes)
{
    const unit_t units[] = {{"", 1}, {"KiB", KIB}, {"MiB", KIB * KIB}, {"GiB", KIB * KIB * KIB}};
    return read_with_unit(text, units, sizeof units / sizeof *units, bytes);
}
