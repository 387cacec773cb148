#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vectors.h"
#include "../../crypto/component.h"
#include "../../crypto/hash.h"

/* What may serve as a key, what agrees with a sheet. */

static const struct suite *des3(void)
{
    return suite_by_id("3des");
}

static enum kr_error verdict(const char *hex)
{
    struct secret *key = secret_of(hex);
    enum kr_error rc = suite_check_key(des3(), key);

    secret_free(&key);
    return rc;
}

static void a_zero_key_is_refused(void **state)
{
    (void)state;
    assert_int_equal(verdict("00000000000000000000000000000000"), KR_E_KEY_ZERO);
    assert_int_equal(verdict("01010101010101010101010101010101"), KR_E_KEY_WEAK);
    assert_int_equal(verdict("0123456789ABCDEF0000000000000000"), KR_E_KEY_WEAK);
}

static const char *const weak[] = {
    "0101010101010101", "FEFEFEFEFEFEFEFE", "E0E0E0E0F1F1F1F1", "1F1F1F1F0E0E0E0E",
    "011F011F010E010E", "1F011F010E010E01", "01E001E001F101F1", "E001E001F101F101",
    "01FE01FE01FE01FE", "FE01FE01FE01FE01", "1FE01FE00EF10EF1", "E01FE01FF10EF10E",
    "1FFE1FFE0EFE0EFE", "FE1FFE1FFE0EFE0E", "E0FEE0FEF1FEF1FE", "FEE0FEE0FEF1FEF1",
};

static void a_weak_or_semi_weak_half_is_refused_on_either_side_and_with_any_parity(void **state)
{
    const uint8_t good[8] = {0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6};
    (void)state;

    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++)
        for (unsigned parity = 0; parity < 256; parity++)
            for (size_t side = 0; side < 2; side++) {
                struct secret *key = secret_from(good, 8);
                struct secret *both = secret_new(16);
                bytes_of(weak[i], both->bytes + 8 * side, 8);
                memcpy(both->bytes + 8 * (1 - side), good, 8);
                for (size_t b = 0; b < 8; b++)
                    both->bytes[8 * side + b] ^= (uint8_t)(parity >> b & 1);
                assert_int_equal(suite_check_key(des3(), both), KR_E_KEY_WEAK);
                assert_int_equal(component_check(des3(), both), KR_E_KEY_WEAK);
                secret_free(&both);
                secret_free(&key);
            }
}

/* The defining property: encrypting twice (or with the pair's other key) gives the block back. */
static void the_list_of_weak_halves_is_what_the_cipher_says_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        size_t other = i < 4 ? i : i % 2 ? i - 1 : i + 1;
        struct secret *first = secret_of(weak[i]);
        struct secret *second = secret_of(weak[other]);
        uint8_t block[8] = "a block";
        uint8_t out[8];
        assert_int_equal(des_encrypt_block(first, block, out), KR_OK);
        assert_int_equal(des_encrypt_block(second, out, out), KR_OK);
        assert_memory_equal(block, out, 8);
        secret_free(&first);
        secret_free(&second);
    }
}

static void the_default_key_of_manuals_is_refused_with_any_parity(void **state)
{
    (void)state;
    assert_int_equal(verdict("404142434445464748494A4B4C4D4E4F"), KR_E_KEY_WEAK);
    assert_string_equal(kr_detail(), "40..4F");
    assert_int_equal(verdict("404043434545464649494A4A4C4C4F4F"), KR_E_KEY_WEAK);
}

static void equal_halves_are_refused_with_any_parity(void **state)
{
    (void)state;
    assert_int_equal(verdict("2B7E151628AED2A62B7E151628AED2A6"), KR_E_KEY_HALVES);
    assert_int_equal(verdict("2B7E151628AED2A62A7F141728AED3A6"), KR_E_KEY_HALVES);
}

static void good_keys_are_accepted(void **state)
{
    (void)state;
    assert_int_equal(verdict("0123456789ABCDEFFEDCBA9876543210"), KR_OK);
    assert_int_equal(verdict("2B7E151628AED2A6ABF7158809CF4F3C"), KR_OK);
    assert_int_equal(verdict("2B7E151628AED2A62B7E151628AED2A4"), KR_OK);
    assert_int_equal(verdict("0123456789ABCDEF"), KR_E_KEY_LENGTH);
}

