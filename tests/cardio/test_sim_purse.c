/* The purse of a simulated user card: docs/simulated-cos.md sections 4 and 12. */
#include <limits.h>
#include "../../cardio/deck_file.h"
#include "purse_fixture.h"

static char path[PATH_MAX];

static struct sim user_of_group_1(void)
{
    const struct user_card u = {.purchase = {EXAMPLE_DPK}};

    return sim_user(&u);
}

/* The same card out of its file, as after a power cut. */
static void reload(struct sim *s)
{
    if (sim_card_changed(s->card))
        assert_int_equal(sim_card_save(s->card, path), KR_OK);
    sim_end(s);
    assert_int_equal(sim_card_load(path, &s->card), KR_OK);
    enter_application(s);
}

/* "purchase session key, MAC1, MAC2" and "purchase TAC": one transaction. */
static void purchase_is_the_published_one(void **state)
{
    static const uint8_t random[4] = {0x11, 0x22, 0x33, 0x44};
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        const struct user_card u = {.dialect = both_dialects[i], .purchase = {EXAMPLE_DPK}};
        const struct purse rich = {.balance = 0x5000};
        struct sim s = sim_user(&u);
        set_purse(&s, 2, &rich);
        assert_int_equal(begin(&s, 1, 2, 1, 0x1000), 0x9000);
        assert_int_equal(s.len, 15);
        assert_memory_equal(s.reply, "\x00\x00\x50\x00\x00\x00\x00\x00\x00\x01\x00", 11);
        assert_memory_equal(s.reply + 11, s.card->begun.random, 4);
        memcpy(s.card->begun.random, random, 4);
        assert_int_equal(send(&s, "80 54 01 00 0F 00000001 20120229 135100 F15CAB75 08"), 0x9000);
        assert_answer(&s, "B3A0D49C 56988A13");
        assert_balance(&s, 0x4000);
        sim_end(&s);
    }
}

/* "load session key, MAC1, MAC2": of the electronic deposit */
static void load_is_the_published_one(void **state)
{
    static const uint8_t factor[8] = {0x11, 0x22, 0x33, 0x44, 0x00, 0x00, 0x80, 0x00};
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        const struct user_card u = {.dialect = both_dialects[i]};
        struct sim s = sim_user(&u);
        const struct sim_key *key = directory_key(&s.card->directories[1], KEY_LOAD, 1);
        struct secret *session = NULL, *wanted = key_of("9B1D924E05595603");
        uint8_t data[32], mac[4];
        size_t len = bytes_of("00000000 00001000 01 " TERMINAL, data);
        assert_int_equal(session_key(key, factor, &session), KR_OK);
        assert_true(secret_equal(session, wanted));
        assert_int_equal(transaction_mac(session, data, len, mac), KR_OK);
        assert_memory_equal(mac, "\x29\x88\xAE\x5A", 4);
        assert_int_equal(begin(&s, 0, 1, 1, 0x1000), 0x9000);
        memcpy(s.card->begun.random, factor, 4);
        assert_int_equal(send(&s, "80 52 00 00 0B 20111221 214822 3A845BF0"), 0x9000);
        assert_int_equal(s.len, 4);
        assert_int_equal(purse_of(&s, 1).balance, 0x1000);
        assert_int_equal(purse_of(&s, 2).balance, 0);
        secret_free(&wanted);
        secret_free(&session);
        sim_end(&s);
    }
}

/* MAC1 and TAC of a load, computed outside for the random that the card drew. */
static void issuer_can_check_what_the_card_says_of_a_load(void **state)
{
    static const uint8_t last[2] = {0x80, 0x00}, zero[8];
    struct sim s = user_of_group_1();
    struct secret *folded = key_of("8888888888888888"); /* "purchase TAC", TACKEY */
    uint8_t factor[8], data[40], mac[4];
    (void)state;

    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 0x100), 0x9000);
    assert_int_equal(begin(&s, 0, 2, 1, 0x23), 0x9000);
    assert_memory_equal(s.reply, "\x00\x00\x01\x00\x00\x01\x01\x00", 8);
    session_factor(factor, s.reply + 8, s.reply + 4, last);
    outside_mac(EXAMPLE_DPK, factor, data, bytes_of("00000100 00000023 02 " TERMINAL, data), mac);
    assert_memory_equal(s.reply + 12, mac, 4);
    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 0x23), 0x9000);
    size_t len = bytes_of("00000123 0001 00000023 02 " TERMINAL WHEN, data);
    assert_int_equal(suite_mac(suite_by_id("3des"), folded, zero, data, len, mac), KR_OK);
    assert_int_equal(s.len, 4);
    assert_memory_equal(s.reply, mac, 4);
    secret_free(&folded);
    sim_end(&s);
}

