#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vectors.h"
#include "../../crypto/component.h"
#include "../../crypto/hash.h"

#define BLOCKS 16

static const struct suite *des3(void)
{
    return suite_by_id("3des");
}

/* ---- check letters ---- */

static void pattern_of(unsigned v, uint8_t digits[BLOCK_DIGITS])
{
    for (size_t i = 0; i < BLOCK_DIGITS; i++)
        digits[i] = (uint8_t)(v >> (12 - 4 * i) & 15);
}

static void letters_are_the_sixteen_of_the_sheets(void **state)
{
    bool seen[128] = {false};
    size_t different = 0;
    (void)state;

    for (unsigned d = 0; d < 16; d++) {
        uint8_t digits[BLOCK_DIGITS] = {(uint8_t)d, 0, 0, 0};
        char letter = component_check_letter(0, digits);
        assert_non_null(strchr("GHJKLMNPQRTUVWXY", letter));
        different += !seen[(unsigned char)letter];
        seen[(unsigned char)letter] = true;
    }
    assert_int_equal(different, 16);
}

/* The formula of component.h with plain field arithmetic. */
static unsigned field_times(unsigned a, unsigned b)
{
    unsigned product = 0;

    for (unsigned bit = 0; bit < 4; bit++)
        if (b >> bit & 1)
            product ^= a << bit;
    for (unsigned bit = 7; bit > 3; bit--)
        if (product >> bit & 1)
            product ^= 0x13U << (bit - 4);
    return product;
}

static void letters_follow_the_printed_formula(void **state)
{
    (void)state;
    for (size_t block = 0; block < BLOCKS; block++)
        for (unsigned v = 0; v < 65536; v += 7) {
            uint8_t digits[BLOCK_DIGITS];
            unsigned power = 1;
            unsigned sum = 0;
            pattern_of(v, digits);
            for (size_t i = 0; i < BLOCK_DIGITS; i++) {
                power = field_times(power, 2);
                sum ^= field_times(power, digits[i]);
            }
            power = field_times(power, 2);
            sum ^= field_times(power, (unsigned)(block + 1) % 16);
            assert_int_equal(component_check_letter(block, digits), "GHJKLMNPQRTUVWXY"[sum]);
        }
}

static void a_sheet_printed_today_keeps_its_letters(void **state)
{
    static const char *const blocks[] = {"0123", "4567", "89AB", "CDEF",
                                         "FEDC", "BA98", "7654", "3210"};
    char letters[9] = "";
    (void)state;

    for (size_t b = 0; b < 8; b++) {
        uint8_t packed[2];
        uint8_t digits[BLOCK_DIGITS];
        bytes_of(blocks[b], packed, 2);
        pattern_of((unsigned)packed[0] << 8 | packed[1], digits);
        letters[b] = component_check_letter(b, digits);
    }
    assert_string_equal(letters, "LYTTQKNK");
}

static void every_single_wrong_digit_changes_the_letter(void **state)
{
    (void)state;
    for (size_t block = 0; block < BLOCKS; block++)
        for (unsigned v = 0; v < 65536; v++) {
            uint8_t digits[BLOCK_DIGITS];
            pattern_of(v, digits);
            char letter = component_check_letter(block, digits);
            for (size_t place = 0; place < BLOCK_DIGITS; place++)
                for (unsigned wrong = 1; wrong < 16; wrong++) {
                    digits[place] ^= (uint8_t)wrong;
                    if (component_check_letter(block, digits) == letter)
                        fail_msg("block %zu, %04X, digit %zu", block, v, place + 1);
                    digits[place] ^= (uint8_t)wrong;
                }
        }
}

static void every_exchange_of_two_digits_changes_the_letter(void **state)
{
    (void)state;
    for (unsigned v = 0; v < 65536; v++) {
        uint8_t digits[BLOCK_DIGITS];
        size_t block = v % BLOCKS;
        pattern_of(v, digits);
        char letter = component_check_letter(block, digits);
        for (size_t i = 0; i < BLOCK_DIGITS; i++)
            for (size_t j = i + 1; j < BLOCK_DIGITS; j++) {
                uint8_t exchanged[BLOCK_DIGITS];
                memcpy(exchanged, digits, sizeof exchanged);
                exchanged[i] = digits[j];
                exchanged[j] = digits[i];
                if (digits[i] != digits[j] && component_check_letter(block, exchanged) == letter)
                    fail_msg("%04X: digits %zu and %zu", v, i + 1, j + 1);
            }
    }
}

static void every_block_typed_in_the_place_of_another_is_found(void **state)
{
    (void)state;
    for (unsigned v = 0; v < 65536; v += 5) {
        uint8_t digits[BLOCK_DIGITS];
        bool seen[128] = {false};
        pattern_of(v, digits);
        for (size_t block = 0; block < BLOCKS; block++) {
            char letter = component_check_letter(block, digits);
            assert_false(seen[(unsigned char)letter]);
            seen[(unsigned char)letter] = true;
        }
    }
}

/* ---- combination ---- */

static enum kr_error combine(const char *const *hex, size_t count, struct secret **key)
{
    struct secret *components[COMPONENTS_MAX + 1] = {NULL};
    enum kr_error rc;

    for (size_t i = 0; i < count; i++)
        components[i] = secret_of(hex[i]);
    rc = component_combine(des3(), (const struct secret *const *)components, count, key);
    for (size_t i = 0; i < count; i++)
        secret_free(&components[i]);
    return rc;
}