static void every_byte_gets_odd_parity_and_keeps_its_seven_bits(void **state)
{
    struct secret *bytes = secret_new(256);
    (void)state;

    for (size_t i = 0; i < 256; i++)
        bytes->bytes[i] = (uint8_t)i;
    des3()->adjust(bytes);
    for (size_t i = 0; i < 256; i++) {
        assert_int_equal(__builtin_popcount(bytes->bytes[i]) % 2, 1);
        assert_int_equal(bytes->bytes[i] >> 1, i >> 1);
    }
    secret_free(&bytes);
}

static void random_keys_are_odd_and_differ(void **state)
{
    struct secret *one = NULL;
    struct secret *other = NULL;
    (void)state;

    assert_int_equal(suite_random_key(des3(), &one), KR_OK);
    assert_int_equal(suite_random_key(des3(), &other), KR_OK);
    assert_int_equal(one->len, 16);
    assert_false(secret_equal(one, other));
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(__builtin_popcount(one->bytes[i]) % 2, 1);
    secret_free(&one);
    secret_free(&other);
}

static void a_missing_or_zero_check_value_never_agrees(void **state)
{
    struct kcv none = {.len = 0};
    struct kcv zero = {.len = 3, .algorithm = "3DES-ECB0"};
    struct kcv beyond = {.bytes = {1, 2, 3}, .len = KCV_MAX + 1};
    (void)state;

    assert_false(kcv_equal(&none, &none));
    assert_false(kcv_equal(&zero, &zero));
    assert_false(kcv_equal(&beyond, &beyond));
}

static void check_values_agree_only_in_all_bytes_length_and_algorithm(void **state)
{
    struct kcv a = {.bytes = {0x3A, 0x91, 0x0C, 0, 0}, .len = 3, .algorithm = "3DES-ECB0"};
    struct kcv b = a;
    (void)state;

    assert_true(kcv_equal(&a, &b));
    for (size_t bit = 0; bit < 24; bit++) {
        b = a;
        b.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(kcv_equal(&a, &b));
    }
    b = a;
    b.len = 2;
    assert_false(kcv_equal(&a, &b));
    b.len = 4;
    assert_false(kcv_equal(&a, &b));
    b = a;
    strcpy(b.algorithm, "SM4-ECB0");
    assert_false(kcv_equal(&a, &b));
    b.algorithm[0] = '\0';
    assert_true(kcv_equal(&a, &b));
}

static void a_check_value_reads_back_as_it_is_shown(void **state)
{
    struct kcv k;
    char text[16];
    (void)state;

    assert_int_equal(kcv_parse(des3(), "3a910C", &k), KR_OK);
    kcv_text(&k, text);
    assert_string_equal(text, "3A 91 0C");
    assert_string_equal(k.algorithm, "3DES-ECB0");
    assert_int_equal(kcv_parse(des3(), " 3A 91 0C 7F FF ", &k), KR_OK);
    assert_int_equal(k.len, 5);
    kcv_text(&k, text);
    assert_string_equal(text, "3A 91 0C 7F FF");
}

static void what_is_no_check_value_is_refused_and_not_repeated(void **state)
{
    static const char *const wrong[] = {
        "",       " ",        "3A",          "3A91C",
        "3A910G", "3A-91-0C", "3A910C7FFF0", "0123456789ABCDEFFEDCBA9876543210",
    };
    (void)state;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct kcv k = {.len = 9};
        assert_int_equal(kcv_parse(des3(), wrong[i], &k), KR_E_KCV_TEXT);
        assert_string_equal(kr_detail(), "6");
        assert_int_equal(k.len, 9);
    }
}

static int open_heap(void **state)
{
    (void)state;
    return secret_heap_open() == KR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zero_key_is_refused),
        cmocka_unit_test(a_weak_or_semi_weak_half_is_refused_on_either_side_and_with_any_parity),
        cmocka_unit_test(the_list_of_weak_halves_is_what_the_cipher_says_it_is),
        cmocka_unit_test(the_default_key_of_manuals_is_refused_with_any_parity),
        cmocka_unit_test(equal_halves_are_refused_with_any_parity),
        cmocka_unit_test(good_keys_are_accepted),
        cmocka_unit_test(every_byte_gets_odd_parity_and_keeps_its_seven_bits),
        cmocka_unit_test(random_keys_are_odd_and_differ),
        cmocka_unit_test(a_missing_or_zero_check_value_never_agrees),
        cmocka_unit_test(check_values_agree_only_in_all_bytes_length_and_algorithm),
        cmocka_unit_test(a_check_value_reads_back_as_it_is_shown),
        cmocka_unit_test(what_is_no_check_value_is_refused_and_not_repeated),
    };
    return cmocka_run_group_tests(tests, open_heap, NULL);
}