static void log_tells_every_transaction_newest_first(void **state)
{
    struct sim s = user_of_group_1();
    (void)state;

    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 0x100), 0x9000);
    assert_int_equal(pay(&s, 1, EXAMPLE_DPK, 0x30), 0x9000);
    assert_balance(&s, 0xD0);
    assert_int_equal(send(&s, "00 B2 01 C4 17"), 0x9000);
    assert_answer(&s, "0001 000000 00000030 06" TERMINAL WHEN);
    assert_int_equal(send(&s, "00 B2 02 C4 17"), 0x9000);
    assert_answer(&s, "0001 000000 00000100 02" TERMINAL WHEN);
    for (int i = 0; i < 11; i++)
        assert_int_equal(pay(&s, 1, EXAMPLE_DPK, 1), 0x9000);
    assert_int_equal(send(&s, "00 B2 0A C4 17"), 0x9000);
    assert_answer(&s, "0003 000000 00000001 06" TERMINAL WHEN);
    assert_int_equal(send(&s, "00 B2 0B C4 17"), 0x6A83);
    assert_int_equal(send(&s, "00 E2 00 C4 17 0001000000000000300600112233445520120229135100"),
                     0x6982);
    sim_end(&s);
}

static void nothing_is_paid_that_is_not_there(void **state)
{
    struct sim s = user_of_group_1();
    (void)state;

    assert_int_equal(begin(&s, 1, 2, 1, 1), 0x9401);
    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 100), 0x9000);
    assert_int_equal(begin(&s, 1, 2, 1, 101), 0x9401);
    assert_int_equal(begin(&s, 1, 2, 1, UINT32_MAX), 0x9401);
    assert_int_equal(pay(&s, 1, EXAMPLE_DPK, 100), 0x9000);
    assert_balance(&s, 0);
    assert_int_equal(begin(&s, 0, 2, 1, UINT32_MAX), 0x9000);
    assert_int_equal(load_purse(&s, EXAMPLE_DPK, UINT32_MAX), 0x9000);
    assert_int_equal(begin(&s, 0, 2, 1, 1), 0x6985); /* would begin again at 0 */
    assert_balance(&s, UINT32_MAX);
    sim_end(&s);
}

static void counter_at_its_end_begins_nothing_more(void **state)
{
    const struct purse old = {.balance = 100, .online = 0xFFFF, .offline = 0xFFFE};
    struct sim s = user_of_group_1();
    (void)state;

    set_purse(&s, 2, &old);
    assert_int_equal(begin(&s, 0, 2, 1, 1), 0x9402);
    assert_int_equal(pay(&s, 1, EXAMPLE_DPK, 1), 0x9000);
    assert_int_equal(begin(&s, 1, 2, 1, 1), 0x9402);
    assert_balance(&s, 99);
    sim_end(&s);
}

static void key_of_one_purpose_never_serves_another(void **state)
{
    const struct user_card u = {.purchase = {NULL, EXAMPLE_DPK}};
    struct sim s = sim_user(&u);
    (void)state;

    assert_int_equal(begin(&s, 0, 2, 1, 100), 0x9000);
    assert_int_equal(begin(&s, 1, 2, 1, 0), 0x9403); /* 01 is the load key's */
    assert_int_equal(begin(&s, 0, 2, 2, 1), 0x9403); /* 02 is the purchase key's */
    assert_int_equal(begin(&s, 1, 2, 0, 0), 0x9403);
    assert_int_equal(begin(&s, 1, 2, 6, 0), 0x9403);
    assert_int_equal(begin(&s, 1, 2, 2, 0), 0x9000);
    sim_end(&s);
}

