#include <stdio.h>
#include "sim_fixture.h"

static void blank_comes_with_its_two_keys_and_no_files(void **state)
{
    struct sim s = sim_deliver("blank-psam");
    (void)state;

    assert_int_equal(send(&s, "80 CA 00 00 08"), 0x9000);
    assert_int_equal(s.len, 8);
    assert_int_equal(s.reply[2], 0x02);
    assert_int_equal(send(&s, "80 CA 39 00 08"), 0x9000);
    assert_answer(&s, "00 00 00 39 F0 0F FF 55");
    assert_int_equal(send(&s, "80 CA 34 00 08"), 0x9000);
    assert_answer(&s, "00 00 00 34 F0 00 FF FF");
    assert_int_equal(send(&s, "80 CA 3E 01 08"), 0x6A88);
    assert_int_equal(send(&s, "00 A4 00 00 02 0015"), 0x6A82);
    sim_end(&s);
}

static void select_answers_with_control_information(void **state)
{
    struct sim s = sim_deliver("blank-mother");
    (void)state;

    assert_int_equal(send(&s, "00 A4 00 00 02 3F00"), 0x9000);
    assert_answer(&s, "6F15 840E 315041592E5359532E4444463031 A503880101");
    assert_int_equal(send(&s, "00 A4 04 00 0E 315041592E5359532E4444463031"), 0x9000);
    assert_int_equal(send(&s, "00 A4 00 00"), 0x9000);
    assert_int_equal(send(&s, "00 A4 04 00 05 A000000003"), 0x6A82);
    assert_int_equal(send(&s, "00 A4 02 00 02 3F00"), 0x6A86);
    assert_int_equal(send(&s, "00 A4 00 00 03 3F0000"), 0x6700);
    sim_end(&s);
}