static const char *const good[] = {
    "0123456789ABCDEFFEDCBA9876543210", "2B7E151628AED2A6ABF7158809CF4F3C",
    "6BC1BEE22E409F96E93D7E117393172A", "AE2D8A571E03AC9C9EB76FAC45AF8E51",
    "30C81C46A35CE411E5FBC1191A0A52EF", "F69F2445DF4F9B17AD2B417BE66C3710",
};

static void two_to_five_components_give_their_sum_with_odd_parity(void **state)
{
    (void)state;
    for (size_t count = COMPONENTS_MIN; count <= COMPONENTS_MAX; count++) {
        uint8_t sum[16] = {0};
        struct secret *key = NULL;
        for (size_t i = 0; i < count; i++) {
            uint8_t bytes[16];
            bytes_of(good[i], bytes, sizeof bytes);
            for (size_t b = 0; b < 16; b++)
                sum[b] ^= bytes[b];
        }
        assert_int_equal(combine(good, count, &key), KR_OK);
        for (size_t b = 0; b < 16; b++) {
            assert_int_equal(key->bytes[b] >> 1, sum[b] >> 1);
            assert_int_equal(__builtin_popcount(key->bytes[b]) % 2, 1);
        }
        secret_free(&key);
    }
}

static void components_themselves_are_never_altered(void **state)
{
    struct secret *components[2] = {secret_of(good[0]), secret_of(good[1])};
    struct secret *before = secret_duplicate(components[1]);
    struct secret *key = NULL;
    (void)state;

    assert_int_equal(component_combine(des3(), (const struct secret *const *)components, 2, &key),
                     KR_OK);
    assert_true(secret_equal(before, components[1]));
    secret_free(&key);
    secret_free(&before);
    secret_free(&components[0]);
    secret_free(&components[1]);
}

static void refused(const char *const *hex, size_t count, enum kr_error expected,
                    const char *detail)
{
    struct secret *key = NULL;

    assert_int_equal(combine(hex, count, &key), expected);
    assert_null(key);
    if (detail)
        assert_string_equal(kr_detail(), detail);
}

static void one_or_six_components_are_refused(void **state)
{
    (void)state;
    refused(good, 0, KR_E_COMPONENT_COUNT, "0");
    refused(good, 1, KR_E_COMPONENT_COUNT, "1");
    refused(good, 6, KR_E_COMPONENT_COUNT, "6");
}

static void a_zero_weak_short_or_repeated_component_is_refused_and_named(void **state)
{
    const char *zero[] = {good[0], good[1], "00000000000000000000000000000000"};
    const char *weak[] = {good[0], "01010101010101012B7E151628AED2A6"};
    const char *known[] = {"404142434445464748494A4B4C4D4E4F", good[0]};
    const char *equal[] = {good[0], good[1], good[2], good[1]};
    const char *shorter[] = {good[0], "0123456789ABCDEF"};
    (void)state;

    refused(zero, 3, KR_E_KEY_ZERO, "3");
    refused(weak, 2, KR_E_KEY_WEAK, "2");
    refused(known, 2, KR_E_KEY_WEAK, "1");
    refused(equal, 4, KR_E_COMPONENT_EQUAL, "2 = 4");
    refused(shorter, 2, KR_E_KEY_LENGTH, "2");
}

static void a_component_with_equal_halves_is_still_a_component(void **state)
{
    struct secret *component = secret_of("2B7E151628AED2A62B7E151628AED2A6");
    (void)state;

    assert_int_equal(component_check(des3(), component), KR_OK);
    secret_free(&component);
}

static void a_zero_weak_or_halved_result_is_refused(void **state)
{
    /* a xor b xor (a xor b) = 0; and the like for the others */
    const char *zero[] = {"11111111111111112222222222222222", "44444444444444448888888888888888",
                          "5555555555555555AAAAAAAAAAAAAAAA"};
    const char *parity_only[] = {"2B7E151628AED2A6ABF7158809CF4F3C",
                                 "2A7F141729AFD3A7AAF6148908CE4E3D"};
    const char *halves[] = {"11111111111111112222222222222222", "66666666666666665555555555555555"};
    (void)state;

    refused(zero, 3, KR_E_KEY_ZERO, NULL);
    refused(parity_only, 2, KR_E_KEY_WEAK, NULL);
    refused(halves, 2, KR_E_KEY_HALVES, NULL);
}

static int open_heap(void **state)
{
    (void)state;
    return secret_heap_open() == KR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_are_the_sixteen_of_the_sheets),
        cmocka_unit_test(letters_follow_the_printed_formula),
        cmocka_unit_test(a_sheet_printed_today_keeps_its_letters),
        cmocka_unit_test(every_single_wrong_digit_changes_the_letter),
        cmocka_unit_test(every_exchange_of_two_digits_changes_the_letter),
        cmocka_unit_test(every_block_typed_in_the_place_of_another_is_found),
        cmocka_unit_test(two_to_five_components_give_their_sum_with_odd_parity),
        cmocka_unit_test(components_themselves_are_never_altered),
        cmocka_unit_test(one_or_six_components_are_refused),
        cmocka_unit_test(a_zero_weak_short_or_repeated_component_is_refused_and_named),
        cmocka_unit_test(a_component_with_equal_halves_is_still_a_component),
        cmocka_unit_test(a_zero_weak_or_halved_result_is_refused),
    };
    return cmocka_run_group_tests(tests, open_heap, NULL);
}
