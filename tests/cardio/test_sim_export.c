#include "sim_fixture.h"

/* Region and bank of ../shared/vectors/cards.json "three-level PBOC diversification". */
#define GMPK   "2B7E151628AED2A6ABF7158809CF4F3C"
#define REGION "0000000000000571"
#define BANK   "0000000001021000"
#define BMPK   "CF55DA601D0E55E9D296E7B8EF8AB800"
#define MPK    "249A507F8F8A1CB602EBD7659213B400"

/* A mother card in its MF, opened by the control key: masters 3E/01 and 3F/01, transport 3B/02. */
static struct sim sim_mother(const char *attributes, const char *limit)
{
    struct sim s = sim_washed();
    char header[20], command[64];

    snprintf(header, sizeof header, "01003EF1%sFF33", attributes);
    add_key(&s, 0x81, 0x3E, header, GMPK);
    add_key(&s, 0x81, 0x3F, "01003FF000FFFF", master_key_hex);
    add_key(&s, 0x82, 0x3B, "00003BF000FFFF", transport_key_hex);
    assert_int_equal(send(&s, "80 E0 00 19 07 28 0008 F0 F0 FF FF"), 0x9000);
    snprintf(command, sizeof command, "00 D6 99 00 08 00000002 %s", limit);
    assert_int_equal(send(&s, command), 0x9000);
    return s;
}

/* The exported field, sent to a target whose transport key is the same, becomes this key there. */
static void assert_delivers(const struct sim *mother, struct sim *target, const uint8_t *header,
                            const char *expected_hex)
{
    uint8_t command[APDU_MAX];
    struct secret *expected = key_of(expected_hex);
    const struct sim_key *k;

    memcpy(command, header, 5);
    memcpy(command + 5, mother->reply, mother->len);
    assert_int_equal(send_bytes(target, command, 5 + mother->len), 0x9000);
    k = directory_key(&target->card->directories[0], header[3] & 0x7F, header[2] & 0x7F);
    assert_non_null(k);
    assert_true(secret_equal(k->value, expected));
    secret_free(&expected);
}

static void derived_key_goes_into_the_target_without_the_centre_reading_it(void **state)
{
    struct sim mother = sim_mother("00", "00000002"), target = sim_washed();
    static const uint8_t header[5] = {0x84, 0xD4, 0x81, 0xBE, 0x24};
    char command[160], digits[9];
    uint8_t iv[8];
    (void)state;

    add_key(&target, 0x81, 0x3B, "00003BF000FF33", transport_key_hex);
    challenge(&target, iv);
    hex_encode(iv, 4, digits);
    snprintf(command, sizeof command, "80 F8 01 02 19 01 " REGION " 01003EF000EF33 84D481BE24 %s",
             digits);
    assert_int_equal(send(&mother, command), 0x9000);
    assert_delivers(&mother, &target, header, BMPK);
    assert_int_equal(send(&mother, "00 B0 99 00 08"), 0x9000);
    assert_answer(&mother, "00000002 00000001");
    sim_end(&target);
    sim_end(&mother);
}

static void factors_are_applied_from_left_to_right(void **state)
{
    struct sim mother = sim_mother("00", "00000002"), target = sim_washed();
    static const uint8_t header[5] = {0x84, 0xD4, 0x81, 0xBE, 0x24};
    char command[160], digits[9];
    uint8_t iv[8];
    (void)state;

    add_key(&target, 0x81, 0x3B, "00003BF000FF33", transport_key_hex);
    challenge(&target, iv);
    hex_encode(iv, 4, digits);
    snprintf(command, sizeof command,
             "80 F8 01 02 21 E2 " REGION BANK " 01003EF000EF33 84D481BE24 %s", digits);
    assert_int_equal(send(&mother, command), 0x9000);
    assert_delivers(&mother, &target, header, MPK);
    sim_end(&target);
    sim_end(&mother);
}

#define TAIL "01003EF000EF33 84D4813E24 01020304"

static void nothing_leaves_an_unopened_card(void **state)
{
    struct sim s = sim_mother("00", "00000002");
    (void)state;

    assert_int_equal(send(&s, "00 A4 00 00 02 3F00"), 0x9000);
    assert_int_equal(send(&s, "80 F8 01 02 19 01 " REGION TAIL), 0x6982);
    /* 3F/01 may always be used, yet state 0 is not enough */
    assert_int_equal(send(&s, "80 F8 01 02 19 01 " REGION "01003FF000EF33 84D4813F24 01020304"),
                     0x6982);
    assert_int_equal(send(&s, "00 B0 99 00 08"), 0x9000);
    assert_answer(&s, "00000002 00000002");
    sim_end(&s);
}

static void export_ends_with_the_issuing_limit(void **state)
{
    struct sim s = sim_mother("00", "00000002");
    (void)state;

    assert_int_equal(send(&s, "80 F8 01 02 19 01 " REGION TAIL), 0x9000);
    assert_int_equal(s.len, 0x24);
    assert_int_equal(send(&s, "80 F8 01 02 19 01 " REGION TAIL), 0x9000);
    assert_int_equal(send(&s, "80 F8 01 02 19 01 " REGION TAIL), 0x6985);
    assert_int_equal(s.len, 0);
    sim_end(&s);
    s = sim_mother("00", "00010000");
    assert_int_equal(send(&s, "80 F8 01 02 19 01 " REGION TAIL), 0x9000);
    assert_int_equal(send(&s, "00 B0 99 00 08"), 0x9000);
    assert_answer(&s, "00000002 0000FFFF");
    sim_end(&s);
}

