/* SPDX-License-Identifier: MIT */
/* What was sealed, changed on its way. The input is edits of four bytes - which text, where (two
 * bytes), with what - behind a line that a record may have as its readable part. Whatever is
 * changed, in the bytes or in the place that they are bound to, is refused; what is not opens to
 * what it was. */
#include "base/secret.h"
#include "codec/json.h"
#include "connection/key_record.h"
#include "connection/record.h"
#include "fuzz.h"
#include "seal/envelope.h"
#include "seal/keyring.h"

static const char SECRETS[] = "{\"client_secret\":\"canary-of-a-secret\"}";
static const char LINK[] = "https://a.example/next?page=2";

enum { RECORD, ID, TYPE, FIELD, GENERATION, TEXT, PLACE, PARTS };

/* What can be changed, as it was and as it became. */
typedef struct part {
    char was[256], is[256];
    size_t n;
} part_t;

static keyring_t *ring;
static part_t parts[PARTS];

static void set_part(int which, str_t text)
{
    REQUIRE(text.n < sizeof parts[which].was);
    memcpy(parts[which].was, text.p, text.n);
    parts[which].n = text.n;
}

static const envelope_for_t USE = {STR_INIT("a secret of the host"), STR_INIT("next_link"),
                                   STR_INIT("connector\nconnection\nAction")};

static void seal(void)
{
    buf_t sealed;
    buf_t text;
    seal_place_t place = {STR("connection"), STR("acme"), STR("secrets"), 7};
    buf_init(&sealed, 1000);
    buf_init(&text, 1000);
    keyring_seal(ring, &place, str_of(SECRETS), &sealed);
    envelope_seal(&USE, str_of(LINK), &text);
    set_part(RECORD, buf_view(&sealed));
    set_part(ID, place.id);
    set_part(TYPE, place.type);
    set_part(FIELD, place.field);
    set_part(GENERATION, str_at("\7\0\0\0\0\0\0\0", 8));
    set_part(TEXT, buf_view(&text));
    set_part(PLACE, USE.place);
    buf_fini(&sealed);
    buf_fini(&text);
}

static void set_up(void)
{
    if (ring) {
        return;
    }
    keyring_entry_t entry;
    err_t err = ERR_INIT;
    secret_t *master = secret_new(STR("0123456789abcdef0123456789abcdef"));
    ring = keyring_open(master, NULL, 0, &err);
    REQUIRE(ring);
    keyring_add(ring, 1, &entry);
    secret_unref(master);
    seal();
}

static str_t now(int which)
{
    return str_at(parts[which].is, parts[which].n);
}

static bool is_changed(int which)
{
    return memcmp(parts[which].is, parts[which].was, parts[which].n) != 0;
}

/* In other than the alphabets of base64 and base64url, which are read alike. */
static bool is_respelt(int which)
{
    for (size_t i = 0; i < parts[which].n; i++) {
        char was = parts[which].was[i];
        char is = parts[which].is[i];
        bool alike = (was == '-' && is == '+') || (was == '_' && is == '/');
        if (was != is && !alike) {
            return true;
        }
    }
    return false;
}

static void check_record(void)
{
    buf_t plain;
    err_t err = ERR_INIT;
    seal_place_t place = {now(TYPE), now(ID), now(FIELD), 0};
    memcpy(&place.generation, parts[GENERATION].is, sizeof place.generation);
    buf_init_wiping(&plain, 1000);
    bool opened = keyring_unseal(ring, &place, now(RECORD), &plain, &err);
    bool changed = is_changed(RECORD) || is_changed(ID) || is_changed(TYPE) || is_changed(FIELD) ||
                   is_changed(GENERATION);
    REQUIRE(opened == !changed && (opened || err.code == ERR_store_record_corrupt));
    REQUIRE(opened ? str_is(buf_view(&plain), SECRETS) : plain.n == 0);
    buf_fini(&plain);
}

static void check_envelope(void)
{
    buf_t plain;
    envelope_for_t use = USE;
    use.place = now(PLACE);
    buf_init(&plain, 1000);
    bool opened = envelope_open(&use, now(TEXT), &plain);
    REQUIRE(opened == !(is_respelt(TEXT) || is_changed(PLACE)));
    REQUIRE(opened ? str_is(buf_view(&plain), LINK) : plain.n == 0);
    buf_fini(&plain);
    if (opened) { /* nor is a part of it anything */
        buf_init(&plain, 1000);
        REQUIRE(!envelope_open(&use, str_slice(now(TEXT), 1, now(TEXT).n), &plain));
        REQUIRE(!envelope_open(&use, str_slice(now(TEXT), 0, now(TEXT).n - 1), &plain));
        buf_fini(&plain);
    }
}

/* The readable part of a record is not sealed: whatever stands there, it can be read and shown. */
static void check_readable(str_t plain)
{
    err_t err = ERR_INIT;
    refusal_t refusal;
    store_record_t stored = {.kind = STR("connection"),
                             .id = now(ID),
                             .generation = 7,
                             .plain = plain,
                             .sealed = now(RECORD)};
    connection_record_t *record = connection_record_read(&stored, ring, &err);
    REQUIRE((record != NULL) == !err_is_set(&err));
    if (record) {
        connection_t *connection =
            connection_resolve(record, NULL, NULL); /* its connector is gone */
        json_t *shown =
            connection_show(record, connection, &(connection_circumstances_t){.pause = ERR_INIT});
        char *text = json_dumps(shown, 0);
        bool written = str_find(plain, STR("canary-of-a-secret"), 0) != SIZE_MAX;
        REQUIRE(!text || written || !strstr(text, "canary-of-a-secret"));
        connection_unref(connection);
        if (refusal_read(record->plain, &refusal)) {
            REQUIRE(str_is_utf8(str_of(refusal.why.text)));
        }
        free(text);
        json_decref(shown);
        connection_record_free(record);
    }
    caller_key_t *key = key_record_read(&stored);
    json_t *shown = key_record_show(&stored, 0);
    REQUIRE(!json_object_get(shown, "digest"));
    json_decref(shown);
    caller_key_unref(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    set_up();
    str_t edits = str_at(data, size);
    str_t plain = fuzz_line(&edits);
    for (int i = 0; i < PARTS; i++) {
        memcpy(parts[i].is, parts[i].was, sizeof parts[i].is);
    }
    for (; edits.p && edits.n >= 4; edits = str_slice(edits, 4, edits.n)) {
        part_t *part = &parts[(unsigned char)edits.p[0] % PARTS];
        size_t at = (unsigned char)edits.p[1] + 256u * (unsigned char)edits.p[2];
        part->is[at % part->n] = edits.p[3];
    }
    check_record();
    check_envelope();
    check_readable(plain);
    return 0;
}
