/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/siphash.h"

/* The reference implementation's vectors: key 00..0f, message 00, 01, 02 and so on of the row's
 * length. */
static void matches_the_published_vectors(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        uint64_t hash;
    } rows[] = {{0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
                {2, UINT64_C(0x0d6c8009d9a94f5a)},  {3, UINT64_C(0x85676696d7fb7e2d)},
                {7, UINT64_C(0xab0200f58b01d137)},  {8, UINT64_C(0x93f5f5799a932462)},
                {15, UINT64_C(0xa129ca6149be45e5)}, {63, UINT64_C(0x958a324ceb064572)}};
    uint8_t key[SIPHASH_KEY_BYTES];
    uint8_t message[64];
    for (uint8_t i = 0; i < sizeof message; i++) {
        message[i] = i;
    }
    for (uint8_t i = 0; i < sizeof key; i++) {
        key[i] = i;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(siphash_2_4(key, message, rows[i].n) == rows[i].hash);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_the_published_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
