/* SPDX-License-Identifier: MIT */
#include "audit/chain.h"

#include "codec/base64.h"
#include "seal/hash.h"

enum { LINE_MAX = 64 * 1024, MAC_DIGITS = 2 * CHAIN_MAC_BYTES };

static const str_t BEGIN = STR_INIT("{\"seq\":");
static const str_t BEFORE_MAC = STR_INIT(",\"mac\":\"");
static const str_t END = STR_INIT("\"}");

static void mac_of(const unsigned char key[CHAIN_KEY_BYTES], const chain_link_t *before, str_t told,
                   unsigned char mac[HASH_BYTES_MAX])
{
    buf_t bytes;
    buf_init(&bytes, CHAIN_MAC_BYTES + LINE_MAX);
    buf_add(&bytes, before->mac, CHAIN_MAC_BYTES);
    buf_str(&bytes, told);
    hash_hmac(HASH_SHA256, str_at(key, CHAIN_KEY_BYTES), buf_view(&bytes), mac);
    buf_fini(&bytes);
}

void chain_append(const unsigned char key[CHAIN_KEY_BYTES], chain_link_t *last, str_t entry,
                  buf_t *to)
{
    unsigned char mac[HASH_BYTES_MAX];
    buf_t told;
    buf_init(&told, LINE_MAX);
    buf_str(&told, BEGIN);
    buf_printf(&told, "%llu,", (unsigned long long)last->seq + 1);
    buf_str(&told, str_slice(entry, 1, entry.n - 1));
    mac_of(key, last, buf_view(&told), mac);
    last->seq++;
    memcpy(last->mac, mac, sizeof last->mac);
    buf_str(to, buf_view(&told));
    buf_str(to, BEFORE_MAC);
    hex_write(to, str_at(mac, CHAIN_MAC_BYTES));
    buf_str(to, END);
    buf_char(to, '\n');
    buf_fini(&told);
}

/* In one spelling only, so that no byte of a line can be another. */
static bool read_mac(str_t digits, unsigned char mac[CHAIN_MAC_BYTES])
{
    buf_t bytes, again;
    buf_init(&bytes, CHAIN_MAC_BYTES);
    buf_init(&again, MAC_DIGITS);
    bool ok = hex_read(&bytes, digits) && buf_ok(&bytes) && bytes.n == CHAIN_MAC_BYTES;
    hex_write(&again, buf_view(&bytes));
    ok = ok && str_eq(buf_view(&again), digits);
    if (ok) {
        memcpy(mac, bytes.p, CHAIN_MAC_BYTES);
    }
    buf_fini(&bytes);
    buf_fini(&again);
    return ok;
}

bool chain_read(str_t line, chain_line_t *out)
{
    size_t behind = BEFORE_MAC.n + MAC_DIGITS + END.n;
    *out = (chain_line_t){.told = line};
    if (line.n < BEGIN.n + behind || line.n > LINE_MAX || !str_starts(line, BEGIN) ||
        !str_ends(line, END)) {
        return false;
    }
    out->told = str_slice(line, 0, line.n - behind);
    str_t rest = str_slice(line, out->told.n, line.n);
    str_t number = str_slice(out->told, BEGIN.n, out->told.n);
    return str_starts(rest, BEFORE_MAC) &&
           read_mac(str_slice(rest, BEFORE_MAC.n, rest.n - END.n), out->link.mac) &&
           str_to_u64(str_cut(&number, ','), &out->link.seq);
}

bool chain_follows(const unsigned char key[CHAIN_KEY_BYTES], const chain_link_t *before,
                   const chain_line_t *line)
{
    unsigned char mac[HASH_BYTES_MAX];
    mac_of(key, before, line->told, mac);
    return bytes_equal(str_at(mac, CHAIN_MAC_BYTES), str_at(line->link.mac, CHAIN_MAC_BYTES));
}
