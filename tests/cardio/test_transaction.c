/* Purchases between a PSAM and a user card, and loads, by the console: what proves them, who is
 * refused, and what is said of a card that was torn out. */
#include "till.h"

static void assert_all_hold(const struct transaction *t)
{
    assert_int_equal(t->purse, PURSE_CHANGED);
    assert_int_equal(t->mac1_verdict, VERDICT_HOLDS);
    assert_int_equal(t->mac2_verdict, VERDICT_HOLDS);
    assert_int_equal(t->tac_verdict, VERDICT_HOLDS);
    assert_int_equal(t->balance_verdict, VERDICT_HOLDS);
}

static void assert_untouched(const struct till *t, const struct transaction *tx)
{
    assert_int_equal(tx->purse, PURSE_UNTOUCHED);
    assert_int_equal(truth(t).balance, RICH);
}

static enum kr_error pay_group(struct till *t, uint8_t group, uint32_t amount,
                               struct transaction *tx)
{
    struct purchase p = purchase_of(t, group, amount);
    return transaction_purchase(&t->psam, &t->user, &p, tx);
}

/* ---- what works ---- */

static void both_cards_say_who_they_are(void **state)
{
    struct till *t = *state;
    struct user_facts facts;
    uint8_t terminal[6], expected[10];
    assert_int_equal(transaction_meet_psam(&t->psam, terminal), KR_OK);
    bytes_of(TERMINAL, expected);
    assert_memory_equal(terminal, expected, 6);
    assert_int_equal(transaction_meet_user(&t->user, &facts), KR_OK);
    bytes_of("0000" ASN, expected);
    assert_memory_equal(facts.asn, expected, 10);
    bytes_of("6228480571000001", expected);
    assert_memory_equal(facts.issuer, expected, 8);
    assert_memory_equal(facts.start, "\x20\x26\x01\x01", 4);
    assert_memory_equal(facts.end, "\x20\x36\x12\x31", 4);
    assert_int_equal(facts.type, 1);
    assert_int_equal(facts.version, 2);
    assert_false(facts.pin_to_load);
    assert_false(facts.pin_to_pay);
}

static void purchase_proves_each_group_in_both_dialects(void **state)
{
    struct till *t = *state;
    for (size_t i = 0; i < 4; i++) {
        lay_psam(t, both_dialects[i / 2], (const char(*)[33])t->group, GROUP_COUNT);
        lay_user(t, &(struct till_card){.dialect = both_dialects[i % 2]});
        t->psam.dialect = dialect_by_id(both_dialects[i / 2]);
        t->user.dialect = dialect_by_id(both_dialects[i % 2]);
        for (uint8_t group = 1; group <= GROUP_COUNT; group++) {
            struct transaction tx;
            assert_int_equal(pay_group(t, group, 100, &tx), KR_OK);
            assert_all_hold(&tx);
            assert_false(tx.looked);
            assert_int_equal(tx.version, group);
            assert_int_equal(tx.terminal_number, group);
            assert_int_equal(tx.counter, 8 + group - 1);
            assert_int_equal(tx.balance_before, RICH - (group - 1u) * 100);
            assert_int_equal(tx.balance_after, RICH - group * 100u);
            assert_int_equal(truth(t).balance, RICH - group * 100u);
            assert_memory_equal(truth(t).tac, tx.tac, 4);
            assert_memory_equal(truth(t).mac, tx.mac2, 4);
        }
    }
}

static void load_is_proved_by_the_banks_keys(void **state)
{
    struct till *t = *state;
    for (size_t i = 0; i < 2; i++) {
        struct load l = load_of(t, 250);
        struct transaction tx;
        lay_user(t, &(struct till_card){.dialect = both_dialects[i]});
        t->user.dialect = dialect_by_id(both_dialects[i]);
        assert_int_equal(transaction_load(&t->user, &l, &tx), KR_OK);
        assert_all_hold(&tx);
        assert_int_equal(tx.counter, 3);
        assert_int_equal(tx.balance_after, RICH + 250);
        assert_int_equal(truth(t).balance, RICH + 250);
        assert_int_equal(truth(t).online, 4);
    }
}