static void steps_out_of_order_do_nothing(void **state)
{
    static const char *const between[] = {
        "80 5C 00 02 04", "00 84 00 00 04",      "80 CA 00 00 08", "00 FF 00 00",
        "00 B0",          "00 A4 00 00 02 3F01", "00 20 00 00",
    };
    struct sim s = user_of_group_1();
    uint8_t command[APDU_MAX];
    size_t len;
    (void)state;

    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 100), 0x9000);
    assert_int_equal(send(&s, "80 54 01 00 0F 00000001 20120229 135100 F15CAB75"), 0x6901);
    assert_int_equal(send(&s, "80 52 00 00 0B 20111221 214822 3A845BF0"), 0x6901);
    for (size_t i = 0; i < sizeof between / sizeof *between; i++) {
        assert_int_equal(begin(&s, 1, 2, 1, 10), 0x9000);
        len = build_debit(&s, EXAMPLE_DPK, 7, 10, command);
        send(&s, between[i]);
        assert_int_equal(send_bytes(&s, command, len), 0x6901);
    }
    assert_int_equal(begin(&s, 1, 2, 1, 10), 0x9000);
    assert_int_equal(send(&s, "80 52 00 00 0B 20111221 214822 3A845BF0"), 0x6901);
    assert_int_equal(begin(&s, 0, 2, 1, 10), 0x9000);
    assert_int_equal(send(&s, "80 54 01 00 0F 00000001 20120229 135100 F15CAB75"), 0x6901);
    assert_int_equal(begin(&s, 1, 2, 1, 10), 0x9000);
    len = build_debit(&s, EXAMPLE_DPK, 7, 10, command);
    enter_application(&s);
    assert_int_equal(send_bytes(&s, command, len), 0x6901);
    assert_balance(&s, 100);
    assert_int_equal(pay(&s, 1, EXAMPLE_DPK, 10), 0x9000);
    assert_int_equal(send_bytes(&s, command, len), 0x6901); /* once only */
    assert_balance(&s, 90);
    sim_end(&s);
}

static void altered_purchase_is_refused_and_changes_nothing(void **state)
{
    struct sim s = user_of_group_1();
    uint8_t command[APDU_MAX];
    (void)state;

    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 100), 0x9000);
    assert_int_equal(sim_card_save(s.card, path), KR_OK);
    for (size_t at = 7; at < 20;
         at++) { /* the number's first two bytes are in no MAC of the card's */
        assert_int_equal(begin(&s, 1, 2, 1, 10), 0x9000);
        size_t len = build_debit(&s, EXAMPLE_DPK, 7, 10, command);
        command[at] ^= 0x01;
        assert_int_equal(send_bytes(&s, command, len), 0x9302);
        assert_int_equal(s.len, 0);
    }
    assert_int_equal(begin(&s, 1, 2, 1, 10), 0x9000);
    assert_int_equal(send_bytes(&s, command, build_debit(&s, EXAMPLE_DPK, 7, 11, command)), 0x9302);
    assert_int_equal(pay(&s, 1, EXAMPLE_DTK, 10), 0x9302);
    assert_int_equal(load_purse(&s, EXAMPLE_DTK, 10), 0x9302);
    assert_false(sim_card_changed(s.card));
    assert_balance(&s, 100);
    sim_end(&s);
}

static void replayed_command_is_refused(void **state)
{
    struct sim s = user_of_group_1();
    uint8_t command[APDU_MAX];
    size_t len;
    (void)state;

    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 100), 0x9000);
    assert_int_equal(begin(&s, 1, 2, 1, 10), 0x9000);
    len = build_debit(&s, EXAMPLE_DPK, 7, 10, command);
    assert_int_equal(send_bytes(&s, command, len), 0x9000);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(begin(&s, 1, 2, 1, 10), 0x9000);
        assert_int_equal(send_bytes(&s, command, len), 0x9302);
    }
    assert_balance(&s, 90);
    sim_end(&s);
}

static void wrong_macs_lock_a_key_that_counts(void **state)
{
    const struct user_card u = {.purchase = {EXAMPLE_DPK, EXAMPLE_DPK}, .purchase_counter = 0x33};
    const struct purse rich = {.balance = 100};
    struct sim s = sim_user(&u);
    (void)state;

    set_purse(&s, 2, &rich);
    assert_int_equal(pay(&s, 1, EXAMPLE_DTK, 1), 0x9302);
    assert_int_equal(counter_of(&s, 0x3E, 1), 0x32);
    assert_int_equal(pay(&s, 1, EXAMPLE_DPK, 1), 0x9000);
    assert_int_equal(counter_of(&s, 0x3E, 1), 0x33);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pay(&s, 1, EXAMPLE_DTK, 1), 0x9302);
    assert_int_equal(pay(&s, 1, EXAMPLE_DPK, 1), 0x6983);
    assert_int_equal(pay(&s, 2, EXAMPLE_DPK, 1), 0x9000); /* the other group is whole */
    assert_balance(&s, 98);
    sim_end(&s);
}

