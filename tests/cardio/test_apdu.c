/* APDUs as bytes, their names, and the words for status words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "../../cardio/apdu.h"
#include "../../cardio/dialect.h"

static void the_four_cases_are_encoded_as_iso_7816_4_says(void **state)
{
    (void)state;
    uint8_t out[APDU_MAX];
    struct apdu a = {.cla = 0x80, .ins = 0x0E, .p1 = 1, .p2 = 2};
    const uint8_t case1[] = {0x80, 0x0E, 1, 2}, case2[] = {0x80, 0x0E, 1, 2, 0};
    const uint8_t case3[] = {0x80, 0x0E, 1, 2, 2, 0xAA, 0xBB};
    const uint8_t case4[] = {0x80, 0x0E, 1, 2, 2, 0xAA, 0xBB, 8};
    assert_int_equal(apdu_encode(&a, out), sizeof case1);
    assert_memory_equal(out, case1, sizeof case1);
    a.has_le = true;
    assert_int_equal(apdu_encode(&a, out), sizeof case2);
    assert_memory_equal(out, case2, sizeof case2);
    a.has_le = false;
    a.lc = 2;
    a.data[0] = 0xAA;
    a.data[1] = 0xBB;
    assert_int_equal(apdu_encode(&a, out), sizeof case3);
    assert_memory_equal(out, case3, sizeof case3);
    a.has_le = true;
    a.le = 8;
    assert_int_equal(apdu_encode(&a, out), sizeof case4);
    assert_memory_equal(out, case4, sizeof case4);
}

static void the_longest_command_fits_and_comes_back_the_same(void **state)
{
    (void)state;
    uint8_t out[APDU_MAX];
    struct apdu a = {.cla = 0x84, .ins = 0xD4, .lc = 255, .has_le = true, .le = 1}, b;
    memset(a.data, 0x5A, sizeof a.data);
    assert_int_equal(apdu_encode(&a, out), APDU_MAX);
    assert_true(apdu_decode(out, APDU_MAX, &b));
    assert_int_equal(b.lc, 255);
    assert_int_equal(b.le, 1);
    assert_memory_equal(a.data, b.data, sizeof a.data);
}

static void commands_whose_lengths_do_not_fit_are_not_read(void **state)
{
    (void)state;
    struct apdu a;
    const uint8_t bytes[] = {0, 0xD6, 0x95, 0, 3, 1, 2, 3, 0, 0};
    const uint8_t extended[] = {0, 0xB0, 0, 0, 0, 1, 0};
    for (size_t len = 0; len <= sizeof bytes; len++)
        assert_int_equal(apdu_decode(bytes, len, &a), len == 4 || len == 5 || len == 8 || len == 9);
    assert_false(apdu_decode(extended, sizeof extended, &a));
}

static void every_status_of_the_card_documents_has_its_own_words(void **state)
{
    (void)state;
    static const uint16_t known[] = {0x9000, 0x6110, 0x6283, 0x63C2, 0x6581, 0x6700, 0x6901, 0x6981,
                                     0x6982, 0x6983, 0x6985, 0x6987, 0x6988, 0x6A80, 0x6A81, 0x6A82,
                                     0x6A83, 0x6A84, 0x6A86, 0x6A88, 0x6C08, 0x6D00, 0x6E00, 0x9302,
                                     0x9303, 0x9401, 0x9402, 0x9403, 0x9406};
    const char *unknown = status_meaning(0x6F12);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (size_t j = 0; j <= i; j++) {
            const char *other = j == i ? unknown : status_meaning(known[j]);
            assert_string_not_equal(status_meaning(known[i]), other);
        }
}

static void the_details_pane_gets_a_name_and_never_data(void **state)
{
    (void)state;
    struct apdu a = {.cla = 0x84, .ins = 0xD4, .lc = 3, .data = {1, 2, 3}};
    assert_string_equal(apdu_name(&a), "WRITE KEY");
    a.ins = 0x01;
    assert_string_equal(apdu_name(&a), "?");
}

static void every_kind_of_key_has_a_name_and_a_type(void **state)
{
    (void)state;
    const struct dialect *d = dialect_by_id("pboc-key");
    assert_non_null(d);
    assert_null(dialect_by_id("no-such"));
    for (int k = 0; k < CARD_KEY_KINDS; k++) {
        const char *name = card_key_kind_name((enum card_key_kind)k);
        assert_int_equal(card_key_kind_by_name(name), k);
        assert_true(d->type[k] >= 0x30 && d->type[k] <= 0x3F);
    }
    assert_int_equal(card_key_kind_by_name("no-such"), CARD_KEY_KINDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_four_cases_are_encoded_as_iso_7816_4_says),
        cmocka_unit_test(the_longest_command_fits_and_comes_back_the_same),
        cmocka_unit_test(commands_whose_lengths_do_not_fit_are_not_read),
        cmocka_unit_test(every_status_of_the_card_documents_has_its_own_words),
        cmocka_unit_test(the_details_pane_gets_a_name_and_never_data),
        cmocka_unit_test(every_kind_of_key_has_a_name_and_a_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