static void card_that_wants_its_pin_gets_it(void **state)
{
    struct till *t = *state;
    struct user_facts facts;
    struct transaction tx;
    struct purchase p = purchase_of(t, 2, 100);
    struct load l = load_of(t, 100);
    lay_user(t, &(struct till_card){.with_pin = true});
    assert_int_equal(transaction_meet_user(&t->user, &facts), KR_OK);
    assert_true(facts.pin_to_load && facts.pin_to_pay);
    assert_int_equal(transaction_purchase(&t->psam, &t->user, &p, &tx), KR_E_PIN_NEEDED);
    assert_string_equal(kr_detail(), "purchase");
    assert_untouched(t, &tx);
    assert_int_equal(transaction_load(&t->user, &l, &tx), KR_E_PIN_NEEDED);
    p.terms.pin = typed_in(t->vault, ENTRY_PIN, "654321");
    assert_int_equal(transaction_purchase(&t->psam, &t->user, &p, &tx), KR_E_PIN_WRONG);
    assert_string_equal(kr_detail(), "2");
    assert_untouched(t, &tx);
    p.terms.pin = l.terms.pin = typed_in(t->vault, ENTRY_PIN, CARD_PIN);
    assert_int_equal(transaction_purchase(&t->psam, &t->user, &p, &tx), KR_OK);
    assert_all_hold(&tx);
    assert_int_equal(transaction_load(&t->user, &l, &tx), KR_OK);
    assert_all_hold(&tx);
    assert_int_equal(truth(t).balance, RICH);
}

/* ---- who is refused ---- */

static void card_of_another_bank_is_refused(void **state)
{
    struct till *t = *state;
    lay_user(t, &(struct till_card){.bank = OTHER_BANK});
    for (uint8_t group = 1; group <= GROUP_COUNT; group++) {
        struct transaction tx;
        assert_int_equal(pay_group(t, group, 100, &tx), KR_E_MAC1);
        assert_int_equal(tx.mac1_verdict, VERDICT_FAILS);
        assert_int_equal(tx.mac2_verdict, VERDICT_NONE);
        assert_untouched(t, &tx);
        if (group < 3)
            assert_int_equal(kr_detail()[0], '0' + group);
    }
}

static void psam_with_another_root_is_refused(void **state)
{
    struct till *t = *state;
    char theirs[GROUP_COUNT][33];
    struct transaction tx;
    for (int g = 0; g < GROUP_COUNT; g++)
        draw_key(theirs[g]);
    lay_psam(t, "pboc-key", (const char(*)[33])theirs, GROUP_COUNT);
    for (uint8_t group = 1; group <= GROUP_COUNT; group++) {
        assert_int_equal(pay_group(t, group, 100, &tx), KR_E_MAC1);
        assert_untouched(t, &tx);
    }
}

static void group_that_one_of_both_lacks_is_refused(void **state)
{
    struct till *t = *state;
    struct transaction tx;
    lay_psam(t, "pboc-key", (const char(*)[33])t->group, 3);
    assert_int_equal(pay_group(t, 3, 100, &tx), KR_OK);
    assert_int_equal(pay_group(t, 4, 100, &tx), KR_E_GROUP_PSAM);
    assert_string_equal(kr_detail(), "4");
    lay_user(t, &(struct till_card){.groups = 2});
    assert_int_equal(pay_group(t, 3, 100, &tx), KR_E_GROUP_CARD);
    assert_string_equal(kr_detail(), "purchase 3");
    assert_untouched(t, &tx);
}

static void more_than_the_balance_is_not_paid(void **state)
{
    struct till *t = *state;
    struct transaction tx;
    assert_int_equal(pay_group(t, 1, RICH + 1, &tx), KR_E_BALANCE_LOW);
    assert_string_equal(kr_detail(), "1001");
    assert_untouched(t, &tx);
    assert_int_equal(pay_group(t, 1, RICH, &tx), KR_OK);
    assert_int_equal(tx.balance_after, 0);
}

static void other_kinds_of_cards_are_named_and_left_alone(void **state)
{
    struct till *t = *state;
    struct transaction tx;
    char blank[DECK_NAME_MAX];
    struct user_facts facts;
    uint8_t terminal[6];
    struct card swapped = t->psam;
    swapped.reader = USER_SLOT;
    assert_int_equal(transaction_meet_psam(&swapped, terminal), KR_E_NOT_PSAM);
    assert_string_equal(kr_detail(), "2");
    swapped.reader = PSAM_SLOT;
    assert_int_equal(transaction_meet_user(&swapped, &facts), KR_E_NOT_USER_CARD);
    assert_int_equal(deck_new(t->deck, "blank-user", 1, blank), KR_OK);
    assert_int_equal(deck_eject(t->deck, USER_SLOT), KR_OK);
    assert_int_equal(deck_insert(t->deck, blank, USER_SLOT), KR_OK);
    assert_int_equal(pay_group(t, 1, 1, &tx), KR_E_NOT_USER_CARD);
    assert_int_equal(deck_eject(t->deck, USER_SLOT), KR_OK);
    assert_int_equal(pay_group(t, 1, 1, &tx), KR_E_NO_CARD);
    assert_untouched(t, &tx);
}

