/* Simulated PSAMs, and purchases between them and simulated user cards: docs/simulated-cos.md
 * section 13. */
#include <limits.h>
#include <strings.h>
#include "purse_fixture.h"

#define ANOTHER_BANK "0000000001031000"

static char path[PATH_MAX];
static const uint8_t no_iv[8];

/* Group keys that a run draws; group g lies at [g - 1]. */
struct groups {
    char key[5][33];
};

static struct groups draw_groups(void)
{
    struct groups g;

    assert_int_equal(secret_heap_open(), KR_OK);
    for (int i = 0; i < 5; i++) {
        struct secret *k = NULL;
        assert_int_equal(suite_random_key(suite_by_id("3des"), &k), KR_OK);
        hex_of(k->bytes, k->len, g.key[i]);
        secret_free(&k);
    }
    return g;
}

/* One level, computed with bare encryption: E(K, X) || E(K, ~X). */
static void derive(const char *key_hex, const char *factor_hex, char out[33])
{
    uint8_t factor[16], key[16];

    assert_int_equal(bytes_of(factor_hex, factor), 8);
    for (int i = 0; i < 8; i++)
        factor[8 + i] = (uint8_t)~factor[i];
    encrypt(key_hex, factor, key, 16);
    hex_of(key, 16, out);
}

static void derive_card_key(const char *group, const char *bank, const char *asn, char out[33])
{
    char key[33];

    derive(group, REGION, out);
    derive(out, bank, key);
    derive(key, asn, out);
}

static void give_group(struct sim *s, uint8_t group, const char *key)
{
    give_key(s, group, (struct key_header){group, 0, 0x3E, 0xF0, 0, 0xEF, 0xFF}, key);
}

static struct sim sam_with(const char *dialect, const struct groups *g, int count)
{
    struct sim s = sim_with_application("blank-psam", dialect);

    for (int i = 0; i < count; i++)
        give_group(&s, (uint8_t)(i + 1), g->key[i]);
    enter_application(&s);
    return s;
}

static struct sim sam_of(const char *group_1)
{
    struct groups g;

    snprintf(g.key[0], sizeof g.key[0], "%s", group_1);
    return sam_with("pboc-key", &g, 1);
}

static struct sim user_with(const char *dialect, const struct groups *g, const char *bank)
{
    const struct purse rich = {.balance = 1000};
    struct user_card u = {.dialect = dialect};
    char keys[5][33];
    struct sim s;

    for (int i = 0; i < 5; i++) {
        derive_card_key(g->key[i], bank, ASN, keys[i]);
        u.purchase[i] = keys[i];
    }
    s = sim_user(&u);
    set_purse(&s, 2, &rich);
    return s;
}

/* The terminal hands on what the user card answered to INITIALIZE FOR PURCHASE. */
static uint16_t init_sam(struct sim *sam, const struct sim *user, uint32_t amount, const char *bank)
{
    char random[9], counter[5], command[192];

    hex_of(user->reply + 11, 4, random);
    hex_of(user->reply + 4, 2, counter);
    snprintf(command, sizeof command,
             "80 70 00 00 2C %s %s %08X 06 " WHEN "%02X %02X " ASN "%s" REGION, random, counter,
             (unsigned)amount, user->reply[9], user->reply[10], bank);
    return send(sam, command);
}

/* The PSAM's number and MAC1 to the user card. */
static uint16_t debit(struct sim *user, const struct sim *sam)
{
    char number[9], mac[9], command[96];

    hex_of(sam->reply, 4, number);
    hex_of(sam->reply + 4, 4, mac);
    snprintf(command, sizeof command, "80 54 01 00 0F %s " WHEN "%s", number, mac);
    return send(user, command);
}

static uint16_t credit_sam(struct sim *sam, const struct sim *user)
{
    uint8_t command[9] = {0x80, 0x72, 0x00, 0x00, 0x04};

    memcpy(command + 5, user->reply + 4, 4);
    return send_bytes(sam, command, sizeof command);
}