static void without_a_limit_file_nothing_leaves(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    add_key(&s, 0x81, 0x3E, "01003EF100FF33", GMPK);
    add_key(&s, 0x82, 0x3B, "00003BF000FFFF", transport_key_hex);
    assert_int_equal(send(&s, "80 F8 01 02 19 01 " REGION TAIL), 0x6985);
    sim_end(&s);
}

static void key_itself_leaves_only_with_its_attribute(void **state)
{
    struct sim s = sim_mother("00", "00000002");
    (void)state;

    assert_int_equal(send(&s, "80 F8 01 02 11 E0 " TAIL), 0x6985);
    sim_end(&s);
    s = sim_mother("80", "00000002");
    assert_int_equal(send(&s, "80 F8 01 02 11 E0 " TAIL), 0x9000);
    assert_int_equal(send(&s, "80 F8 01 02 11 E0 01003FF000EF33 84D4813F24 01020304"), 0x6985);
    sim_end(&s);
}

static void export_refuses_what_no_target_takes(void **state)
{
    static const char *const bad[] = {
        "80 F8 01 02 19 01" REGION "01003EF000EF33 80D4813E24 01020304", /* class */
        "80 F8 01 02 19 01" REGION "01003EF000EF33 84D6813E24 01020304", /* command */
        "80 F8 01 02 19 01" REGION "01003EF000EF33 84D4813F24 01020304", /* type */
        "80 F8 01 02 19 01" REGION "01003EF000EF33 84D4813E1C 01020304", /* length */
        "80 F8 01 02 19 01" REGION "01013EF000EF33 84D4813E24 01020304", /* algorithm */
        "80 F8 01 02 19 01 A500000000000000" TAIL,                       /* proof's factors */
        "80 F8 01 02 19 01 5A00000000000000" TAIL,
    };
    struct sim s = sim_mother("00", "00000002");
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(send(&s, bad[i]), 0x6A80);
    assert_int_equal(send(&s, "80 F8 01 02 18 01" REGION "01003EF000EF33 84D4813E24 010203"),
                     0x6700);
    assert_int_equal(send(&s, "80 F8 01 02"), 0x6700);
    assert_int_equal(send(&s, "80 F8 02 02 19 01" REGION TAIL), 0x6A88);
    assert_int_equal(send(&s, "80 F8 01 01 19 01" REGION TAIL), 0x6A88);
    /* types that are no masters never leave, not even with every right */
    assert_int_equal(send(&s, "80 F8 00 02 19 91" REGION TAIL), 0x6A88);
    assert_int_equal(send(&s, "80 F8 02 02 19 B1" REGION TAIL), 0x6A88);
    assert_int_equal(send(&s, "00 B0 99 00 08"), 0x9000);
    assert_answer(&s, "00000002 00000002");
    sim_end(&s);
}

/* The way the centre takes kMprd over: PIN, then export under kMtk, unwrapped here by hand. */
static void manufacturer_card_gives_its_key_after_the_pin(void **state)
{
    struct sim s = sim_deliver("manufacturer");
    struct secret *k = key_of(transport_key_hex);
    uint8_t plain[32], whole[37], key[16], mac[4];
    static const uint8_t iv[8] = {1, 2, 3, 4};
    (void)state;

    assert_int_equal(send(&s, "80 F8 01 01 11 E0 000039F00FFF33 84D4003924 01020304"), 0x6982);
    assert_int_equal(send(&s, "00 20 00 00 08 123456FFFFFFFFFF"), 0x9000);
    assert_int_equal(send(&s, "80 F8 01 01 11 E0 000039F00FFF33 84D4003924 01020304"), 0x9000);
    assert_int_equal(s.len, 36);
    bytes_of("84D4003924", whole);
    memcpy(whole + 5, s.reply, 32);
    assert_int_equal(suite_mac(suite_by_id("3des"), k, iv, whole, 37, mac), KR_OK);
    assert_memory_equal(s.reply + 32, mac, 4);
    assert_int_equal(suite_decrypt(suite_by_id("3des"), k, s.reply, plain, 32), KR_OK);
    assert_int_equal(plain[0], 0x17);
    bytes_of(card_key_hex, key);
    assert_memory_equal(plain + 8, key, 16);
    assert_int_equal(send(&s, "00 B0 99 00 08"), 0x9000);
    assert_answer(&s, "00000064 00000063");
    assert_int_equal(send(&s, "80 0E 00 00"), 0x6982);
    assert_int_equal(send(&s, "80 E0 00 16 07 28 0008 F0 F0 FF FF"), 0x6982);
    secret_free(&k);
    sim_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derived_key_goes_into_the_target_without_the_centre_reading_it),
        cmocka_unit_test(factors_are_applied_from_left_to_right),
        cmocka_unit_test(nothing_leaves_an_unopened_card),
        cmocka_unit_test(export_ends_with_the_issuing_limit),
        cmocka_unit_test(without_a_limit_file_nothing_leaves),
        cmocka_unit_test(key_itself_leaves_only_with_its_attribute),
        cmocka_unit_test(export_refuses_what_no_target_takes),
        cmocka_unit_test(manufacturer_card_gives_its_key_after_the_pin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