static void another_card_than_the_one_met_is_refused(void **state)
{
    struct till *t = *state;
    struct transaction tx;
    lay_user(t, &(struct till_card){.asn = OTHER_ASN});
    assert_int_equal(pay_group(t, 1, 100, &tx), KR_E_CARD_SWAPPED);
    assert_string_equal(kr_detail(), "0000" OTHER_ASN);
    assert_untouched(t, &tx);
}

static void tac_under_another_key_is_told_although_the_money_moved(void **state)
{
    struct till *t = *state;
    struct purchase p = purchase_of(t, 1, 100);
    struct load l = load_of(t, 100);
    struct transaction tx;
    p.terms.tac = l.terms.tac = card_key_in_vault(t->vault, t->load_master, ASN);
    assert_int_equal(transaction_purchase(&t->psam, &t->user, &p, &tx), KR_E_TAC);
    assert_string_equal(kr_detail(), "9");
    assert_int_equal(tx.purse, PURSE_CHANGED);
    assert_int_equal(tx.mac2_verdict, VERDICT_HOLDS);
    assert_int_equal(tx.tac_verdict, VERDICT_FAILS);
    assert_int_equal(tx.balance_after, RICH - 100);
    assert_int_equal(transaction_load(&t->user, &l, &tx), KR_E_TAC);
    assert_int_equal(tx.purse, PURSE_CHANGED);
    assert_int_equal(truth(t).balance, RICH);
}

static void load_with_another_banks_key_is_refused(void **state)
{
    struct till *t = *state;
    struct load l = load_of(t, 100);
    struct transaction tx;
    l.key = card_key_in_vault(t->vault, t->tac_master, ASN);
    assert_int_equal(transaction_load(&t->user, &l, &tx), KR_E_MAC1);
    assert_int_equal(tx.mac1_verdict, VERDICT_FAILS);
    assert_untouched(t, &tx);
}

/* ---- torn ---- */

static const char *const fault_names[] = {"gone-before", "gone-after", "empty", "one-byte",
                                          "wrong-sw",    "61xx",       "6cxx",  "reset"};

static void order_fault(const struct till *t, int slot, unsigned n, const char *kind)
{
    char text[32];
    snprintf(text, sizeof text, "%u:%s", n, kind);
    assert_int_equal(sim_fault_order(t->deck, slot, text), KR_OK);
}

/* A fault that did not happen waits in the deck. */
static bool fault_happened(const struct till *t, int slot)
{
    char path[192];
    snprintf(path, sizeof path, "%s/fault-%d", t->deck, slot);
    bool waits = access(path, F_OK) == 0;
    (void)unlink(path);
    return !waits;
}

/* What is said is what is so. */
static void assert_honest(const struct till *t, enum kr_error err, const struct transaction *tx,
                          uint32_t changed)
{
    uint32_t now = truth(t).balance;
    if (tx->purse == PURSE_CHANGED)
        assert_int_equal(now, changed);
    if (tx->purse == PURSE_UNTOUCHED)
        assert_int_equal(now, RICH);
    if (!err)
        assert_all_hold(tx);
    else
        assert_false(tx->purse == PURSE_CHANGED && tx->mac1_verdict == VERDICT_HOLDS &&
                     tx->mac2_verdict == VERDICT_HOLDS && tx->tac_verdict == VERDICT_HOLDS &&
                     tx->balance_verdict == VERDICT_HOLDS);
}

struct tally {
    unsigned changed, untouched, doubt, looked;
};

static void count_up(struct tally *n, const struct transaction *tx)
{
    n->changed += tx->purse == PURSE_CHANGED;
    n->untouched += tx->purse == PURSE_UNTOUCHED;
    n->doubt += tx->purse == PURSE_IN_DOUBT;
    n->looked += tx->looked;
}

/* One purchase with one fault; false when it ended before the fault. */
static bool torn_purchase(struct till *t, int slot, unsigned n, const char *kind, struct tally *sum)
{
    struct purchase p = purchase_of(t, 1, 100);
    struct transaction tx;
    lay_user(t, &(struct till_card){0});
    lay_psam(t, "pboc-key", (const char(*)[33])t->group, GROUP_COUNT);
    order_fault(t, slot, n, kind);
    enum kr_error err = transaction_purchase(&t->psam, &t->user, &p, &tx);
    bool happened = fault_happened(t, slot);
    assert_honest(t, err, &tx, RICH - 100);
    count_up(sum, &tx);
    put_back(t, "user", USER_SLOT);
    put_back(t, "psam", PSAM_SLOT);
    if (tx.purse == PURSE_IN_DOUBT) {
        err = transaction_purchase_look(&t->psam, &t->user, &p, &tx);
        assert_int_not_equal(tx.purse, PURSE_IN_DOUBT);
        assert_honest(t, err, &tx, RICH - 100);
        if (tx.purse == PURSE_CHANGED) /* the PSAM was not disturbed: it has its MAC2 now */
            assert_int_equal(err, KR_OK);
        count_up(sum, &tx);
    }
    return happened;
}

