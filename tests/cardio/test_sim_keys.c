#include <stdio.h>
#include "sim_fixture.h"

static void record_of(char out[96], const char *header, const char *value)
{
    snprintf(out, 96, "%s %s", header, value);
}

static uint16_t add(struct sim *s, uint8_t p1, uint8_t type, const char *header, const char *value)
{
    char record[96];

    record_of(record, header, value);
    return write_key_hex(s, p1, type, control_key_hex, record);
}

/* ../shared/vectors/cards.json "WRITE KEY, dialect pboc-key, 16-byte key" */
static void write_key_takes_the_published_vector(void **state)
{
    struct sim s = sim_washed();
    const struct sim_key *k;
    struct secret *wanted = key_of(master_key_hex);
    (void)state;

    set_challenge(&s, "A1B2C3D4");
    assert_int_equal(send(&s, "84D4813E24"
                              "5FDD50CE41A6E3AB97C39756446F70D84F87D48B5A70ACD0BDA3632E30BC960F"
                              "3B3A29A5"),
                     0x9000);
    k = directory_key(&s.card->directories[0], KEY_PURCHASE, 1);
    assert_non_null(k);
    assert_true(secret_equal(k->value, wanted));
    assert_int_equal(send(&s, "80 CA 3E 01 08"), 0x9000);
    assert_answer(&s, "01 01 00 3E F0 00 EF 33");
    secret_free(&wanted);
    sim_end(&s);
}

static void wrong_mac_is_refused_and_costs_the_control_key_a_try(void **state)
{
    struct sim s = sim_washed();
    uint8_t command[APDU_MAX], iv[8];
    size_t len;
    (void)state;

    for (size_t at = 2; at < 41; at++) {
        challenge(&s, iv);
        len = build_write_key(command, iv, 0x81, 0x3E, control_key_hex,
                              "01003EF000EF33 0F1E2D3C4B5A69788796A5B4C3D2E1F0");
        assert_int_equal(len, 41);
        if (at == 3 || at == 4)
            continue; /* type and Lc: other answers */
        command[at] ^= 0x01;
        assert_int_equal(send_bytes(&s, command, len), 0x6988);
        assert_int_equal(counter_of(&s, 0x39, 0), 0x32);
        assert_int_equal(external(&s, control_key_hex, 0), 0x9000); /* restores */
        assert_int_equal(counter_of(&s, 0x39, 0), 0x33);
        assert_int_equal(send(&s, "80 CA 3E 01 08"), 0x6A88);
    }
    sim_end(&s);
}

static void three_wrong_macs_lock_the_control_key_for_good(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(write_key_hex(&s, 0x81, 0x3E, card_key_hex,
                                       "01003EF000EF33 0F1E2D3C4B5A69788796A5B4C3D2E1F0"),
                         0x6988);
    assert_int_equal(add(&s, 0x81, 0x3E, "01003EF000EF33", master_key_hex), 0x6983);
    assert_int_equal(external(&s, control_key_hex, 0), 0x6983);
    sim_end(&s);
}

static void challenge_serves_once_and_only_the_next_command(void **state)
{
    struct sim s = sim_washed();
    uint8_t command[APDU_MAX], iv[8];
    size_t len;
    (void)state;

    assert_int_equal(send(&s, "84D4813E24"
                              "5FDD50CE41A6E3AB97C39756446F70D84F87D48B5A70ACD0BDA3632E30BC960F"
                              "3B3A29A5"),
                     0x6985);
    challenge(&s, iv);
    len = build_write_key(command, iv, 0x81, 0x3E, control_key_hex,
                          "01003EF000EF33 0F1E2D3C4B5A69788796A5B4C3D2E1F0");
    assert_int_equal(send(&s, "80 CA 00 00 08"), 0x9000);
    assert_int_equal(send_bytes(&s, command, len), 0x6985);
    challenge(&s, iv);
    assert_int_equal(send(&s, "00 FF 00 00"), 0x6D00);
    assert_int_equal(send_bytes(&s, command, len), 0x6985);
    challenge(&s, iv); /* another one: the old command is a replay */
    assert_int_equal(send_bytes(&s, command, len), 0x6988);
    sim_end(&s);
}

static void keys_are_added_and_changed_only_as_the_rights_say(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(add(&s, 0x01, 0x3E, "01003EF000FF33", master_key_hex), 0x6A88);
    assert_int_equal(add(&s, 0x81, 0x3E, "01003EF000FF33", master_key_hex), 0x9000);
    assert_int_equal(add(&s, 0x81, 0x3E, "01003EF000FF33", master_key_hex), 0x6A80);
    assert_int_equal(add(&s, 0x81, 0x3F, "01003FF000EF33", master_key_hex), 0x9000);
    assert_int_equal(add(&s, 0x01, 0x3E, "02003EF000FF44", card_key_hex), 0x9000);
    assert_int_equal(send(&s, "80 CA 3E 01 08"), 0x9000);
    assert_answer(&s, "01 02 00 3E F0 00 FF 44");
    assert_int_equal(add(&s, 0x01, 0x3F, "01003FF000EF33", card_key_hex), 0x6982); /* never */
    assert_int_equal(send(&s, "00 A4 00 00 02 3F00"), 0x9000);
    assert_int_equal(add(&s, 0x01, 0x3E, "02003EF000FF44", card_key_hex), 0x6982);
    assert_int_equal(add(&s, 0x82, 0x3E, "02003EF000FF44", card_key_hex), 0x6982);
    sim_end(&s);
}