/* What the card's issuer finds in the TAC. */
static void assert_tac(const struct sim *user, uint32_t amount, uint32_t number)
{
    struct secret *folded = key_of("8888888888888888");
    uint8_t data[40], tac[4];
    char text[96];

    snprintf(text, sizeof text, "%08X 06 " TERMINAL "%08X " WHEN, (unsigned)amount,
             (unsigned)number);
    size_t len = bytes_of(text, data);
    assert_int_equal(suite_mac(suite_by_id("3des"), folded, no_iv, data, len, tac), KR_OK);
    assert_memory_equal(user->reply, tac, 4);
    secret_free(&folded);
}

static void purchase_runs_in_all_five_groups(void **state)
{
    struct groups g = draw_groups();
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        struct sim sam = sam_with(both_dialects[i / 2], &g, 5);
        struct sim user = user_with(both_dialects[i % 2], &g, BANK);
        for (uint8_t group = 1; group <= 5; group++) {
            assert_int_equal(begin(&user, 1, 2, group, 100), 0x9000);
            assert_int_equal(user.reply[9], group);
            assert_int_equal(init_sam(&sam, &user, 100, BANK), 0x9000);
            assert_int_equal(sam.len, 8);
            assert_int_equal(number_read(sam.reply, 4), group);
            assert_int_equal(debit(&user, &sam), 0x9000);
            assert_tac(&user, 100, group);
            assert_int_equal(credit_sam(&sam, &user), 0x9000);
            assert_balance(&user, 1000u - group * 100u);
        }
        sim_end(&user);
        sim_end(&sam);
    }
}

/* "three-level PBOC diversification": MAC1 as who holds DPK computes it */
static void group_key_is_diversified_by_region_then_bank_then_card(void **state)
{
    static const uint8_t factor[8] = {0x11, 0x22, 0x33, 0x44, 0x00, 0x05, 0x00, 0x01};
    struct sim sam = sam_of(GMPK);
    uint8_t mac[4];
    char key[33];
    (void)state;

    derive_card_key(GMPK, BANK, ASN, key);
    assert_int_equal(strcasecmp(key, DPK), 0);
    mac_of_names(DPK, factor, 0x1000, 6, mac);
    assert_int_equal(
        send(&sam, "80 70 00 00 2C 11223344 0005 00001000 06 " WHEN "01 00 " ASN BANK REGION "08"),
        0x9000);
    assert_memory_equal(sam.reply, "\x00\x00\x00\x01", 4);
    assert_memory_equal(sam.reply + 4, mac, 4);
    /* With fewer levels the key that stands at the last of them: BMPK by region alone. */
    assert_int_equal(send(&sam, "80 70 00 00 1C 11223344 0005 00001000 06 " WHEN "01 00 " REGION),
                     0x9000);
    static const uint8_t next[8] = {0x11, 0x22, 0x33, 0x44, 0x00, 0x05, 0x00, 0x02};
    mac_of_names("CF55DA601D0E55E9D296E7B8EF8AB800", next, 0x1000, 6, mac);
    assert_memory_equal(sam.reply + 4, mac, 4);
    sim_end(&sam);
}

static void card_of_another_bank_refuses_the_terminal(void **state)
{
    struct groups g = draw_groups();
    struct sim sam = sam_with("pboc-key", &g, 5);
    struct sim user = user_with("pboc-key", &g, ANOTHER_BANK);
    (void)state;

    for (uint8_t group = 1; group <= 5; group++) {
        assert_int_equal(begin(&user, 1, 2, group, 100), 0x9000);
        assert_int_equal(init_sam(&sam, &user, 100, BANK), 0x9000);
        assert_int_equal(debit(&user, &sam), 0x9302);
    }
    assert_balance(&user, 1000);
    sim_end(&user);
    sim_end(&sam);
}