static void pin_is_asked_where_a_right_asks_for_it(void **state)
{
    const struct user_card u = {
        .purchase = {EXAMPLE_DPK}, .load_right = KEY_WITH_PIN, .balance_right = KEY_WITH_PIN};
    struct sim s = sim_user(&u);
    (void)state;

    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 100), 0x6982);
    assert_int_equal(send(&s, "80 5C 00 02 04"), 0x6982);
    assert_int_equal(pay(&s, 1, EXAMPLE_DPK, 0), 0x9000); /* not for a purchase */
    assert_int_equal(send(&s, "00 20 00 00 03 123456"), 0x9000);
    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 100), 0x9000);
    assert_balance(&s, 100);
    enter_application(&s);
    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 100), 0x6982);
    sim_end(&s);
}

static void proof_of_the_last_transaction_outlives_a_power_cut(void **state)
{
    struct sim s = user_of_group_1();
    uint8_t answer[8];
    (void)state;

    assert_int_equal(send(&s, "80 5A 00 06 02 0000 08"), 0x9406);
    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 100), 0x9000);
    memcpy(answer, s.reply, 4);
    assert_int_equal(send(&s, "80 5A 00 02 02 0001 08"), 0x9000);
    assert_memory_equal(s.reply + 4, answer, 4);
    assert_int_equal(pay(&s, 1, EXAMPLE_DPK, 10), 0x9000);
    memcpy(answer, s.reply, 8);
    reload(&s);
    assert_int_equal(send(&s, "80 5A 00 06 02 0001 08"), 0x9000);
    assert_memory_equal(s.reply, answer + 4, 4); /* MAC2 first here */
    assert_memory_equal(s.reply + 4, answer, 4);
    assert_int_equal(send(&s, "80 5A 00 06 02 0000 08"), 0x9406);
    assert_int_equal(send(&s, "80 5A 00 06 02 0002 08"), 0x9406);
    assert_int_equal(send(&s, "80 5A 00 02 02 0001 08"), 0x9406); /* no longer the last */
    assert_int_equal(send(&s, "80 5A 00 05 02 0001 08"), 0x9406); /* the other purse */
    assert_int_equal(send(&s, "80 5A 00 03 02 0001 08"), 0x6A86);
    sim_end(&s);
}

static void card_torn_out_is_before_or_after_and_never_between(void **state)
{
    struct sim s = user_of_group_1();
    uint8_t command[APDU_MAX];
    struct purse p;
    size_t len;
    (void)state;

    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 100), 0x9000);
    assert_int_equal(sim_card_save(s.card, path), KR_OK);
    assert_int_equal(begin(&s, 1, 2, 1, 10), 0x9000);
    assert_false(sim_card_changed(s.card));
    len = build_debit(&s, EXAMPLE_DPK, 7, 10, command);
    reload(&s); /* torn between the two */
    assert_int_equal(send_bytes(&s, command, len), 0x6901);
    assert_balance(&s, 100);
    assert_int_equal(begin(&s, 1, 2, 1, 10), 0x9000);
    len = build_debit(&s, EXAMPLE_DPK, 8, 10, command);
    assert_int_equal(send_bytes(&s, command, len), 0x9000);
    assert_true(sim_card_changed(s.card));
    sim_end(&s); /* torn before its file was written */
    assert_int_equal(sim_card_load(path, &s.card), KR_OK);
    p = purse_of(&s, 2);
    assert_int_equal(p.balance, 100);
    assert_int_equal(p.offline, 0);
    enter_application(&s);
    assert_int_equal(send(&s, "00 B2 02 C4 17"), 0x6A83); /* the load alone is logged */
    assert_int_equal(pay(&s, 1, EXAMPLE_DPK, 10), 0x9000);
    reload(&s); /* torn after it */
    p = purse_of(&s, 2);
    assert_int_equal(p.balance, 90);
    assert_int_equal(p.offline, 1);
    assert_int_equal(send(&s, "00 B2 02 C4 17"), 0x9000);
    sim_end(&s);
}