static void nothing_is_claimed_of_a_purchase_torn_at_any_command(void **state)
{
    struct till *t = *state;
    struct tally sum = {0};
    for (int slot = PSAM_SLOT; slot <= USER_SLOT; slot++)
        for (size_t k = 0; k < sizeof fault_names / sizeof *fault_names; k++)
            for (unsigned n = 1; torn_purchase(t, slot, n, fault_names[k], &sum); n++)
                assert_in_range(n, 1, 20);
    print_message("purchases: %u changed, %u untouched, %u in doubt, %u looked at\n", sum.changed,
                  sum.untouched, sum.doubt, sum.looked);
    assert_true(sum.changed > 0 && sum.untouched > 0 && sum.doubt > 0 && sum.looked > 0);
}

static bool torn_load(struct till *t, unsigned n, const char *kind, struct tally *sum)
{
    struct load l = load_of(t, 100);
    struct transaction tx;
    lay_user(t, &(struct till_card){0});
    order_fault(t, USER_SLOT, n, kind);
    enum kr_error err = transaction_load(&t->user, &l, &tx);
    bool happened = fault_happened(t, USER_SLOT);
    assert_honest(t, err, &tx, RICH + 100);
    count_up(sum, &tx);
    put_back(t, "user", USER_SLOT);
    if (tx.purse == PURSE_IN_DOUBT) {
        err = transaction_load_look(&t->user, &l, &tx);
        assert_int_not_equal(tx.purse, PURSE_IN_DOUBT);
        assert_honest(t, err, &tx, RICH + 100);
        if (tx.purse == PURSE_CHANGED)
            assert_int_equal(err, KR_OK);
        count_up(sum, &tx);
    }
    return happened;
}

static void nothing_is_claimed_of_a_load_torn_at_any_command(void **state)
{
    struct till *t = *state;
    struct tally sum = {0};
    for (size_t k = 0; k < sizeof fault_names / sizeof *fault_names; k++)
        for (unsigned n = 1; torn_load(t, n, fault_names[k], &sum); n++)
            assert_in_range(n, 1, 20);
    print_message("loads: %u changed, %u untouched, %u in doubt, %u looked at\n", sum.changed,
                  sum.untouched, sum.doubt, sum.looked);
    assert_true(sum.changed > 0 && sum.untouched > 0 && sum.doubt > 0 && sum.looked > 0);
}

/* The commands of the user card before the answer to DEBIT: SELECT, READ, INITIALIZE. */
#define DEBIT_IS 4

static void card_that_went_mute_is_asked_what_it_did(void **state)
{
    struct till *t = *state;
    struct purchase p = purchase_of(t, 1, 100);
    struct transaction tx;
    readers_set_deadline(t->readers, 300);
    order_fault(t, USER_SLOT, DEBIT_IS, "mute");
    assert_int_equal(transaction_purchase(&t->psam, &t->user, &p, &tx), KR_E_CARD_MUTE);
    assert_true(fault_happened(t, USER_SLOT));
    assert_true(tx.looked);
    assert_untouched(t, &tx);
}

static void card_used_elsewhere_meanwhile_stays_in_doubt(void **state)
{
    struct till *t = *state;
    struct purchase p = purchase_of(t, 1, 100);
    struct transaction tx;
    const char *const kinds[] = {"gone-before", "gone-after"};
    for (size_t i = 0; i < 2; i++) {
        lay_user(t, &(struct till_card){0});
        order_fault(t, USER_SLOT, DEBIT_IS, kinds[i]);
        assert_int_not_equal(transaction_purchase(&t->psam, &t->user, &p, &tx), KR_OK);
        assert_int_equal(tx.purse, PURSE_IN_DOUBT);

        char path[192];
        struct sim s = {0};
        snprintf(path, sizeof path, "%s/cards/user.card", t->deck);
        assert_int_equal(sim_card_load(path, &s.card), KR_OK);
        struct purse elsewhere = purse_of(&s, 2);
        elsewhere.balance -= 100;
        elsewhere.offline = (uint16_t)(elsewhere.offline + 2);
        elsewhere.proof_number = elsewhere.offline;
        set_purse(&s, 2, &elsewhere);
        lay(t, &s, "user", USER_SLOT);
        assert_int_not_equal(transaction_purchase_look(&t->psam, &t->user, &p, &tx), KR_OK);
        assert_int_equal(tx.purse, PURSE_IN_DOUBT);
        assert_false(tx.looked);
    }
}