static void terminal_with_another_group_key_gets_nothing(void **state)
{
    struct groups ours = draw_groups(), theirs = draw_groups();
    struct sim sam = sam_with("pboc-key", &theirs, 5);
    struct sim user = user_with("pboc-key", &ours, BANK);
    (void)state;

    for (uint8_t group = 1; group <= 5; group++) {
        assert_int_equal(begin(&user, 1, 2, group, 100), 0x9000);
        assert_int_equal(init_sam(&sam, &user, 100, BANK), 0x9000);
        assert_int_equal(debit(&user, &sam), 0x9302);
        assert_int_equal(send(&sam, "80 72 00 00 04 00000000"), 0x9302);
    }
    assert_balance(&user, 1000);
    sim_end(&user);
    sim_end(&sam);
}

static void retired_group_is_refused_by_the_terminal(void **state)
{
    struct groups g = draw_groups();
    struct sim sam = sam_with("pboc-key", &g, 3);
    struct sim user = user_with("pboc-key", &g, BANK);
    (void)state;

    for (uint8_t group = 1; group <= 5; group++) {
        assert_int_equal(begin(&user, 1, 2, group, 100), 0x9000);
        assert_int_equal(init_sam(&sam, &user, 100, BANK), group <= 3 ? 0x9000 : 0x9403);
    }
    assert_int_equal(sam.card->directories[1].terminal_number, 3);
    sim_end(&user);
    sim_end(&sam);
}

static void altered_answers_between_the_cards_are_refused(void **state)
{
    struct groups g = draw_groups();
    struct sim sam = sam_with("pboc-key", &g, 1), user = user_with("pboc-key", &g, BANK);
    (void)state;

    for (size_t at = 2; at < 8; at++) { /* of number and MAC1; its first half is in the TAC alone */
        assert_int_equal(begin(&user, 1, 2, 1, 100), 0x9000);
        assert_int_equal(init_sam(&sam, &user, 100, BANK), 0x9000);
        sam.reply[at] ^= 0x80;
        assert_int_equal(debit(&user, &sam), 0x9302);
    }
    assert_int_equal(begin(&user, 1, 2, 1, 100), 0x9000);
    assert_int_equal(init_sam(&sam, &user, 99, BANK), 0x9000); /* another amount */
    assert_int_equal(debit(&user, &sam), 0x9302);
    for (size_t at = 4; at < 8; at++) { /* of MAC2 */
        assert_int_equal(begin(&user, 1, 2, 1, 100), 0x9000);
        assert_int_equal(init_sam(&sam, &user, 100, BANK), 0x9000);
        assert_int_equal(debit(&user, &sam), 0x9000);
        user.reply[at] ^= 0x01;
        assert_int_equal(credit_sam(&sam, &user), 0x9302);
        user.reply[at] ^= 0x01;
        assert_int_equal(credit_sam(&sam, &user), 0x6901); /* gone with the wrong one */
    }
    assert_balance(&user, 600);
    sim_end(&user);
    sim_end(&sam);
}

static void replayed_mac2_is_refused(void **state)
{
    struct groups g = draw_groups();
    struct sim sam = sam_with("pboc-key", &g, 1), user = user_with("pboc-key", &g, BANK);
    uint8_t old[8];
    (void)state;

    assert_int_equal(begin(&user, 1, 2, 1, 100), 0x9000);
    assert_int_equal(init_sam(&sam, &user, 100, BANK), 0x9000);
    assert_int_equal(debit(&user, &sam), 0x9000);
    memcpy(old, user.reply, 8);
    assert_int_equal(credit_sam(&sam, &user), 0x9000);
    assert_int_equal(credit_sam(&sam, &user), 0x6901);
    assert_int_equal(begin(&user, 1, 2, 1, 100), 0x9000);
    assert_int_equal(init_sam(&sam, &user, 100, BANK), 0x9000);
    memcpy(user.reply, old, 8);
    assert_int_equal(credit_sam(&sam, &user), 0x9302);
    sim_end(&user);
    sim_end(&sam);
}

#define ORDER "11223344 0005 00001000 06 " WHEN "01 00 " ASN BANK REGION