/* Loads and purchases, good and bad, in an order drawn anew each run. */
static void balance_is_always_what_was_loaded_less_what_was_paid(void **state)
{
    struct sim s = user_of_group_1();
    uint32_t balance = 0;
    uint8_t dice[3];
    (void)state;

    for (int i = 0; i < 300; i++) {
        assert_int_equal(random_bytes(dice, sizeof dice), KR_OK);
        uint32_t amount = dice[1];
        const char *key = dice[2] < 200 ? EXAMPLE_DPK : EXAMPLE_DTK;
        bool load = dice[0] & 1;
        uint16_t sw = load ? load_purse(&s, key, amount) : pay(&s, 1, key, amount);
        if (!load && amount > balance)
            assert_int_equal(sw, 0x9401);
        else
            assert_int_equal(sw, dice[2] < 200 ? 0x9000 : 0x9302);
        if (sw == 0x9000)
            balance = load ? balance + amount : balance - amount;
        assert_balance(&s, balance);
        if (i % 50 == 0)
            reload(&s);
    }
    sim_end(&s);
}

/* Whoever edits a card file can also write its checksum: then the purse has to hold by itself. */
static void edited_card_file_makes_no_strange_purse(void **state)
{
    struct sim s = sim_with_application("blank-user", "pboc-key"), strange = {0};
    const struct user_card u = {.purchase = {EXAMPLE_DPK}};
    struct secret *bytes = NULL;
    (void)state;

    give_user_keys(&s, &u);
    assert_int_equal(send(&s, "80 E0 00 18 07 2E 02 17 F0 EF FF FF"), 0x9000);
    assert_int_equal(send(&s, "80 E0 00 02 07 2F 0016 F0 EF FF FF"), 0x9000);
    enter_application(&s);
    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 100), 0x9000);
    assert_int_equal(sim_card_save(s.card, path), KR_OK);
    assert_int_equal(deck_file_read(path, &bytes), KR_OK);
    size_t body = bytes->len - SHA256_LEN;
    for (size_t at = 15; at < body; at++) {
        const uint8_t kept = bytes->bytes[at];
        for (int how = 1; how <= 3; how++) {
            bytes->bytes[at] = (uint8_t)(kept + (how == 3 ? 0xFF : how));
            assert_int_equal(sha256(bytes->bytes, body, bytes->bytes + body), KR_OK);
            assert_int_equal(deck_file_replace(path, bytes->bytes, bytes->len), KR_OK);
            if (sim_card_load(path, &strange.card) != KR_OK)
                continue;
            if (send(&strange, "00 A4 00 00 02 3F01") == 0x9000) {
                load_purse(&strange, EXAMPLE_DPK, 1);
                pay(&strange, 1, EXAMPLE_DPK, 1);
                send(&strange, "80 5A 00 06 02 0001 08");
            }
            sim_end(&strange);
        }
        bytes->bytes[at] = kept;
    }
    secret_free(&bytes);
    sim_end(&s);
}

static void purse_is_created_and_read_only_as_written(void **state)
{
    static const char *const bad[] = {
        "80 E0 00 03 07 2F 0208 F0 EF FF FF", /* neither deposit nor purse */
        "80 E0 00 02 07 2F 0015 F0 EF FF FF", /* too small */
        "80 E0 00 02 07 AF 0208 F0 EF FF FF", /* no command updates it with MAC */
    };
    struct sim s = sim_with_application("blank-user", "pboc-key"), user = user_of_group_1();
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(send(&s, bad[i]), 0x6A80);
    assert_int_equal(send(&s, "80 5C 00 02 04"), 0x6A82);
    assert_int_equal(begin(&s, 1, 2, 1, 0), 0x6A82);
    assert_int_equal(send(&s, "80 5A 00 06 02 0001 08"), 0x6A82);
    assert_int_equal(send(&s, "80 E0 00 02 07 2F 0016 F0 EF FF FF"), 0x9000);
    assert_int_equal(send(&user, "00 B0 82 00 04"), 0x6981);
    assert_int_equal(send(&user, "00 D6 82 00 04 7FFFFFFF"), 0x6981);
    assert_int_equal(send(&user, "00 B2 01 14 04"), 0x6981);
    assert_int_equal(send(&user, "80 5C 00 03 04"), 0x6A86);
    assert_int_equal(send(&user, "80 5C 00 02 08"), 0x9000); /* four there are */
    assert_int_equal(user.len, 4);
    assert_int_equal(send(&user, "80 50 02 02 0B 01 00000001" TERMINAL), 0x6A86);
    assert_int_equal(send(&user, "80 50 01 02 0A 01 00000001 0011223344"), 0x6700);
    sim_end(&user);
    sim_end(&s);
}

