#include <stdio.h>
#include "sim_fixture.h"

static const char line_key_hex[] = "A0A1A2A3A4A5A6A7A8A9AAABACADAEAF";

/* A washed card with a line-protection key and files 15 plain, 16 MAC, 17 encrypted, 18 variable
 * MAC. */
static struct sim sim_with_files(void)
{
    struct sim s = sim_washed();
    char record[96];

    snprintf(record, sizeof record, "000036F000FF33 %s", line_key_hex);
    assert_int_equal(write_key_hex(&s, 0x81, 0x36, control_key_hex, record), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 15 07 28 0019 F0 FF FF FF"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 16 07 A8 0019 F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 17 07 E8 0019 F0 F0 FF 01"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 18 07 AC 0019 F0 F0 FF FF"), 0x9000);
    return s;
}

static void plain_file_reads_what_was_written_where_it_was_written(void **state)
{
    struct sim s = sim_with_files();
    (void)state;

    assert_int_equal(send(&s, "00 D6 95 03 03 112233"), 0x9000);
    assert_int_equal(send(&s, "00 B0 95 02 05"), 0x9000);
    assert_answer(&s, "00 112233 00");
    assert_int_equal(send(&s, "00 B0 95 00 00"), 0x9000);
    assert_int_equal(s.len, 0x19);
    assert_int_equal(send(&s, "00 B0 95 10 00"), 0x9000);
    assert_int_equal(s.len, 9);
    assert_int_equal(send(&s, "00 B0 95 10 0A"), 0x6C09);
    assert_int_equal(send(&s, "00 B0 95 19 01"), 0x6A86);
    assert_int_equal(send(&s, "00 D6 95 18 02 1122"), 0x6A84);
    assert_int_equal(send(&s, "00 D6 95 19 01 11"), 0x6A86);
    assert_int_equal(send(&s, "00 B0 99 00 01"), 0x6A82);
    assert_int_equal(send(&s, "00 B0 98 00 01"), 0x6981);
    assert_int_equal(send(&s, "00 B0 F5 00 01"), 0x6A86);
    sim_end(&s);
}

static void current_file_is_the_selected_one(void **state)
{
    struct sim s = sim_with_files();
    (void)state;

    assert_int_equal(send(&s, "00 B0 00 00 01"), 0x6985);
    assert_int_equal(send(&s, "00 A4 00 00 02 0015"), 0x9000);
    assert_int_equal(s.len, 0);
    assert_int_equal(send(&s, "00 D6 00 01 01 5A"), 0x9000);
    assert_int_equal(send(&s, "00 B0 00 01 01"), 0x9000);
    assert_answer(&s, "5A");
    assert_int_equal(send(&s, "00 A4 00 00 02 3F00"), 0x9000);
    assert_int_equal(send(&s, "00 B0 00 00 01"), 0x6985);
    sim_end(&s);
}

static void write_right_stands_before_a_plain_update(void **state)
{
    struct sim s = sim_with_files();
    (void)state;

    assert_int_equal(send(&s, "00 A4 00 00 02 3F00"), 0x9000);
    assert_int_equal(send(&s, "00 D6 95 00 01 11"), 0x6982);
    assert_int_equal(send(&s, "00 B0 95 00 01"), 0x9000);
    sim_end(&s);
}

static void protected_file_takes_only_its_own_messaging(void **state)
{
    struct sim s = sim_with_files();
    (void)state;

    assert_int_equal(send(&s, "00 D6 96 00 02 1122"), 0x6987);
    assert_int_equal(send(&s, "04 D6 96 00 06 1122 00000000"), 0x6985);
    assert_int_equal(send_secured(&s, "04 D6 96 00", card_key_hex, false, "1122"), 0x6988);
    assert_int_equal(counter_of(&s, 0x36, 1), 0x32);
    assert_int_equal(send_secured(&s, "04 D6 95 00", line_key_hex, false, "1122"), 0x6981);
    assert_int_equal(send_secured(&s, "04 D6 96 00", line_key_hex, false, ""), 0x6700);
    assert_int_equal(send_secured(&s, "04 D6 96 00", line_key_hex, false, "1122"), 0x9000);
    assert_int_equal(counter_of(&s, 0x36, 1), 0x33);
    assert_int_equal(send(&s, "00 B0 96 00 03"), 0x9000);
    assert_answer(&s, "112200");
    assert_int_equal(send_secured(&s, "04 D6 97 00", line_key_hex, false, "1122"), 0x6A80);
    assert_int_equal(send_secured(&s, "04 D6 97 01", line_key_hex, true, "334455"), 0x9000);
    assert_int_equal(send(&s, "00 B0 97 00 04"), 0x9000);
    assert_answer(&s, "00334455");
    sim_end(&s);
}

static void line_key_locks_after_its_tries(void **state)
{
    struct sim s = sim_with_files();
    (void)state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(send_secured(&s, "04 D6 96 00", card_key_hex, false, "1122"), 0x6988);
    assert_int_equal(send_secured(&s, "04 D6 96 00", line_key_hex, false, "1122"), 0x6983);
    sim_end(&s);
}

/* FMCOS 2.0 manual: key 44.., data 0102..0C. */
static void encrypted_line_is_that_of_the_manual(void **state)
{
    struct sim s = sim_washed();
    static const char single_key_hex[] = "4444444444444444";
    uint8_t command[APDU_MAX], iv[8];
    struct secret *k = key_of(single_key_hex);
    (void)state;

    assert_int_equal(
        write_key_hex(&s, 0x81, 0x36, control_key_hex, "000136F000FF33 4444444444444444"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 17 07 E8 0019 F0 F0 FF FF"), 0x9000);
    challenge(&s, iv);
    bytes_of("04 D6 97 00 14 A5DFE4940B63DC35471ED8A8CD098843", command);
    assert_int_equal(suite_mac(suite_by_id("3des"), k, iv, command, 21, command + 21), KR_OK);
    assert_int_equal(send_bytes(&s, command, 25), 0x9000);
    assert_int_equal(send(&s, "00 B0 97 00 0C"), 0x9000);
    assert_answer(&s, "0102030405060708090A0B0C");
    secret_free(&k);
    sim_end(&s);
}

static void secured_reading_proves_itself(void **state)
{
    struct sim s = sim_with_files();
    uint8_t command[APDU_MAX], iv[8], whole[64], mac[4];
    struct secret *k = key_of(line_key_hex);
    (void)state;

    assert_int_equal(send_secured(&s, "04 D6 96 00", line_key_hex, false, "1122"), 0x9000);
    challenge(&s, iv);
    bytes_of("04 B0 96 00 04", command);
    append_mac(line_key_hex, iv, command, 5);
    command[9] = 0x02;
    assert_int_equal(send_bytes(&s, command, 10), 0x9000);
    assert_int_equal(s.len, 6);
    assert_memory_equal(s.reply, "\x11\x22", 2);
    bytes_of("04 B0 96 00 06 1122", whole);
    assert_int_equal(suite_mac(suite_by_id("3des"), k, iv, whole, 7, mac), KR_OK);
    assert_memory_equal(s.reply + 2, mac, 4);
    assert_int_equal(send_bytes(&s, command, 10), 0x6985);
    assert_int_equal(send_secured(&s, "04 B0 95 00", line_key_hex, false, ""), 0x6981);
    assert_int_equal(send_secured(&s, "04 B0 97 00", line_key_hex, false, ""), 0x9000);
    assert_int_equal(s.len, 0x20 + 4); /* LD, 25 bytes, padding, MAC */
    secret_free(&k);
    sim_end(&s);
}

static void fixed_records_keep_their_length_and_order(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(send(&s, "80 E0 00 01 07 2A 02 03 F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "00 B2 01 0C 03"), 0x6A83);
    assert_int_equal(send(&s, "00 E2 00 08 03 010101"), 0x9000);
    assert_int_equal(send(&s, "00 E2 00 0C 03 020202"), 0x9000);
    assert_int_equal(send(&s, "00 E2 00 08 03 030303"), 0x6A84);
    assert_int_equal(send(&s, "00 E2 00 08 02 0303"), 0x6700);
    assert_int_equal(send(&s, "00 DC 02 0C 03 222222"), 0x9000);
    assert_int_equal(send(&s, "00 DC 03 0C 03 222222"), 0x6A83);
    assert_int_equal(send(&s, "00 DC 02 0C 02 2222"), 0x6700);
    assert_int_equal(send(&s, "00 B2 02 0C 00"), 0x9000);
    assert_answer(&s, "222222");
    assert_int_equal(send(&s, "00 B2 01 0C 02"), 0x6C03);
    assert_int_equal(send(&s, "00 B2 00 0C 03"), 0x6A83);
    assert_int_equal(send(&s, "00 B2 01 08 03"), 0x6A86);
    assert_int_equal(send(&s, "00 B0 81 00 03"), 0x6981);
    sim_end(&s);
}

static void cyclic_file_gives_the_newest_first_and_drops_the_oldest(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(send(&s, "80 E0 00 02 07 2E 02 02 F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "00 E2 00 10 02 0101"), 0x9000);
    assert_int_equal(send(&s, "00 E2 00 10 02 0202"), 0x9000);
    assert_int_equal(send(&s, "00 E2 00 10 02 0303"), 0x9000);
    assert_int_equal(send(&s, "00 B2 01 14 02"), 0x9000);
    assert_answer(&s, "0303");
    assert_int_equal(send(&s, "00 B2 02 14 02"), 0x9000);
    assert_answer(&s, "0202");
    assert_int_equal(send(&s, "00 B2 03 14 02"), 0x6A83);
    assert_int_equal(send(&s, "00 DC 01 14 02 0404"), 0x6981);
    sim_end(&s);
}

static void variable_records_may_change_their_length(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(send(&s, "80 E0 00 03 07 2C 000A F0 F0 FF FF"), 0x9000);
    assert_int_equal(send(&s, "00 E2 00 18 02 0101"), 0x9000);
    assert_int_equal(send(&s, "00 E2 00 18 03 020202"), 0x9000);
    assert_int_equal(send(&s, "00 E2 00 18 03 030303"), 0x6A84);
    assert_int_equal(send(&s, "00 DC 01 1C 05 1111111111"), 0x9000);
    assert_int_equal(send(&s, "00 DC 01 1C 06 111111111111"), 0x6A84);
    assert_int_equal(send(&s, "00 B2 02 1C 00"), 0x9000);
    assert_answer(&s, "020202");
    assert_int_equal(send(&s, "00 B2 01 1C 00"), 0x9000);
    assert_answer(&s, "1111111111");
    assert_int_equal(send(&s, "00 B2 03 1C 00"), 0x6A83);
    sim_end(&s);
}

static void records_are_protected_like_any_file(void **state)
{
    struct sim s = sim_with_files();
    (void)state;

    assert_int_equal(send(&s, "00 E2 00 C0 02 0101"), 0x6987);
    assert_int_equal(send_secured(&s, "04 E2 00 C0", line_key_hex, false, "0101"), 0x9000);
    assert_int_equal(send(&s, "00 B2 01 C4 00"), 0x9000);
    assert_answer(&s, "0101");
    sim_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_file_reads_what_was_written_where_it_was_written),
        cmocka_unit_test(current_file_is_the_selected_one),
        cmocka_unit_test(write_right_stands_before_a_plain_update),
        cmocka_unit_test(protected_file_takes_only_its_own_messaging),
        cmocka_unit_test(line_key_locks_after_its_tries),
        cmocka_unit_test(encrypted_line_is_that_of_the_manual),
        cmocka_unit_test(secured_reading_proves_itself),
        cmocka_unit_test(fixed_records_keep_their_length_and_order),
        cmocka_unit_test(cyclic_file_gives_the_newest_first_and_drops_the_oldest),
        cmocka_unit_test(variable_records_may_change_their_length),
        cmocka_unit_test(records_are_protected_like_any_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
