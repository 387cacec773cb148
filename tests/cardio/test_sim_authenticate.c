#include "sim_fixture.h"

/* FMCOS 2.0 manual examples, ../shared/vectors/cards.json */
static void single_des_cryptograms_are_those_of_the_manual(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    add_key(&s, 0x81, 0x39, "000139F005FF33", "0102030405060708");
    add_key(&s, 0x82, 0x34, "000134F000FFFF", "1122334455667788");
    set_challenge(&s, "BB83BFF3");
    assert_int_equal(send(&s, "00 82 00 01 08 74B0047DD681D96C"), 0x9000);
    assert_int_equal(s.card->state, 5);
    assert_int_equal(send(&s, "00 88 00 02 08 0102030405060708"), 0x9000);
    assert_answer(&s, "178F59F8578E0D3F");
    sim_end(&s);
}

static void eight_byte_challenges_serve_too(void **state)
{
    struct sim s = sim_deliver("blank-mother");
    uint8_t command[13] = {0x00, 0x82, 0x00, 0x00, 0x08};
    (void)state;

    assert_int_equal(send(&s, "00 84 00 00 08"), 0x9000);
    assert_int_equal(s.len, 8);
    encrypt(card_key_hex, s.reply, command + 5, 8);
    assert_int_equal(send_bytes(&s, command, sizeof command), 0x9000);
    assert_int_equal(send(&s, "00 84 00 00 05"), 0x6C08);
    assert_int_equal(send(&s, "00 84 00 00"), 0x6C08);
    assert_int_equal(send(&s, "00 84 01 00 08"), 0x6A86);
    sim_end(&s);
}

static void wrong_keys_count_down_and_lock_and_success_restores(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(external(&s, card_key_hex, 0), 0x63C2);
    assert_int_equal(external(&s, card_key_hex, 0), 0x63C1);
    assert_int_equal(external(&s, control_key_hex, 0), 0x9000);
    assert_int_equal(external(&s, card_key_hex, 0), 0x63C2);
    assert_int_equal(external(&s, card_key_hex, 0), 0x63C1);
    assert_int_equal(external(&s, card_key_hex, 0), 0x63C0);
    assert_int_equal(external(&s, control_key_hex, 0), 0x6983);
    sim_card_reset(s.card);
    assert_int_equal(external(&s, control_key_hex, 0), 0x6983);
    sim_end(&s);
}

static void failed_authentication_leaves_the_state_as_it_was(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    assert_int_equal(external(&s, card_key_hex, 0), 0x63C2);
    assert_int_equal(s.card->state, 0x0F);
    sim_end(&s);
}

static void external_authentication_needs_its_challenge_directly_before(void **state)
{
    struct sim s = sim_washed();
    uint8_t command[13] = {0x00, 0x82, 0x00, 0x00, 0x08};
    uint8_t iv[8];
    (void)state;

    challenge(&s, iv);
    encrypt(control_key_hex, iv, command + 5, 8);
    assert_int_equal(send_bytes(&s, command, sizeof command), 0x9000);
    assert_int_equal(send_bytes(&s, command, sizeof command), 0x6985); /* replayed */
    assert_int_equal(counter_of(&s, 0x39, 0), 0x33);
    challenge(&s, iv);
    assert_int_equal(send_bytes(&s, command, sizeof command), 0x63C2); /* replayed on another */
    sim_end(&s);
}

static void reset_takes_the_challenge_away(void **state)
{
    struct sim s = sim_washed();
    uint8_t command[13] = {0x00, 0x82, 0x00, 0x00, 0x08};
    uint8_t iv[8];
    (void)state;

    challenge(&s, iv);
    encrypt(control_key_hex, iv, command + 5, 8);
    sim_card_reset(s.card);
    assert_int_equal(send_bytes(&s, command, sizeof command), 0x6985);
    sim_end(&s);
}

static void a_key_of_one_purpose_serves_no_other(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    add_key(&s, 0x81, 0x3E, "01003EF000FF33", master_key_hex);
    add_key(&s, 0x82, 0x36, "000036F000FF33", master_key_hex);
    assert_int_equal(external(&s, master_key_hex, 1), 0x6A88);
    assert_int_equal(external(&s, master_key_hex, 2), 0x6A88);
    assert_int_equal(send(&s, "00 88 00 01 08 0000000000000000"), 0x6A88);
    assert_int_equal(send(&s, "00 88 00 02 08 0000000000000000"), 0x6A88);
    assert_int_equal(send(&s, "00 20 00 01 02 1234"), 0x6A88);
    sim_end(&s);
}

static void use_rights_stand_before_every_key(void **state)
{
    struct sim s = sim_washed();
    (void)state;

    add_key(&s, 0x81, 0x34, "00003455 00FFFF", master_key_hex); /* state 5 exactly */
    add_key(&s, 0x81, 0x39, "000039FF05FF33", master_key_hex);  /* from state F to state 5 */
    add_key(&s, 0x81, 0x3A, "00033A5505FF33", "123456");
    assert_int_equal(send(&s, "00 88 00 01 08 0000000000000000"), 0x6982);
    assert_int_equal(send(&s, "00 88 01 01 11 34 A500000000000000 0000000000000000"), 0x6982);
    assert_int_equal(send(&s, "00 20 00 01 03 123456"), 0x6982);
    assert_int_equal(external(&s, master_key_hex, 1), 0x9000);
    assert_int_equal(send(&s, "00 88 00 01 08 0000000000000000"), 0x9000);
    assert_int_equal(send(&s, "00 20 00 01 03 123456"), 0x9000);
    assert_int_equal(external(&s, master_key_hex, 1), 0x6982);
    sim_end(&s);
}