static void records_that_contradict_themselves_are_refused(void **state)
{
    static const struct {
        uint8_t type;
        const char *header, *value;
    } bad[] = {
        {0x3E, "01003FF000FF33", master_key_hex},     /* usage is not P2 */
        {0x35, "010035F000FF33", master_key_hex},     /* no such type */
        {0x3E, "01013EF000FF33", master_key_hex},     /* 16 bytes of single DES */
        {0x3E, "01003EF000FF33", "0102030405060708"}, /* 8 bytes of 3DES */
        {0x3E, "01003EF000FF34", master_key_hex},     /* more left than there are */
        {0x3E, "01003EF000FF30", master_key_hex},     /* born locked */
        {0x3A, "00033AF001FFFF", "123456"},           /* a PIN that never counts */
        {0x3A, "00033AF001FF33", "1234"},             /* length is not the algorithm byte */
        {0x3A, "00033AF001FF33", "12F456"},           /* digits after the filling */
        {0x3A, "00033AF001FF33", "12A456"},           /* no digits */
        {0x3A, "00013AF001FF33", "12"},               /* too short */
        {0x3A, "00033AF001FF33", "FFFFFF"},           /* empty */
    };
    struct sim s = sim_washed();
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(add(&s, 0x85, bad[i].type, bad[i].header, bad[i].value), 0x6A80);
    assert_int_equal(add(&s, 0x85, 0x3E, "01013EF000FF33", "0102030405060708"), 0x9000);
    assert_int_equal(add(&s, 0x85, 0x3A, "00063AF001FF33", "123456789012"), 0x9000);
    assert_int_equal(add(&s, 0x86, 0x3A, "00033AF001FF33", "1234FF"), 0x9000);
    assert_int_equal(add(&s, 0xFF, 0x3E, "01003EF000FF33", master_key_hex), 0x6A86);
    sim_end(&s);
}

static void padding_is_always_there_and_always_checked(void **state)
{
    struct sim s = sim_washed();
    uint8_t command[APDU_MAX], iv[8];
    /* LD 17, record, then what padding should be */
    uint8_t plain[32] = {0x17, 0x01, 0x00, 0x3E, 0xF0, 0x00, 0xFF, 0x33};
    static const uint8_t header[5] = {0x84, 0xD4, 0x81, 0x3E, 0x24};
    (void)state;

    for (int wrong = 0; wrong < 4; wrong++) {
        memset(plain + 8, 0x5C, 16);
        memset(plain + 24, 0, 8);
        plain[24] = wrong == 0 ? 0x00 : 0x80;
        plain[31] = wrong == 1 ? 0x01 : 0x00;
        plain[0] = wrong == 2 ? 0x16 : wrong == 3 ? 0xFF : 0x17;
        challenge(&s, iv);
        memcpy(command, header, 5);
        encrypt(control_key_hex, plain, command + 5, 32);
        assert_int_equal(send_bytes(&s, command, append_mac(control_key_hex, iv, command, 37)),
                         0x6A80);
    }
    assert_int_equal(send(&s, "84 D4 81 3E 04 00000000"), 0x6700);
    assert_int_equal(send(&s, "80 D4 81 3E 04 00000000"), 0x6987);
    sim_end(&s);
}

static void control_key_changes_under_the_old_one_alone(void **state)
{
    struct sim s = sim_deliver("blank-mother");
    char record[96];
    (void)state;

    record_of(record, "000039F00FFF33", control_key_hex);
    assert_int_equal(write_key_hex(&s, 0x00, 0x39, card_key_hex, record), 0x6982);
    assert_int_equal(external(&s, card_key_hex, 0), 0x9000);
    assert_int_equal(write_key_hex(&s, 0x80, 0x39, card_key_hex, record), 0x6A80);
    assert_int_equal(write_key_hex(&s, 0x00, 0x39, control_key_hex, record), 0x6988);
    assert_int_equal(counter_of(&s, 0x39, 0), 0x54);
    assert_int_equal(write_key_hex(&s, 0x00, 0x39, card_key_hex, record), 0x9000);
    assert_int_equal(write_key_hex(&s, 0x00, 0x39, card_key_hex, record), 0x6988);
    assert_int_equal(counter_of(&s, 0x39, 0), 0x32);
    sim_end(&s);
}

