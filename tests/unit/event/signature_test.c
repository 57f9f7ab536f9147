/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/signature.h"

/* The example of the Standard Webhooks specification. */
static const str_t SECRET = STR_INIT("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
static const str_t ID = STR_INIT("msg_p5jXN8AQM9LWM0D4loKWxJek");
static const str_t BODY = STR_INIT("{\"test\": 2432232314}");
enum { WALL_S = 1614265330 };

static void the_example_of_the_specification(void **state)
{
    (void)state;
    buf_t to;
    buf_init(&to, 1024);
    assert_true(signature_add(&to, SECRET, ID, WALL_S, BODY));
    assert_string_equal(buf_c(&to), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert_true(signature_add(&to, SECRET, ID, WALL_S, BODY));
    assert_string_equal(buf_c(&to), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
                                    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    buf_fini(&to);
}

static void secrets_are_made_and_recognised(void **state)
{
    (void)state;
    buf_t one;
    buf_t other;
    buf_t to;
    buf_init(&one, 128);
    buf_init(&other, 128);
    buf_init(&to, 1024);
    signature_secret_make(&one);
    signature_secret_make(&other);
    assert_int_equal(one.n, 6 + 44);
    assert_false(str_eq(buf_view(&one), buf_view(&other)));
    assert_true(signature_add(&to, buf_view(&one), ID, WALL_S, BODY));
    static const str_t NONE[] = {STR_INIT(""), STR_INIT("whsec_"), STR_INIT("whsec_*"),
                                 STR_INIT("MfKQ9r8G")};
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        assert_false(signature_add(&to, NONE[i], ID, WALL_S, BODY));
    }
    buf_fini(&one);
    buf_fini(&other);
    buf_fini(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_specification),
        cmocka_unit_test(secrets_are_made_and_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