static void nothing_is_created_or_erased_before_authentication(void **state)
{
    struct sim s = sim_deliver("blank-mother");
    (void)state;

    assert_int_equal(send(&s, "80 E0 00 15 07 28 0019 F0 EF FF FF"), 0x6982);
    assert_int_equal(send(&s, "80 0E 00 00"), 0x6982);
    assert_int_equal(external(&s, card_key_hex, 0), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 15 07 28 0019 F0 EF FF FF"), 0x9000);
    sim_end(&s);
}

static void selecting_a_directory_takes_its_security_state_away(void **state)
{
    struct sim s = sim_deliver("blank-mother");
    (void)state;

    assert_int_equal(external(&s, card_key_hex, 0), 0x9000);
    assert_int_equal(s.card->state, 0x0F);
    assert_int_equal(send(&s, "00 A4 00 00 02 4444"), 0x6A82);
    assert_int_equal(s.card->state, 0x0F);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F00"), 0x9000);
    assert_int_equal(s.card->state, 0);
    assert_int_equal(external(&s, card_key_hex, 0), 0x9000);
    sim_card_reset(s.card);
    assert_int_equal(s.card->state, 0);
    assert_int_equal(send(&s, "80 0E 00 00"), 0x6982);
    sim_end(&s);
}

static void create_file_refuses_what_cannot_be(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(send(&s, "80 E0 00 00 07 3F 0100 00 F0 FF FF"), 0x6A80); /* second key file */
    assert_int_equal(send(&s, "80 E0 00 15 07 28 0000 F0 F0 FF FF"), 0x6A80); /* no size */
    assert_int_equal(send(&s, "80 E0 00 15 07 68 0010 F0 F0 FF FF"), 0x6A80); /* no MAC */
    assert_int_equal(send(&s, "80 E0 00 15 07 29 0010 F0 F0 FF FF"), 0x6A80);
    assert_int_equal(send(&s, "80 E0 00 15 07 2F 0208 F0 F0 FF FF"), 0x6A80);
    assert_int_equal(send(&s, "80 E0 00 15 06 28 0010 F0 F0 FF"), 0x6700);
    assert_int_equal(send(&s, "80 E0 00 15 08 28 0010 F0 F0 FF FF FF"), 0x6A80);
    assert_int_equal(send(&s, "80 E0 3F 00 07 28 0010 F0 F0 FF FF"), 0x6A80);
    assert_int_equal(send(&s, "80 E0 00 15 07 28 7F00 F0 F0 FF FF"), 0x6A84);
    assert_int_equal(send(&s, "80 E0 00 15 07 28 0010 F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 15 07 28 0010 F0 F0 FF FF"), 0x6A80); /* twice */
    assert_int_equal(send(&s, "80 E0 3F 01 09 38 0200 F0 F0 FF FFFF 41"), 0x9000);
    assert_int_equal(send(&s, "80 E0 3F 02 09 38 0200 F0 F0 FF FFFF 41"), 0x6A80); /* name */
    assert_int_equal(send(&s, "80 E0 3F 02 08 38 0200 F0 F0 FF FFFF"), 0x6A80);
    assert_int_equal(send(&s, "80 E0 3F 02 09 38 7F00 F0 F0 FF FFFF 42"), 0x6A84);
    sim_end(&s);
}

static void directory_without_key_file_is_free_until_it_is_left(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(send(&s, "80 E0 3F 01 0A 38 0200 FF FF FF FFFF 4142"), 0x9000);
    assert_int_equal(send(&s, "00 A4 04 00 02 4142"), 0x9000);
    assert_answer(&s, "6F09 8402 4142 A503880101");
    assert_int_equal(send(&s, "80 E0 00 15 07 28 0008 EF EF FF FF"), 0x6985); /* keys first */
    assert_int_equal(send(&s, "80 E0 3F 02 09 38 0010 F0 F0 FF FFFF 43"), 0x6985);
    assert_int_equal(send(&s, "80 E0 00 00 07 3F 0100 00 FF FF FF"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 15 07 28 0008 EF EF FF FF"), 0x9000);
    assert_int_equal(send(&s, "00 D6 95 00 02 1122"), 0x9000);
    assert_int_equal(send(&s, "00 B0 95 00 02"), 0x9000);
    assert_answer(&s, "1122");
    assert_int_equal(send(&s, "00 A4 00 00 02 3F01"), 0x9000);
    assert_int_equal(send(&s, "00 B0 95 00 02"), 0x6982);
    assert_int_equal(send(&s, "00 D6 95 00 02 1122"), 0x6982);
    assert_int_equal(send(&s, "80 E0 00 16 07 28 0008 F0 F0 FF FF"), 0x6982);
    sim_end(&s);
}

static void files_in_a_directory_share_its_size(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(send(&s, "80 E0 3F 01 09 38 0064 F0 F0 FF FFFF 41"), 0x9000);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F01"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 00 07 3F 0020 00 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 15 07 28 0025 F0 F0 FF FF"), 0x6A84);
    assert_int_equal(send(&s, "80 E0 00 15 07 28 0024 F0 F0 FF FF"), 0x9000);
    sim_end(&s);
}

static void erasing_the_mf_keeps_only_the_control_key(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(send(&s, "80 E0 00 15 07 28 0010 F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "80 E0 3F 01 09 38 0200 F0 F0 FF FFFF 41"), 0x9000);
    assert_int_equal(send(&s, "80 0E 00 00"), 0x9000);
    assert_int_equal(send(&s, "80 CA 39 00 08"), 0x9000);
    assert_int_equal(send(&s, "80 CA 34 00 08"), 0x6A88);
    assert_int_equal(send(&s, "00 B0 95 00 01"), 0x6A82);
    assert_int_equal(send(&s, "80 E0 00 15 07 28 0010 F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F01"), 0x6A82);
    sim_card_reset(s.card);
    assert_int_equal(external(&s, card_key_hex, 0), 0x63C2);
    assert_int_equal(external(&s, control_key_hex, 0), 0x9000);
    sim_end(&s);
}

static void application_is_erased_from_within_or_taken_away_from_above(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(send(&s, "80 E0 3F 01 09 38 0200 F0 EF FF FFFF 41"), 0x9000);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F01"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 00 07 3F 0100 00 FF FF FF"), 0x9000);
    assert_int_equal(send(&s, "80 0E 00 00"), 0x9000); /* free: never left since */
    assert_int_equal(send(&s, "80 E0 00 00 07 3F 0100 00 FF FF FF"), 0x9000);
    assert_int_equal(send(&s, "80 0E 3F 01"), 0x6985); /* from above only */
    assert_int_equal(send(&s, "00 A4 00 00 02 3F01"), 0x9000);
    assert_int_equal(send(&s, "80 0E 00 00"), 0x6982);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F00"), 0x9000);
    assert_int_equal(send(&s, "80 0E 3F 01"), 0x6982);
    assert_int_equal(external(&s, control_key_hex, 0), 0x9000);
    assert_int_equal(send(&s, "80 0E 3F 02"), 0x6A82);
    assert_int_equal(send(&s, "80 0E 3F 00"), 0x6A82);
    assert_int_equal(send(&s, "80 0E 3F 01"), 0x9000);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F01"), 0x6A82);
    sim_end(&s);
}

static void erased_directory_taken_from_the_middle_leaves_the_others(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(send(&s, "80 E0 3F 01 09 38 0100 F0 F0 FF FFFF 41"), 0x9000);
    assert_int_equal(send(&s, "80 E0 3F 02 09 38 0100 F0 F0 FF FFFF 42"), 0x9000);
    assert_int_equal(send(&s, "80 0E 3F 01"), 0x9000);
    assert_int_equal(send(&s, "00 A4 04 00 01 42"), 0x9000);
    assert_int_equal(send(&s, "00 A4 04 00 01 41"), 0x6A82);
    sim_end(&s);
}

static void unknown_commands_and_lengths_have_their_own_answers(void **state)
{
    struct sim s = sim_deliver("blank-user");
    (void)state;

    assert_int_equal(send(&s, "00 FF 00 00"), 0x6D00);
    assert_int_equal(send(&s, "80 A4 00 00 02 3F00"), 0x6E00);
    assert_int_equal(send(&s, "00 A4 00 00 05 3F00"), 0x6700);
    assert_int_equal(send(&s, "00"), 0x6700);
    assert_int_equal(send(&s, "80 CA 00 00 04"), 0x6C08);
    assert_int_equal(send(&s, "00 C0 00 00 10"), 0x6985);
    sim_end(&s);
}

static void t0_cards_make_the_reader_fetch_the_answer(void **state)
{
    struct sim s = sim_deliver("blank-mother");
    (void)state;

    sim_card_set_t0(s.card, true);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F00"), 0x6117);
    assert_int_equal(send(&s, "00 C0 00 00 16"), 0x6C17);
    assert_int_equal(send(&s, "00 C0 00 00 17"), 0x9000);
    assert_int_equal(s.len, 0x17);
    assert_int_equal(send(&s, "00 C0 00 00 17"), 0x6985);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F00"), 0x6117);
    assert_int_equal(send(&s, "80 CA 00 00 00"), 0x6C08);
    assert_int_equal(send(&s, "00 C0 00 00 17"), 0x6985); /* another command came between */
    assert_int_equal(send(&s, "80 CA 00 00 08"), 0x9000);
    sim_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blank_comes_with_its_two_keys_and_no_files),
        cmocka_unit_test(select_answers_with_control_information),
        cmocka_unit_test(nothing_is_created_or_erased_before_authentication),
        cmocka_unit_test(selecting_a_directory_takes_its_security_state_away),
        cmocka_unit_test(create_file_refuses_what_cannot_be),
        cmocka_unit_test(directory_without_key_file_is_free_until_it_is_left),
        cmocka_unit_test(files_in_a_directory_share_its_size),
        cmocka_unit_test(erasing_the_mf_keeps_only_the_control_key),
        cmocka_unit_test(application_is_erased_from_within_or_taken_away_from_above),
        cmocka_unit_test(erased_directory_taken_from_the_middle_leaves_the_others),
        cmocka_unit_test(unknown_commands_and_lengths_have_their_own_answers),
        cmocka_unit_test(t0_cards_make_the_reader_fetch_the_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