static void card_without_log_or_tac_key_begins_nothing(void **state)
{
    const struct user_card unlogged = {.purchase = {EXAMPLE_DPK}, .no_log = true};
    const struct user_card untold = {.purchase = {EXAMPLE_DPK}, .no_tac = true};
    struct sim s = sim_user(&unlogged);
    (void)state;

    assert_int_equal(begin(&s, 1, 2, 1, 0), 0x6985);
    assert_int_equal(begin(&s, 0, 2, 1, 0), 0x6985);
    sim_end(&s);
    s = sim_user(&untold);
    assert_int_equal(begin(&s, 1, 2, 1, 0), 0x6A88);
    assert_int_equal(begin(&s, 0, 2, 1, 0), 0x6A88);
    sim_end(&s);
}

static void other_cards_know_no_purse(void **state)
{
    static const char *const kinds[] = {"blank-mother", "blank-psam", "manufacturer"};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        struct sim s = sim_deliver(kinds[i]);
        assert_int_equal(begin(&s, 1, 2, 1, 0), 0x6D00);
        assert_int_equal(send(&s, "80 5C 00 02 04"), 0x6D00);
        sim_end(&s);
    }
}

static void real_t0_manners_do_not_end_a_purchase(void **state)
{
    struct sim s = user_of_group_1();
    uint8_t command[APDU_MAX];
    (void)state;

    assert_int_equal(load_purse(&s, EXAMPLE_DPK, 100), 0x9000);
    sim_card_set_t0(s.card, true);
    assert_int_equal(begin(&s, 1, 2, 1, 10), 0x610F);
    assert_int_equal(send(&s, "00 C0 00 00 0F"), 0x9000);
    assert_int_equal(send_bytes(&s, command, build_debit(&s, EXAMPLE_DPK, 7, 10, command)), 0x6108);
    assert_int_equal(send(&s, "00 C0 00 00 08"), 0x9000);
    assert_int_equal(s.len, 8);
    sim_card_set_t0(s.card, false);
    assert_balance(&s, 90);
    sim_end(&s);
}

/* RELOAD PIN; the MAC key is left xor right of the reload key. */
static uint16_t reload_pin(struct sim *s, const char *folded_hex, const char *pin)
{
    static const uint8_t zero[8];
    struct secret *folded = key_of(folded_hex);
    uint8_t command[APDU_MAX] = {0x80, 0x5E, 0x00, 0x00};
    size_t len = bytes_of(pin, command + 5);

    command[4] = (uint8_t)(len + 4);
    assert_int_equal(
        suite_mac(suite_by_id("3des"), folded, zero, command + 5, len, command + 5 + len), KR_OK);
    secret_free(&folded);
    return send_bytes(s, command, 9 + len);
}

#define RELOAD_FOLDED "FFFFFFFFFFFFFFFF"

static void pin_is_reloaded_by_the_issuer_alone(void **state)
{
    struct sim s = user_of_group_1();
    (void)state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(send(&s, "00 20 00 00 03 000000"), 0x63C2 - i);
    assert_int_equal(reload_pin(&s, "8888888888888888", "4321"), 0x9302);
    assert_int_equal(counter_of(&s, 0x38, 0), 0x32);
    assert_int_equal(send(&s, "00 20 00 00"), 0x6983);
    assert_int_equal(reload_pin(&s, RELOAD_FOLDED, "4A21"), 0x6A80);
    assert_int_equal(reload_pin(&s, RELOAD_FOLDED, "4321"), 0x9000);
    assert_int_equal(counter_of(&s, 0x38, 0), 0x33);
    assert_int_equal(send(&s, "00 20 00 00 03 123456"), 0x63C2);
    assert_int_equal(send(&s, "00 20 00 00 02 4321"), 0x9000);
    assert_int_equal(send(&s, "80 5E 00 00 05 12 00000000"), 0x6700);
    assert_int_equal(send(&s, "80 5E 00 07 06 1234 00000000"), 0x6A88);
    sim_end(&s);
}