static void sam_credits_only_what_it_has_just_begun(void **state)
{
    static const char *const between[] = {"00 84 00 00 04", "80 CA 00 00 08", "00 FF 00 00",
                                          "00 A4 00 00 02 3F01", "00 B0"};
    static const uint8_t factor[8] = {0x11, 0x22, 0x33, 0x44, 0x00, 0x05, 0x00, 0x01};
    struct sim sam = sam_of(GMPK);
    uint8_t command[9] = {0x80, 0x72, 0x00, 0x00, 0x04}, f[8], amount[4] = {0, 0, 0x10, 0};
    (void)state;

    assert_int_equal(send(&sam, "80 72 00 00 04 00000000"), 0x6901);
    memcpy(f, factor, 8);
    for (size_t i = 0; i <= 5; i++) {
        assert_int_equal(send(&sam, "80 70 00 00 2C " ORDER), 0x9000);
        f[7] = (uint8_t)(i + 1);
        outside_mac(DPK, f, amount, 4, command + 5);
        if (i < 5)
            send(&sam, between[i]);
        assert_int_equal(send_bytes(&sam, command, 9), i < 5 ? 0x6901 : 0x9000);
    }
    assert_int_equal(send(&sam, "80 70 00 00 2C " ORDER), 0x9000);
    f[7]++;
    outside_mac(DPK, f, amount, 4, command + 5);
    enter_application(&sam);
    assert_int_equal(send_bytes(&sam, command, 9), 0x6901);
    sim_end(&sam);
}

static void number_of_a_terminal_never_comes_twice(void **state)
{
    struct sim sam = sam_of(GMPK);
    (void)state;

    for (uint32_t i = 1; i <= 20; i++) {
        assert_int_equal(send(&sam, "80 70 00 00 2C " ORDER), 0x9000);
        assert_int_equal(number_read(sam.reply, 4), i);
        assert_true(sim_card_changed(sam.card));
        assert_int_equal(sim_card_save(sam.card, path), KR_OK);
        if (i % 5 == 0) { /* torn out */
            sim_end(&sam);
            assert_int_equal(sim_card_load(path, &sam.card), KR_OK);
            enter_application(&sam);
        }
    }
    sam.card->directories[1].terminal_number = UINT32_MAX;
    assert_int_equal(send(&sam, "80 70 00 00 2C " ORDER), 0x9402);
    sim_end(&sam);
}

static void malformed_orders_are_refused_and_spend_no_number(void **state)
{
    static const struct {
        const char *command;
        uint16_t sw;
    } bad[] = {
        {"80 70 01 00 2C " ORDER, 0x6A86},
        {"80 70 00 00 14 11223344 0005 00001000 06 " WHEN "01 00", 0x6700}, /* the key itself */
        {"80 70 00 00 34 " ORDER REGION, 0x6700},                           /* four levels */
        {"80 70 00 00 2B 11223344 0005 00001000 06 " WHEN "01 00 " ASN BANK "00000000000005",
         0x6700},
        {"80 70 00 00 2C 11223344 0005 00001000 02 " WHEN "01 00 " ASN BANK REGION, 0x6A80},
        {"80 70 00 00 2C 11223344 0005 00001000 06 " WHEN "01 01 " ASN BANK REGION, 0x6A80},
        {"80 70 00 00 2C 11223344 0005 00001000 06 " WHEN "00 00 " ASN BANK REGION, 0x9403},
        {"80 70 00 00 2C 11223344 0005 00001000 06 " WHEN "06 00 " ASN BANK REGION, 0x9403},
        {"80 72 00 01 04 00000000", 0x6A86},
        {"80 72 00 00 03 000000", 0x6700},
    };
    struct sim sam = sam_of(GMPK);
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(send(&sam, bad[i].command), bad[i].sw);
    assert_int_equal(sam.card->directories[1].terminal_number, 0);
    assert_int_equal(send(&sam, "00 A4 00 00 02 3F00"), 0x9000);
    assert_int_equal(send(&sam, "80 70 00 00 2C " ORDER), 0x9403); /* groups are the ADF's */
    sam.card->directories[0].files[0].id = 0x0014;
    enter_application(&sam);
    assert_int_equal(send(&sam, "80 70 00 00 2C " ORDER), 0x6985); /* no terminal id */
    sim_end(&sam);
}