static void application_control_key_comes_from_above(void **state)
{
    struct sim s = sim_washed();
    char control[96], other[96];
    (void)state;

    record_of(control, "000039F00FFF33", master_key_hex);
    record_of(other, "00003EF000FF33", card_key_hex);
    assert_int_equal(send(&s, "80 E0 3F 01 09 38 0200 F0 F0 FF FFFF 41"), 0x9000);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F01"), 0x9000);
    assert_int_equal(write_key_hex(&s, 0x80, 0x39, control_key_hex, control), 0x6A88);
    assert_int_equal(send(&s, "80 E0 00 00 07 3F 0040 00 FF FF FF"), 0x9000);
    assert_int_equal(write_key_hex(&s, 0x81, 0x3E, control_key_hex, other), 0x6A88);
    assert_int_equal(write_key_hex(&s, 0x80, 0x39, control_key_hex, control), 0x9000);
    assert_int_equal(write_key_hex(&s, 0x81, 0x3E, control_key_hex, other), 0x6988);
    assert_int_equal(write_key_hex(&s, 0x81, 0x3E, master_key_hex, other), 0x9000);
    assert_int_equal(write_key_hex(&s, 0x82, 0x3E, master_key_hex, other), 0x6A84); /* full */
    assert_int_equal(send(&s, "00 A4 00 00 02 3F01"), 0x9000);
    assert_int_equal(write_key_hex(&s, 0x81, 0x3F, master_key_hex, other), 0x6982);
    assert_int_equal(external(&s, master_key_hex, 0), 0x9000);
    assert_int_equal(write_key_hex(&s, 0x00, 0x39, master_key_hex, control), 0x6988);
    assert_int_equal(write_key_hex(&s, 0x00, 0x39, control_key_hex, control), 0x9000);
    sim_end(&s);
}

static void transport_key_is_found_by_its_mac_and_never_carries_a_control_key(void **state)
{
    struct sim s = sim_washed();
    char key[96];
    (void)state;

    record_of(key, "01003EF000FF33", master_key_hex);
    assert_int_equal(write_key_hex(&s, 0x81, 0xBE, transport_key_hex, key), 0x6A88);
    assert_int_equal(add(&s, 0x81, 0x3B, "00003BF000FF33", card_key_hex), 0x9000);
    assert_int_equal(add(&s, 0x82, 0x3B, "00003BF000FF33", transport_key_hex), 0x9000);
    assert_int_equal(write_key_hex(&s, 0x81, 0xBE, control_key_hex, key), 0x6988);
    assert_int_equal(counter_of(&s, 0x3B, 1), 0x32);
    assert_int_equal(counter_of(&s, 0x3B, 2), 0x32);
    assert_int_equal(write_key_hex(&s, 0x81, 0xBE, transport_key_hex, key), 0x9000);
    assert_int_equal(counter_of(&s, 0x3B, 1), 0x32);
    assert_int_equal(counter_of(&s, 0x3B, 2), 0x33);
    assert_int_equal(send(&s, "80 CA 3E 01 08"), 0x9000);
    record_of(key, "000039F00FFF33", master_key_hex);
    assert_int_equal(write_key_hex(&s, 0x00, 0xB9, transport_key_hex, key), 0x6985);
    sim_end(&s);
}

static void transport_key_of_the_mf_serves_an_application(void **state)
{
    struct sim s = sim_washed();
    char key[96];
    (void)state;

    assert_int_equal(add(&s, 0x81, 0x3B, "00003BF000FF33", transport_key_hex), 0x9000);
    assert_int_equal(send(&s, "80 E0 3F 01 09 38 0200 F0 F0 FF FFFF 41"), 0x9000);
    assert_int_equal(send(&s, "00 A4 00 00 02 3F01"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 00 07 3F 0040 00 FF FF FF"), 0x9000);
    record_of(key, "01003EF000FF33", master_key_hex);
    assert_int_equal(write_key_hex(&s, 0x81, 0xBE, transport_key_hex, key), 0x9000);
    sim_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_key_takes_the_published_vector),
        cmocka_unit_test(wrong_mac_is_refused_and_costs_the_control_key_a_try),
        cmocka_unit_test(three_wrong_macs_lock_the_control_key_for_good),
        cmocka_unit_test(challenge_serves_once_and_only_the_next_command),
        cmocka_unit_test(keys_are_added_and_changed_only_as_the_rights_say),
        cmocka_unit_test(records_that_contradict_themselves_are_refused),
        cmocka_unit_test(padding_is_always_there_and_always_checked),
        cmocka_unit_test(control_key_changes_under_the_old_one_alone),
        cmocka_unit_test(application_control_key_comes_from_above),
        cmocka_unit_test(transport_key_is_found_by_its_mac_and_never_carries_a_control_key),
        cmocka_unit_test(transport_key_of_the_mf_serves_an_application),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