static void loaded_key_is_proved_by_a_key_derived_for_the_proof_alone(void **state)
{
    struct sim s = sim_washed();
    static const uint8_t factor[8] = {0xA5, 1, 2, 3, 4, 5, 6, 7};
    static const uint8_t in[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    uint8_t expected[8];
    struct secret *master = key_of(master_key_hex), *derived = NULL;
    (void)state;

    add_key(&s, 0x81, 0x3E, "01003EF000FF33", master_key_hex);
    add_key(&s, 0x82, 0x3A, "00063AF001FF33", "123456FFFFFF");
    assert_int_equal(suite_diversify(suite_by_id("3des"), master, factor, &derived), KR_OK);
    assert_int_equal(suite_encrypt(suite_by_id("3des"), derived, in, expected, 8), KR_OK);
    assert_int_equal(send(&s, "00 88 01 01 11 3E A501020304050607 1122334455667788"), 0x9000);
    assert_int_equal(s.len, 8);
    assert_memory_equal(s.reply, expected, 8);
    /* with a bank's number for a factor this would compute with keys that exist */
    assert_int_equal(send(&s, "00 88 01 01 11 3E 0000000000000571 1122334455667788"), 0x6A80);
    assert_int_equal(send(&s, "00 88 01 01 11 3E 5A01020304050607 1122334455667788"), 0x6A80);
    assert_int_equal(send(&s, "00 88 01 02 11 3A A501020304050607 1122334455667788"), 0x6A80);
    assert_int_equal(send(&s, "00 88 01 03 11 3E A501020304050607 1122334455667788"), 0x6A88);
    assert_int_equal(send(&s, "00 88 01 01 10 3E A501020304050607 11223344556677"), 0x6700);
    assert_int_equal(send(&s, "00 88 02 01 11 3E A501020304050607 1122334455667788"), 0x6A86);
    secret_free(&derived);
    secret_free(&master);
    sim_end(&s);
}

static void pin_counts_locks_and_shows_its_tries_without_spending_one(void **state)
{
    struct sim s = sim_deliver("manufacturer");
    (void)state;

    assert_int_equal(send(&s, "00 20 00 00"), 0x63C3);
    assert_int_equal(send(&s, "00 20 00 00 00"), 0x63C3);
    assert_int_equal(send(&s, "00 20 00 00 08 123457FFFFFFFFFF"), 0x63C2);
    assert_int_equal(send(&s, "00 20 00 00"), 0x63C2);
    assert_int_equal(send(&s, "00 20 00 00 08 123456FFFFFFFFFF"), 0x9000);
    assert_int_equal(s.card->state, 1);
    assert_int_equal(send(&s, "00 20 00 00"), 0x63C3);
    assert_int_equal(send(&s, "00 20 00 00 03 123456"), 0x9000); /* the same PIN unfilled */
    assert_int_equal(send(&s, "00 20 00 00 01 12"), 0x6700);
    assert_int_equal(send(&s, "00 20 00 00 09 123456FFFFFFFFFFFF"), 0x6700);
    assert_int_equal(send(&s, "00 20 00 00 04 12345612"), 0x63C2);
    assert_int_equal(send(&s, "00 20 00 00 02 1234"), 0x63C1);
    assert_int_equal(send(&s, "00 20 00 00 03 000000"), 0x63C0);
    assert_int_equal(send(&s, "00 20 00 00 03 123456"), 0x6983);
    assert_int_equal(send(&s, "00 20 00 00"), 0x6983);
    assert_int_equal(send(&s, "00 20 00 01"), 0x6A88);
    sim_end(&s);
}

static void challenges_differ(void **state)
{
    struct sim s = sim_deliver("blank-user");
    uint8_t first[8], second[8];
    (void)state;

    challenge(&s, first);
    challenge(&s, second);
    assert_memory_not_equal(first, second, 4);
    sim_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_des_cryptograms_are_those_of_the_manual),
        cmocka_unit_test(eight_byte_challenges_serve_too),
        cmocka_unit_test(wrong_keys_count_down_and_lock_and_success_restores),
        cmocka_unit_test(failed_authentication_leaves_the_state_as_it_was),
        cmocka_unit_test(external_authentication_needs_its_challenge_directly_before),
        cmocka_unit_test(reset_takes_the_challenge_away),
        cmocka_unit_test(a_key_of_one_purpose_serves_no_other),
        cmocka_unit_test(use_rights_stand_before_every_key),
        cmocka_unit_test(loaded_key_is_proved_by_a_key_derived_for_the_proof_alone),
        cmocka_unit_test(pin_counts_locks_and_shows_its_tries_without_spending_one),
        cmocka_unit_test(challenges_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
