/* SM2 with SM3 against the example of its standard, and what must not verify. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "vectors.h"
#include "../../crypto/hash.h"
#include "../../crypto/signature_suite.h"

/* GB/T 32918.5 annex A.2 */
static const char private_hex[] =
    "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8";
static const char public_hex[] = "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
                                 "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13";
static const char signature_hex[] =
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA";
static const uint8_t message[] = "message digest";
#define MESSAGE_LEN (sizeof message - 1)

static void the_example_of_the_standard_verifies(void **state)
{
    uint8_t public_key[64], expected[64], sig[64];
    struct secret *seed = secret_of(private_hex);
    (void)state;

    bytes_of(public_hex, expected, sizeof expected);
    bytes_of(signature_hex, sig, sizeof sig);
    assert_int_equal(sm2_public(seed, public_key), KR_OK);
    assert_memory_equal(public_key, expected, 64);
    assert_int_equal(sm2_verify(public_key, message, MESSAGE_LEN, sig), KR_OK);
    secret_free(&seed);
}

static void every_single_bit_of_signature_message_and_key_counts(void **state)
{
    uint8_t public_key[64], sig[64], text[MESSAGE_LEN];
    (void)state;

    bytes_of(public_hex, public_key, sizeof public_key);
    bytes_of(signature_hex, sig, sizeof sig);
    memcpy(text, message, sizeof text);
    struct {
        uint8_t *bytes;
        size_t len;
    } parts[] = {{sig, sizeof sig}, {text, sizeof text}, {public_key, sizeof public_key}};
    for (size_t p = 0; p < 3; p++)
        for (size_t bit = 0; bit < 8 * parts[p].len; bit++) {
            parts[p].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(sm2_verify(public_key, text, sizeof text, sig), KR_E_SIGNATURE);
            parts[p].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    assert_int_equal(sm2_verify(public_key, text, sizeof text, sig), KR_OK);
    assert_int_equal(sm2_verify(public_key, text, sizeof text - 1, sig), KR_E_SIGNATURE);
}

static void zeros_and_the_order_of_the_curve_are_no_signature(void **state)
{
    static const char order[] = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123";
    uint8_t public_key[64], sig[64] = {0}, zero_key[64] = {0};
    (void)state;

    bytes_of(public_hex, public_key, sizeof public_key);
    assert_int_equal(sm2_verify(public_key, message, MESSAGE_LEN, sig), KR_E_SIGNATURE);
    bytes_of(order, sig, 32);
    bytes_of(order, sig + 32, 32);
    assert_int_equal(sm2_verify(public_key, message, MESSAGE_LEN, sig), KR_E_SIGNATURE);
    bytes_of(signature_hex, sig, sizeof sig);
    assert_int_equal(sm2_verify(zero_key, message, MESSAGE_LEN, sig), KR_E_SIGNATURE);
}

static void a_seed_that_is_no_private_key_is_refused(void **state)
{
    static const struct {
        const char *hex;
        enum kr_error error;
    } seeds[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000", KR_E_KEY_ZERO},
        {"FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123", KR_E_KEY_WEAK},
        {"FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54122", KR_E_KEY_WEAK},
        {"FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54121", KR_OK},
        {"0000000000000000000000000000000000000000000000000000000000000001", KR_OK},
        {"3945208F7B2144B13F36E38AC6D39F95", KR_E_KEY_LENGTH},
    };
    uint8_t public_key[64];
    (void)state;

    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        struct secret *seed = secret_of(seeds[i].hex);
        assert_int_equal(sm2_public(seed, public_key), seeds[i].error);
        secret_free(&seed);
    }
}

static void each_suite_signs_what_it_verifies_and_nothing_of_the_other(void **state)
{
    static const char *const ids[] = {"ed25519", "sm2-sm3"};
    uint8_t sig[2][64], public_key[2][SIGNATURE_PUBLIC_MAX];
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        const struct signature_suite *s = signature_suite_by_id(ids[i]);
        struct secret *seed = NULL;
        assert_int_equal(signature_seed(s, &seed), KR_OK);
        assert_int_equal(s->public_of(seed, public_key[i]), KR_OK);
        assert_int_equal(s->make(seed, message, MESSAGE_LEN, sig[i]), KR_OK);
        assert_int_equal(s->verify(public_key[i], message, MESSAGE_LEN, sig[i]), KR_OK);
        assert_int_equal(s->verify(public_key[i], message, 3, sig[i]), KR_E_SIGNATURE);
        secret_free(&seed);
    }
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            signature_suite_by_id(ids[i])->verify(public_key[i], message, MESSAGE_LEN, sig[1 - i]),
            KR_E_SIGNATURE);
    assert_null(signature_suite_by_id("rsa"));
}

/* The library of the command is the same, but not our identity, DER and padding. */
static void the_openssl_command_verifies_what_we_sign(void **state)
{
    /* SubjectPublicKeyInfo of an SM2 key: id-ecPublicKey, curve 1.2.156.10197.1.301 */
    static const char spki[] = "3059301306072A8648CE3D020106082A811CCF5501822D03420004";
    const struct signature_suite *s = signature_suite_by_id("sm2-sm3");
    uint8_t public_key[64], sig[64];
    char key_hex[129], r[65], r_s[65], command[2048], said[128] = "";
    struct secret *seed = NULL;
    (void)state;

    assert_int_equal(signature_seed(s, &seed), KR_OK);
    assert_int_equal(s->public_of(seed, public_key), KR_OK);
    assert_int_equal(s->make(seed, message, MESSAGE_LEN, sig), KR_OK);
    hex_encode_upper(public_key, 64, key_hex);
    hex_encode_upper(sig, 32, r);
    hex_encode_upper(sig + 32, 32, r_s);
    snprintf(
        command, sizeof command,
        "d=$(mktemp -d) && python3 -c \"import sys\nn=lambda h: (lambda b: b'\\x02'+bytes([len(b)])"
        "+b)((lambda b: b'\\0'+b if b[0]>127 else b)(bytes.fromhex(h).lstrip(b'\\0')))\nb=n('%s')"
        "+n('%s')\nopen('$d/s','wb').write(b'\\x30'+bytes([len(b)])+b)\nopen('$d/k','wb').write("
        "bytes.fromhex('%s%s'))\nopen('$d/m','wb').write(b'%s')\" && openssl pkeyutl -verify "
        "-pubin -keyform DER -inkey $d/k -rawin -digest sm3 -in $d/m -sigfile $d/s -pkeyopt "
        "distid:1234567812345678 2>&1; rm -rf $d",
        r, r_s, spki, key_hex, (const char *)message);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    assert_non_null(fgets(said, sizeof said, p));
    pclose(p);
    assert_non_null(strstr(said, "Verified Successfully"));
    secret_free(&seed);
}

static int open_heap(void **state)
{
    (void)state;
    return secret_heap_open() == KR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_standard_verifies),
        cmocka_unit_test(every_single_bit_of_signature_message_and_key_counts),
        cmocka_unit_test(zeros_and_the_order_of_the_curve_are_no_signature),
        cmocka_unit_test(a_seed_that_is_no_private_key_is_refused),
        cmocka_unit_test(each_suite_signs_what_it_verifies_and_nothing_of_the_other),
        cmocka_unit_test(the_openssl_command_verifies_what_we_sign),
    };
    return cmocka_run_group_tests(tests, open_heap, NULL);
}