static void log_tells_when_nothing_else_is_known(void **state)
{
    struct till *t = *state;
    struct purchase p = purchase_of(t, 1, 10);
    struct load l = load_of(t, 10);
    struct transaction tx;
    enum purse_state purse;
    uint8_t terminal[6];
    bytes_of(TERMINAL, terminal);
    assert_int_equal(transaction_log_look(&t->user, &p.terms, TYPE_PURCHASE, terminal, &purse),
                     KR_OK);
    assert_int_equal(purse, PURSE_UNTOUCHED); /* of an empty log */
    assert_int_equal(transaction_purchase(&t->psam, &t->user, &p, &tx), KR_OK);
    struct purchase later = p;
    later.terms.time[2] = 1;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(transaction_log_look(&t->user, &p.terms, TYPE_PURCHASE, terminal, &purse),
                         KR_OK);
        assert_int_equal(purse, PURSE_CHANGED);
        assert_int_equal(transaction_log_look(&t->user, &l.terms, TYPE_LOAD, l.terminal, &purse),
                         KR_OK);
        assert_int_equal(purse, i < 9 ? PURSE_UNTOUCHED : PURSE_IN_DOUBT); /* full */
        assert_int_equal(transaction_purchase(&t->psam, &t->user, &later, &tx), KR_OK);
    }
    assert_int_equal(transaction_log_look(&t->user, &p.terms, TYPE_PURCHASE, terminal, &purse),
                     KR_OK);
    assert_int_equal(purse, PURSE_IN_DOUBT); /* ten newer ones */
    later.terms.time[2] = 2;
    assert_int_equal(transaction_log_look(&t->user, &later.terms, TYPE_PURCHASE, terminal, &purse),
                     KR_OK);
    assert_int_equal(purse, PURSE_UNTOUCHED); /* all ten are older */
    memcpy(later.terms.asn, "other card", 10);
    assert_int_equal(transaction_log_look(&t->user, &later.terms, TYPE_PURCHASE, terminal, &purse),
                     KR_E_CARD_SWAPPED);
    assert_int_equal(purse, PURSE_IN_DOUBT);
}

static void only_a_doubt_is_looked_into(void **state)
{
    struct till *t = *state;
    struct purchase p = purchase_of(t, 1, 100);
    struct load l = load_of(t, 100);
    struct transaction tx;
    assert_int_equal(transaction_purchase(&t->psam, &t->user, &p, &tx), KR_OK);
    assert_int_equal(transaction_purchase_look(&t->psam, &t->user, &p, &tx), KR_E_ARGUMENT);
    assert_int_equal(transaction_load_look(&t->user, &l, &tx), KR_E_ARGUMENT);
}

#define till_test(f) cmocka_unit_test_setup_teardown(f, till_open, till_close)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        till_test(both_cards_say_who_they_are),
        till_test(purchase_proves_each_group_in_both_dialects),
        till_test(load_is_proved_by_the_banks_keys),
        till_test(card_that_wants_its_pin_gets_it),
        till_test(card_of_another_bank_is_refused),
        till_test(psam_with_another_root_is_refused),
        till_test(group_that_one_of_both_lacks_is_refused),
        till_test(more_than_the_balance_is_not_paid),
        till_test(other_kinds_of_cards_are_named_and_left_alone),
        till_test(another_card_than_the_one_met_is_refused),
        till_test(tac_under_another_key_is_told_although_the_money_moved),
        till_test(load_with_another_banks_key_is_refused),
        till_test(nothing_is_claimed_of_a_purchase_torn_at_any_command),
        till_test(nothing_is_claimed_of_a_load_torn_at_any_command),
        till_test(card_that_went_mute_is_asked_what_it_did),
        till_test(card_used_elsewhere_meanwhile_stays_in_doubt),
        till_test(log_tells_when_nothing_else_is_known),
        till_test(only_a_doubt_is_looked_into),
    };
    const struct child_role roles[] = {vault_role, cards_role, watch_role};
    int status;
    if (child_dispatch(argc, argv, roles, sizeof roles / sizeof *roles, &status))
        return status;
    if (harden_process() != KR_OK)
        return 1;
    return cmocka_run_group_tests_name("transaction", tests, NULL, NULL);
}