static void pin_is_changed_only_by_who_knows_it(void **state)
{
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        const struct user_card u = {.dialect = both_dialects[i]};
        struct sim s = sim_user(&u);
        assert_int_equal(send(&s, "80 5E 01 00 07 123457 FF 654321"), 0x63C2);
        assert_int_equal(send(&s, "80 5E 01 00 07 123456 FF 65432A"), 0x6A80);
        assert_int_equal(send(&s, "80 5E 01 00 06 123456 654321"), 0x6A80);
        assert_int_equal(send(&s, "80 5E 01 00 04 123456 FF"), 0x6A80);
        assert_int_equal(send(&s, "80 5E 01 00 08 123456 FF 65432100"), 0x9000);
        assert_int_equal(s.card->state, 0);
        assert_int_equal(send(&s, "00 20 00 00 03 123456"), 0x63C2);
        assert_int_equal(send(&s, "00 20 00 00 04 65432100"), 0x9000);
        assert_int_equal(send(&s, "80 CA 3A 00 08"), 0x9000);
        assert_int_equal(s.reply[2], 4); /* the new length */
        assert_int_equal(s.reply[7], 0x33);
        for (int n = 0; n < 3; n++)
            assert_int_equal(send(&s, "80 5E 01 00 07 123457 FF 654321"), 0x63C2 - n);
        assert_int_equal(send(&s, "80 5E 01 00 08 65432100 FF 123456"), 0x6983);
        sim_end(&s);
    }
}

static void locked_pin_is_unblocked_with_its_unlock_key_alone(void **state)
{
    struct sim s = user_of_group_1();
    (void)state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(send(&s, "00 20 00 00 03 000000"), 0x63C2 - i);
    assert_int_equal(send_secured(&s, "84 24 00 00", RELOAD_KEY, true, "987654"), 0x6988);
    assert_int_equal(counter_of(&s, 0x37, 0), 0x32);
    assert_int_equal(send(&s, "00 20 00 00"), 0x6983);
    assert_int_equal(send(&s, "84 24 00 00 0C 000000000000000000000000"), 0x6985);
    assert_int_equal(send_secured(&s, "84 24 00 00", UNLOCK_KEY, true, "98765F"), 0x9000);
    assert_int_equal(counter_of(&s, 0x37, 0), 0x33);
    assert_int_equal(send(&s, "00 20 00 00 03 98765F"), 0x9000);
    sim_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(purchase_is_the_published_one),
        cmocka_unit_test(load_is_the_published_one),
        cmocka_unit_test(issuer_can_check_what_the_card_says_of_a_load),
        cmocka_unit_test(log_tells_every_transaction_newest_first),
        cmocka_unit_test(nothing_is_paid_that_is_not_there),
        cmocka_unit_test(counter_at_its_end_begins_nothing_more),
        cmocka_unit_test(key_of_one_purpose_never_serves_another),
        cmocka_unit_test(steps_out_of_order_do_nothing),
        cmocka_unit_test(altered_purchase_is_refused_and_changes_nothing),
        cmocka_unit_test(replayed_command_is_refused),
        cmocka_unit_test(wrong_macs_lock_a_key_that_counts),
        cmocka_unit_test(pin_is_asked_where_a_right_asks_for_it),
        cmocka_unit_test(proof_of_the_last_transaction_outlives_a_power_cut),
        cmocka_unit_test(card_torn_out_is_before_or_after_and_never_between),
        cmocka_unit_test(balance_is_always_what_was_loaded_less_what_was_paid),
        cmocka_unit_test(edited_card_file_makes_no_strange_purse),
        cmocka_unit_test(purse_is_created_and_read_only_as_written),
        cmocka_unit_test(card_without_log_or_tac_key_begins_nothing),
        cmocka_unit_test(other_cards_know_no_purse),
        cmocka_unit_test(real_t0_manners_do_not_end_a_purchase),
        cmocka_unit_test(pin_is_reloaded_by_the_issuer_alone),
        cmocka_unit_test(pin_is_changed_only_by_who_knows_it),
        cmocka_unit_test(locked_pin_is_unblocked_with_its_unlock_key_alone),
    };
    char folder[] = "/tmp/keyrite-purse-XXXXXX";
    int failed;

    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/card", folder);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(folder);
    return failed;
}