static void group_key_never_encrypts_anything(void **state)
{
    struct sim sam = sam_of(GMPK);
    char command[32];
    (void)state;

    for (unsigned type = 0; type <= 0xFF; type++) {
        snprintf(command, sizeof command, "80 1A %02X 01", type);
        assert_int_equal(send(&sam, command), type >= 0x30 && type <= 0x32 ? 0x9403 : 0x6985);
        assert_int_equal(send(&sam, "80 FA 00 00 08 0000000000000000"), 0x6901);
    }
    assert_int_equal(send(&sam, "00 88 00 01 08 0000000000000000"), 0x6A88);
    assert_int_equal(send(&sam, "80 F8 01 01 11 E0 01003EF000EF33 84D4813E24 01020304"), 0x6D00);
    assert_int_equal(send(&sam, "80 70 00 00 2C " ORDER), 0x9000);
    assert_int_equal(send(&sam, "80 FA 00 00 08 0000000000000000"), 0x6901);
    sim_end(&sam);
}

/* Keys that compute, one of each type and version. */
static struct sim sam_that_computes(const char *dialect)
{
    struct sim s = sim_with_application("blank-psam", dialect);

    give_key(&s, 1, (struct key_header){1, 1, 0x30, 0xF0, 0, 0xEF, 0xFF}, "1122334455667788");
    give_key(&s, 2, (struct key_header){2, 0, 0x30, 0xF0, 0, 0xEF, 0xFF}, GMPK);
    give_key(&s, 1, (struct key_header){1, 0, 0x31, 0xF0, 0, 0xEF, 0xFF}, GMPK);
    give_key(&s, 1, (struct key_header){1, 0, 0x32, 0xF0, 0, 0xEF, 0xFF}, UNLOCK_KEY);
    enter_application(&s);
    return s;
}

/* "internal authentication, 8-byte key" and "ISO 9797-1 MAC algorithm 3, padding 2" */
static void keys_that_compute_give_the_published_numbers(void **state)
{
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        struct sim s = sam_that_computes(both_dialects[i]);
        assert_int_equal(send(&s, "80 1A 30 01"), 0x9000);
        assert_int_equal(send(&s, "80 FA 00 00 08 0102030405060708 08"), 0x9000);
        assert_answer(&s, "178F59F8578E0D3F");
        assert_int_equal(send(&s, "80 1A 32 01"), 0x9000);
        assert_int_equal(send(&s, "80 FA 05 00 18 0000000000000000"
                                  "68656C6C6F20776F 726C648000000000 04"),
                         0x9000);
        assert_answer(&s, "2BC2D9ED");
        assert_int_equal(send(&s, "80 1A 32 01"), 0x9000);
        assert_int_equal(send(&s, "80 FA 07 00 10 0000000000000000 68656C6C6F20776F"), 0x9000);
        assert_int_equal(s.len, 0);
        assert_int_equal(send(&s, "80 FA 01 00 08 726C648000000000 04"), 0x9000);
        assert_answer(&s, "2BC2D9ED");
        sim_end(&s);
    }
}

static void computing_keys_are_diversified_and_go_both_ways(void **state)
{
    struct sim s = sam_that_computes("pboc-key");
    uint8_t plain[16], wanted[16];
    (void)state;

    assert_int_equal(bytes_of("00112233445566778899AABBCCDDEEFF", plain), 16);
    encrypt(DPK, plain, wanted, 16);
    assert_int_equal(send(&s, "80 1A 30 02 18" ASN BANK REGION), 0x9000);
    assert_int_equal(send(&s, "80 FA 02 00 08 0011223344556677"), 0x9000);
    assert_memory_equal(s.reply, wanted, 8);
    assert_int_equal(send(&s, "80 FA 00 00 08 8899AABBCCDDEEFF"), 0x9000);
    assert_memory_equal(s.reply, wanted + 8, 8);
    assert_int_equal(send(&s, "80 FA 00 00 08 8899AABBCCDDEEFF"), 0x6901); /* that was the last */
    assert_int_equal(send(&s, "80 1A 31 01 18" ASN BANK REGION), 0x9000);
    uint8_t command[21] = {0x80, 0xFA, 0x80, 0x00, 0x10};
    memcpy(command + 5, wanted, 16);
    assert_int_equal(send_bytes(&s, command, sizeof command), 0x9000);
    assert_memory_equal(s.reply, plain, 16);
    sim_end(&s);
}

