/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/crypto.h>
#include <stdlib.h>

#include "seal/hash.h"

static void assert_hex(const unsigned char *bytes, size_t n, const char *expected)
{
    char *hex = OPENSSL_buf2hexstr(bytes, (long)n);
    char plain[2 * HASH_BYTES_MAX + 1];
    size_t to = 0;
    for (const char *at = hex; *at; at++) {
        if (*at != ':') {
            plain[to++] = ascii_lower(*at);
        }
    }
    plain[to] = '\0';
    OPENSSL_free(hex);
    assert_string_equal(plain, expected);
}

/* RFC 6234 8.5, RFC 1321 A.5 and the empty text. */
static const struct {
    hash_kind_t kind;
    const char *text;
    const char *digest;
} digests[] = {
    {HASH_MD5, "", "d41d8cd98f00b204e9800998ecf8427e"},
    {HASH_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
    {HASH_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
    {HASH_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {HASH_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {HASH_SHA1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {HASH_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {HASH_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HASH_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {HASH_SHA384, "",
     "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
     "274edebfe76f65fbd51ad2f14898b95b"},
    {HASH_SHA384, "abc",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
     "8086072ba1e7cc2358baeca134c825a7"},
    {HASH_SHA384,
     "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
     "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
     "fcc7c71a557e2db966c3e9fa91746039"},
    {HASH_SHA512, "",
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
     "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
    {HASH_SHA512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {HASH_SHA512,
     "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
     "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
     "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
};

static void digests_as_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++) {
        unsigned char out[HASH_BYTES_MAX];
        size_t n = hash_bytes(digests[i].kind, str_of(digests[i].text), out);
        assert_hex(out, n, digests[i].digest);
    }
}

static void takes_an_absent_text_as_empty(void **state)
{
    (void)state;
    unsigned char absent[HASH_BYTES_MAX];
    unsigned char empty[HASH_BYTES_MAX];
    size_t n = hash_bytes(HASH_SHA256, STR_NONE, absent);
    assert_int_equal(n, hash_bytes(HASH_SHA256, STR(""), empty));
    assert_memory_equal(absent, empty, n);
    n = hash_hmac(HASH_SHA256, STR_NONE, STR_NONE, absent);
    assert_int_equal(n, hash_hmac(HASH_SHA256, STR(""), STR(""), empty));
    assert_memory_equal(absent, empty, n);
}

/* A text, or n bytes that start at byte and go on by step. */
typedef struct input {
    const char *text;
    unsigned char byte;
    unsigned char step;
    size_t n;
} input_t;

static str_t bytes_of(const input_t *input, unsigned char room[256])
{
    if (input->text) {
        return str_of(input->text);
    }
    for (size_t i = 0; i < input->n; i++) {
        room[i] = (unsigned char)(input->byte + i * input->step);
    }
    return str_at(room, input->n);
}

/* RFC 4231 4.2 to 4.8 (but the cut one), RFC 2202 2 and 3, and the empty key. */
static const struct {
    hash_kind_t kind;
    input_t key;
    input_t text;
    const char *mac;
} macs[] = {
    {HASH_SHA256,
     {.byte = 0x0b, .n = 20},
     {.text = "Hi There"},
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {HASH_SHA384,
     {.byte = 0x0b, .n = 20},
     {.text = "Hi There"},
     "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
     "faea9ea9076ede7f4af152e8b2fa9cb6"},
    {HASH_SHA512,
     {.byte = 0x0b, .n = 20},
     {.text = "Hi There"},
     "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
     "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
    {HASH_SHA256,
     {.text = "Jefe"},
     {.text = "what do ya want for nothing?"},
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {HASH_SHA384,
     {.text = "Jefe"},
     {.text = "what do ya want for nothing?"},
     "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
     "8e2240ca5e69e2c78b3239ecfab21649"},
    {HASH_SHA512,
     {.text = "Jefe"},
     {.text = "what do ya want for nothing?"},
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
     "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
    {HASH_SHA256,
     {.byte = 0xaa, .n = 20},
     {.byte = 0xdd, .n = 50},
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {HASH_SHA384,
     {.byte = 0xaa, .n = 20},
     {.byte = 0xdd, .n = 50},
     "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
     "2a5ab39dc13814b94e3ab6e101a34f27"},
    {HASH_SHA512,
     {.byte = 0xaa, .n = 20},
     {.byte = 0xdd, .n = 50},
     "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
     "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"},
    {HASH_SHA256,
     {.byte = 1, .step = 1, .n = 25},
     {.byte = 0xcd, .n = 50},
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {HASH_SHA384,
     {.byte = 1, .step = 1, .n = 25},
     {.byte = 0xcd, .n = 50},
     "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e"
     "6801dd23c4a7d679ccf8a386c674cffb"},
    {HASH_SHA512,
     {.byte = 1, .step = 1, .n = 25},
     {.byte = 0xcd, .n = 50},
     "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
     "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"},
    {HASH_SHA256,
     {.byte = 0xaa, .n = 131},
     {.text = "Test Using Larger Than Block-Size Key - Hash Key First"},
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {HASH_SHA384,
     {.byte = 0xaa, .n = 131},
     {.text = "Test Using Larger Than Block-Size Key - Hash Key First"},
     "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
     "0c2ef6ab4030fe8296248df163f44952"},
    {HASH_SHA512,
     {.byte = 0xaa, .n = 131},
     {.text = "Test Using Larger Than Block-Size Key - Hash Key First"},
     "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
     "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
    {HASH_SHA256,
     {.byte = 0xaa, .n = 131},
     {.text = "This is a test using a larger than block-size key and a larger t"
              "han block-size data. The key needs to be hashed before being use"
              "d by the HMAC algorithm."},
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    {HASH_SHA384,
     {.byte = 0xaa, .n = 131},
     {.text = "This is a test using a larger than block-size key and a larger t"
              "han block-size data. The key needs to be hashed before being use"
              "d by the HMAC algorithm."},
     "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5"
     "a678cc31e799176d3860e6110c46523e"},
    {HASH_SHA512,
     {.byte = 0xaa, .n = 131},
     {.text = "This is a test using a larger than block-size key and a larger t"
              "han block-size data. The key needs to be hashed before being use"
              "d by the HMAC algorithm."},
     "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
     "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"},
    {HASH_MD5,
     {.text = "Jefe"},
     {.text = "what do ya want for nothing?"},
     "750c783e6ab0b503eaa86e310a5db738"},
    {HASH_SHA1,
     {.text = "Jefe"},
     {.text = "what do ya want for nothing?"},
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {HASH_SHA256,
     {.text = ""},
     {.text = ""},
     "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

static void authenticates_as_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof macs / sizeof *macs; i++) {
        unsigned char key[256];
        unsigned char text[256];
        unsigned char out[HASH_BYTES_MAX];
        size_t n = hash_hmac(macs[i].kind, bytes_of(&macs[i].key, key),
                             bytes_of(&macs[i].text, text), out);
        assert_hex(out, n, macs[i].mac);
    }
}

static void compares_bytes(void **state)
{
    (void)state;
    assert_true(bytes_equal(STR("abc"), STR("abc")));
    assert_true(bytes_equal(STR(""), STR_NONE));
    assert_false(bytes_equal(STR("abc"), STR("abd")));
    assert_false(bytes_equal(STR("abc"), STR("xbc")));
    assert_false(bytes_equal(STR("abc"), STR("ab")));
    assert_false(bytes_equal(STR("a\0c"), STR("a\0d")));
}

static void draws_other_bytes_each_time(void **state)
{
    (void)state;
    unsigned char one[32] = {0};
    unsigned char other[32] = {0};
    random_bytes(one, sizeof one);
    random_bytes(other, sizeof other);
    assert_memory_not_equal(one, other, sizeof one);
    random_bytes(one, 0);
}

static void makes_uuids_of_version_4(void **state)
{
    (void)state;
    char last[37] = "";
    for (int round = 0; round < 1000; round++) {
        char uuid[37];
        random_uuid(uuid);
        assert_int_equal(strlen(uuid), 36);
        for (size_t i = 0; i < 36; i++) {
            bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
            assert_int_equal(uuid[i] == '-', is_dash);
            assert_true(is_dash || strchr("0123456789abcdef", uuid[i]));
        }
        assert_int_equal(uuid[14], '4');
        assert_non_null(strchr("89ab", uuid[19]));
        assert_string_not_equal(uuid, last);
        memcpy(last, uuid, sizeof last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_as_published),
        cmocka_unit_test(takes_an_absent_text_as_empty),
        cmocka_unit_test(authenticates_as_published),
        cmocka_unit_test(compares_bytes),
        cmocka_unit_test(draws_other_bytes_each_time),
        cmocka_unit_test(makes_uuids_of_version_4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