static void key_that_computes_does_its_own_kind_alone(void **state)
{
    static const struct {
        const char *begin, *mode;
        uint16_t sw;
    } bad[] = {
        {"80 1A 30 02", "80 FA 80 00 08 0000000000000000", 0x6985},
        {"80 1A 30 02", "80 FA 05 00 10 00000000000000000000000000000000", 0x6985},
        {"80 1A 31 01", "80 FA 00 00 08 0000000000000000", 0x6985},
        {"80 1A 32 01", "80 FA 00 00 08 0000000000000000", 0x6985},
        {"80 1A 32 01", "80 FA 01 00 08 0000000000000000", 0x6901}, /* no initial value yet */
        {"80 1A 32 01", "80 FA 05 00 08 0000000000000000", 0x6700}, /* no data behind it */
        {"80 1A 30 02", "80 FA 00 00 07 00000000000000", 0x6700},
        {"80 1A 30 02", "80 FA 04 00 08 0000000000000000", 0x6A86},
        {"80 1A 30 02", "80 FA 81 00 08 0000000000000000", 0x6A86},
    };
    struct sim s = sam_that_computes("pboc-key");
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(send(&s, bad[i].begin), 0x9000);
        assert_int_equal(send(&s, bad[i].mode), bad[i].sw);
        assert_int_equal(send(&s, "80 FA 00 00 08 0000000000000000"), 0x6901);
    }
    assert_int_equal(send(&s, "80 1A 30 03"), 0x9403);
    assert_int_equal(send(&s, "80 1A 30 02 07 00000000000000"), 0x6700);
    assert_int_equal(send(&s, "80 1A 30 02"), 0x9000);
    assert_int_equal(send(&s, "80 CA 00 00 08"), 0x9000);
    assert_int_equal(send(&s, "80 FA 00 00 08 0000000000000000"), 0x6901);
    sim_end(&s);
}

static void other_cards_are_no_terminals(void **state)
{
    static const char *const kinds[] = {"blank-mother", "blank-user", "manufacturer"};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        struct sim s = sim_deliver(kinds[i]);
        assert_int_equal(send(&s, "80 70 00 00 2C " ORDER), 0x6D00);
        assert_int_equal(send(&s, "80 1A 30 01"), 0x6D00);
        sim_end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(purchase_runs_in_all_five_groups),
        cmocka_unit_test(group_key_is_diversified_by_region_then_bank_then_card),
        cmocka_unit_test(card_of_another_bank_refuses_the_terminal),
        cmocka_unit_test(terminal_with_another_group_key_gets_nothing),
        cmocka_unit_test(retired_group_is_refused_by_the_terminal),
        cmocka_unit_test(altered_answers_between_the_cards_are_refused),
        cmocka_unit_test(replayed_mac2_is_refused),
        cmocka_unit_test(sam_credits_only_what_it_has_just_begun),
        cmocka_unit_test(number_of_a_terminal_never_comes_twice),
        cmocka_unit_test(malformed_orders_are_refused_and_spend_no_number),
        cmocka_unit_test(group_key_never_encrypts_anything),
        cmocka_unit_test(keys_that_compute_give_the_published_numbers),
        cmocka_unit_test(computing_keys_are_diversified_and_go_both_ways),
        cmocka_unit_test(key_that_computes_does_its_own_kind_alone),
        cmocka_unit_test(other_cards_are_no_terminals),
    };
    char folder[] = "/tmp/keyrite-psam-XXXXXX";
    int failed;

    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/card", folder);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(folder);
    return failed;
}
