/* Cards that are foreign, blank, used, swapped, pulled or spoiled, and PINs that run out of tries.
 */
#include "../../ceremony/prerequisites.h"
#include "hall.h"

#include "../../crypto/hash.h"

/* A blank of another maker comes into the drawer. */
static void bring_foreign_card(struct hall *h)
{
    char other[2 * PATH_ROOM], first[DECK_NAME_MAX];
    snprintf(other, sizeof other, "%s/elsewhere", h->dir);
    assert_int_equal(deck_make(other), KR_OK);
    assert_int_equal(deck_new(other, "blank-mother", 1, first), KR_OK);
    hall_shell("cp %s/cards/%s.card %s/cards/foreign-01.card", other, first, h->deck);
}

static void card_of(struct hall *h, const char *number, struct card_record *rec)
{
    assert_int_equal(cards_by_number(session_store(h->session), number, rec), KR_OK);
}

static size_t cards_in_state(struct hall *h, const char *state_word)
{
    struct card_record rows[32];
    size_t count = 0;
    assert_int_equal(cards_list(session_store(h->session), state_word, NULL, rows, 32, &count),
                     KR_OK);
    return count;
}

static size_t entries_of_two(struct hall *h, const char *kind)
{
    struct store *store = session_store(h->session);
    size_t count = 0;
    for (uint64_t seq = 0; seq < journal_size(store); seq++) {
        struct entry e;
        assert_ok(journal_read(store, seq, &e));
        count += strcmp(e.kind, kind) == 0 && e.signer_count == 2;
        entry_free(&e);
    }
    return count;
}

static void answer_key(struct hall *h, const char *key, const char *value)
{
    assert_string_equal(h->r.key, key);
    hall_reply(h, value);
}

static void supervisor_agrees(struct hall *h)
{
    assert_non_null(strstr(h->r.key, ".gone-passphrase"));
    assert_string_equal(h->r.person, "wang");
    hall_step(h);
}

/* ---- The manufacturer's mother card ---- */

static void a_wrong_pin_shows_the_tries_left_and_the_last_is_a_supervisors_to_approve(void **state)
{
    struct hall *h = hall_open(hall_rooted);
    (void)state;
    hall_begin(h, "card-intake");
    hall_walk_to(h, "maker.pin");
    hall_reply(h, "000000");
    assert_problem(h, KR_E_PIN_WRONG);
    assert_non_null(strstr(h->r.problem, "2 tries"));
    answer_key(h, "maker.pin", "000001");
    assert_problem(h, KR_E_PIN_WRONG);
    assert_non_null(strstr(h->r.problem, "1 tries"));
    answer_key(h, "maker.pin", "000002"); /* is not even tried */
    assert_problem(h, KR_E_PIN_LAST_TRY);
    assert_string_equal(h->r.person, "wang");
    assert_string_equal(h->r.options[0].word, "aside");
    answer_key(h, "maker.last-try", "aside");
    assert_string_equal(h->r.key, "maker");
    hall_walk_to(h, "maker.pin");
    hall_reply(h, "000003"); /* still not */
    answer_key(h, "maker.last-try", "approve");
    answer_key(h, "maker.last-try-passphrase", "not the passphrase");
    assert_problem(h, KR_E_PASSPHRASE);
    answer_key(h, "maker.last-try", "approve");
    hall_step(h);
    assert_string_equal(h->r.key, "maker.pin");
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "approval", "covers", "last try"), 1);
    assert_int_equal(hall_count(h, "refusal", "error", "pin-wrong"), 2);
    assert_int_equal(hall_count(h, "refusal", "error", "pin-last-try"), 2);
    assert_journal_clean(h);
    hall_close(h);
}

static void an_approval_serves_one_try(void **state)
{
    struct hall *h = hall_open(hall_rooted);
    (void)state;
    hall_begin(h, "card-intake");
    hall_walk_to(h, "maker.pin");
    hall_reply(h, "000000");
    hall_reply(h, "000001");
    hall_reply(h, "000002");
    answer_key(h, "maker.last-try", "approve");
    hall_step(h);
    answer_key(h, "maker.pin", "000003");
    assert_problem(h, KR_E_CARD_LOCKED);
    assert_string_equal(h->r.key, "maker");
    hall_walk_to(h, "maker.pin");
    hall_step(h);
    assert_problem(h, KR_E_CARD_LOCKED);
    assert_int_equal(hall_give(h, ANSWER_ABORT, "the manufacturer's card is locked"), KR_OK);
    assert_int_equal(hall_count(h, "outcome", "result", "abandoned"), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void a_key_that_is_not_under_our_transport_key_is_not_taken(void **state)
{
    struct hall *h = hall_open(hall_rooted);
    char kcv[160];
    (void)state;
    hall_begin(h, "card-intake");
    hall_say(h, "component[1]", hall_components[0][0]);
    hall_say(h, "component[1]", hall_components[0][0]);
    hall_kcv_of(hall_components[0][0], kcv);
    hall_say(h, "component.kcv[1]", kcv);
    hall_walk_to(h, "maker.pin");
    hall_step(h);
    assert_problem(h, KR_E_CARD_FAKE);
    assert_false(key_exists(h->ceremony, "kMprd", 0));
    hall_close(h);
}

static void another_card_than_the_one_the_pin_was_asked_for_is_noticed(void **state)
{
    struct hall *h = hall_open(hall_rooted);
    (void)state;
    hall_begin(h, "card-intake");
    hall_walk_to(h, "maker.pin");
    hall_put(h, "mother-01", 0);
    hall_step(h);
    assert_problem(h, KR_E_CARD_SWAPPED);
    assert_string_equal(h->r.key, "maker");
    hall_walk_to(h, "");
    assert_journal_clean(h);
    hall_close(h);
}

static void an_intent_names_the_card_that_gives_the_key(void **state)
{
    struct hall *h = hall_open(hall_rooted);
    char other[DECK_NAME_MAX], chip[20];
    (void)state;
    assert_ok(deck_new(h->deck, "manufacturer", 1, other));
    hall_begin(h, "card-intake");
    hall_walk_to(h, "maker.pin");
    snprintf(chip, sizeof chip, "%s", var_get(h->ceremony, "maker-chip"));
    hall_reply(h, "000000");
    assert_problem(h, KR_E_PIN_WRONG);
    hall_put(h, other, 0);
    hall_step(h);
    assert_problem(h, KR_E_CARD_SWAPPED);
    hall_reply(h, other);
    assert_string_equal(h->r.key, "maker.pin");
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "intent", "card", "- manufacturer "), 2);
    assert_int_equal(hall_count(h, "outcome", "card", "- manufacturer "), 2);
    assert_int_equal(hall_count(h, "outcome", "card", chip), 1);
    assert_int_equal(hall_count(h, "outcome", "result", "abandoned"), 1);
    assert_journal_clean(h);
    hall_close(h);
}

/* ---- Taking in ---- */

static void what_does_not_prove_the_makers_key_goes_back_and_is_counted(void **state)
{
    struct hall *h = hall_open(hall_rooted);
    (void)state;
    bring_foreign_card(h);
    hall_begin(h, "card-intake");
    hall_walk_to(h, "intake");
    hall_reply(h, "none");
    assert_problem(h, KR_E_NO_CARD);
    hall_reply(h, "foreign-01");
    assert_problem(h, KR_E_CARD_FAKE);
    hall_walk_to(h, "balance");
    assert_int_equal(piece_count(h->ceremony, "good"), 2);
    assert_int_equal(piece_count(h->ceremony, "returned"), 1);
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "balance", "text", "drawn 3 = good 2 + spoiled 0 + returned 1"),
                     1);
    assert_int_equal(hall_count(h, "refusal", "error", "card-fake"), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void three_refused_cards_in_a_row_stop_the_batch(void **state)
{
    struct hall *h = hall_open(hall_rooted);
    (void)state;
    bring_foreign_card(h);
    hall_begin(h, "card-intake");
    hall_walk_to(h, "intake");
    hall_reply(h, "foreign-01");
    hall_step(h); /* a good one between them begins the count anew */
    hall_walk_to(h, "intake");
    for (int i = 0; i < REJECTS_IN_A_ROW; i++)
        answer_key(h, "intake", "foreign-01");
    answer_key(h, "intake.stopped", "wait");
    answer_key(h, "intake.stopped", "go-on");
    assert_string_equal(h->r.key, "intake");
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "note", "text", "refused cards in a row"), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void a_card_is_taken_in_once(void **state)
{
    struct hall *h = hall_open(hall_rooted);
    (void)state;
    hall_begin(h, "card-intake");
    hall_walk_to(h, "intake.label");
    hall_step(h);
    hall_reply(h, "keep");
    assert_problem(h, KR_E_CARD_KEPT);
    hall_walk_to(h, "");
    assert_int_equal(cards_in_state(h, "authenticated"), 2);
    hall_close(h);
}

/* ---- Washing ---- */

static void washing_refuses_what_is_foreign_or_washed_already(void **state)
{
    struct hall *h = hall_open(hall_stocked);
    char first[DECK_NAME_MAX];
    (void)state;
    hall_begin(h, "card-wash");
    hall_walk_to(h, "wash");
    hall_reply(h, "mother-05"); /* never taken in */
    assert_problem(h, KR_E_CARD_FOREIGN);
    struct trace_line trace[TRACE_MAX];
    size_t lines = ceremony_trace(h->ceremony, trace, TRACE_MAX);
    assert_true(lines > 0);
    /* the chip is for the details pane, not for the sentence */
    assert_null(strstr(h->r.problem, "4B52"));
    assert_non_null(strstr(trace[lines - 1].text, "card-foreign  4B52"));
    hall_step(h);
    assert_int_equal(deck_in_slot(h->deck, 1, first), KR_OK);
    assert_string_equal(h->r.key, "wash");
    hall_reply(h, first);
    assert_problem(h, KR_E_CARD_KEPT);
    hall_walk_to(h, "");
    assert_int_equal(cards_in_state(h, "washed"), 2);
    assert_int_equal(hall_count(h, "outcome", "card", "washed"), 2);
    assert_journal_clean(h);
    hall_close(h);
}

/* The n-th command goes wrong in that way; afterwards the same card is finished. */
static void wash_with_fault(const char *order)
{
    struct hall *h = hall_open(hall_stocked);
    readers_set_deadline(session_readers(h->session), 300);
    hall_begin(h, "card-wash");
    hall_say(h, "quantity", "1");
    hall_walk_to(h, "wash");
    assert_int_equal(sim_fault_order(h->deck, 1, order), KR_OK);
    hall_walk_to(h, "");
    assert_int_equal(cards_in_state(h, "washed"), 1);
    assert_int_equal(cards_in_state(h, "spoiled"), 0);
    assert_int_equal(hall_count(h, "outcome", "result", "ok"),
                     hall_count(h, "outcome", NULL, NULL));
    assert_journal_clean(h);
    hall_close(h);
}

static void a_card_torn_in_any_way_while_it_is_washed_is_looked_at_and_completed(void **state)
{
    static const char *const orders[] = {"4:gone-before", "9:gone-after", "11:mute", "13:empty",
                                         "15:wrong-sw",   "17:reset",     "8:61xx",  "21:one-byte"};
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        wash_with_fault(orders[i]);
}

static void another_card_is_not_worked_on_in_place_of_the_one_in_doubt(void **state)
{
    struct hall *h = hall_open(hall_stocked);
    (void)state;
    hall_begin(h, "card-wash");
    hall_walk_to(h, "wash");
    assert_int_equal(sim_fault_order(h->deck, 1, "10:gone-after"), KR_OK);
    hall_step(h);
    answer_key(h, "wash.trouble", "look");
    assert_string_equal(h->r.key, "wash.back");
    hall_reply(h, "mother-05");
    assert_problem(h, KR_E_CARD_SWAPPED);
    hall_reply(h, "none");
    assert_problem(h, KR_E_NO_CARD);
    assert_string_equal(h->r.key, "wash.back");
    hall_walk_to(h, "");
    assert_journal_clean(h);
    hall_close(h);
}

static void a_voided_card_is_remade_with_the_same_number(void **state)
{
    struct hall *h = hall_open(hall_stocked);
    struct card_record before, after;
    char number[24], spoiled[DECK_NAME_MAX];
    (void)state;
    hall_begin(h, "card-wash");
    hall_walk_to(h, "wash");
    hall_take_card(h);
    assert_int_equal(deck_in_slot(h->deck, 1, spoiled), KR_OK);
    assert_int_equal(sim_fault_order(h->deck, 1, "10:gone-after"), KR_OK);
    hall_step(h);
    snprintf(number, sizeof number, "%s", var_get(h->ceremony, "number"));
    card_of(h, number, &before);
    answer_key(h, "wash.trouble", "void");
    assert_string_equal(h->r.key, "wash");
    assert_int_equal(deck_label(h->deck, spoiled, "spoiled"), KR_OK);
    hall_reply(h, spoiled); /* the spoiled one does not come back as its own successor */
    assert_problem(h, KR_E_CARD_KEPT);
    hall_walk_to(h, "balance");
    assert_int_equal(piece_count(h->ceremony, NULL), 3);
    assert_int_equal(piece_count(h->ceremony, "spoiled"), 1);
    hall_walk_to(h, "");
    card_of(h, number, &after);
    assert_string_not_equal(after.chip, before.chip);
    assert_string_equal(after.state, "washed");
    assert_int_equal(cards_in_state(h, "spoiled"), 1);
    assert_int_equal(hall_count(h, "outcome", "result", "failed"), 1);
    assert_int_equal(hall_count(h, "balance", "text", "drawn 3 = good 2 + spoiled 1 + returned 0"),
                     1);
    assert_journal_clean(h);
    hall_close(h);
}

/* ---- Cards that do not come back ---- */

/* A card is torn while it is washed, and asked for again. */
static void tear_washed(struct hall *h, char number[24], char chip[20])
{
    hall_walk_to(h, "wash");
    assert_ok(sim_fault_order(h->deck, 1, "10:gone-after"));
    hall_step(h);
    answer_key(h, "wash.trouble", "look");
    assert_string_equal(h->r.key, "wash.back");
    snprintf(number, 24, "%s", var_get(h->ceremony, "number"));
    snprintf(chip, 20, "%s", var_get(h->ceremony, "chip"));
}

static void a_card_lost_after_a_kill_is_voided_by_word_and_remade(void **state)
{
    struct hall *h = hall_open(hall_stocked);
    struct card_record rec;
    char number[24], chip[20];
    (void)state;
    hall_begin(h, "card-wash");
    tear_washed(h, number, chip);
    hall_again(h);
    hall_sign_in(h, "sun");
    hall_resume(h);
    hall_walk_to(h, "wash.back");
    assert_string_equal(h->r.options[0].word, "insert");
    answer_key(h, "wash.back", "void");
    assert_string_equal(h->r.options[0].word, "look");
    assert_true(h->r.options[2].destructive);
    answer_key(h, "wash.gone", "look");
    answer_key(h, "wash.back", "void");
    answer_key(h, "wash.gone", "lost");
    assert_string_equal(h->r.key, "wash.gone-passphrase");
    hall_reply(h, "not the passphrase of wang"); /* nobody voids an unseen card alone */
    assert_problem(h, KR_E_PASSPHRASE);
    assert_int_equal(hall_count(h, "exception", "text", "does not come back"), 0);
    answer_key(h, "wash.gone", "lost");
    supervisor_agrees(h);
    assert_string_equal(h->r.key, "wash");
    assert_string_equal(h->r.card_state, ""); /* the other card taken in is wanted in the batch */
    hall_walk_to(h, "");
    assert_ok(cards_by_chip(session_store(h->session), chip, &rec));
    assert_string_equal(rec.state, "spoiled");
    card_of(h, number, &rec);
    assert_string_equal(rec.state, "washed");
    assert_string_not_equal(rec.chip, chip);
    assert_int_equal(hall_count(h, "exception", "text", "does not come back: lost"), 1);
    assert_int_equal(hall_count(h, "exception", "text", number), 1);
    assert_int_equal(entries_of_two(h, "exception"), 1);
    assert_int_equal(hall_count(h, "exception", "gone", "lost"), 1);
    assert_int_equal(
        hall_count(h, "balance", "text", "drawn 3 = good 2 + spoiled 0 + returned 0 + lost 1"),
        1); /* nobody looks for it in the red tray */
    assert_int_equal(hall_count(h, "outcome", "piece", " lost "), 1);
    assert_int_equal(hall_count(h, "close", "text", "lost: card "), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void a_dead_card_of_a_batch_is_set_aside_and_the_batch_goes_on(void **state)
{
    struct hall *h = hall_open(hall_stocked);
    char number[24], chip[20];
    (void)state;
    hall_begin(h, "card-wash");
    tear_washed(h, number, chip);
    answer_key(h, "wash.back", "aside");
    answer_key(h, "wash.gone", "dead");
    supervisor_agrees(h);
    assert_string_equal(h->r.key, "wash");
    hall_walk_to(h, "");
    assert_int_equal(cards_in_state(h, "washed"), 1);
    assert_int_equal(cards_in_state(h, "spoiled"), 1);
    assert_int_equal(hall_count(h, "exception", "text", "does not come back: dead"), 1);
    assert_int_equal(hall_count(h, "balance", "text", "drawn 2 = good 1 + spoiled 1 + returned 0"),
                     1);
    assert_int_equal(hall_count(h, "balance", "text", "1 set aside"), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void a_card_that_is_dead_when_it_is_to_be_read_back_is_voided_and_remade(void **state)
{
    struct hall *h = hall_open(hall_washed);
    struct card_record rec;
    char number[24];
    (void)state;
    hall_begin(h, "issue-rmkc");
    hall_walk_to(h, "check-rmkc");
    snprintf(number, sizeof number, "%s", var_get(h->ceremony, "card.rmkc"));
    answer_key(h, "check-rmkc", "void");
    answer_key(h, "check-rmkc.gone", "damaged");
    supervisor_agrees(h);
    assert_string_equal(h->r.key, "rmkc");
    hall_walk_to(h, "");
    card_of(h, number, &rec);
    assert_string_equal(rec.state, "verified");
    assert_int_equal(cards_in_state(h, "spoiled"), 1);
    assert_int_equal(hall_count(h, "exception", "text", "does not come back: damaged"), 1);
    assert_int_equal(hall_count(h, "balance", "text", "drawn 3 = good 2 + spoiled 1 + returned 0"),
                     1);
    assert_journal_clean(h);
    hall_close(h);
}

static void a_card_that_was_taken_in_is_remade_and_its_own_number_set_aside(void **state)
{
    struct hall *h = hall_open(hall_stocked);
    struct card_record rec;
    char number[24], chip[20], own[64];
    (void)state;
    hall_begin(h, "card-wash");
    hall_say(h, "quantity", "1");
    tear_washed(h, number, chip);
    answer_key(h, "wash.back", "void");
    answer_key(h, "wash.gone", "damaged");
    supervisor_agrees(h);
    assert_string_equal(h->r.card_state, "authenticated"); /* one more than the batch wants */
    hall_reply(h, "mother-01");
    assert_problem(h, KR_E_CARD_KEPT);
    assert_non_null(strstr(h->r.problem, "spoiled"));
    hall_reply(h, "mother-02");
    assert_string_equal(h->r.key, "balance");
    hall_walk_to(h, "");
    card_of(h, number, &rec);
    assert_string_equal(rec.state, "washed");
    assert_string_not_equal(rec.chip, chip);
    snprintf(own, sizeof own, "the number %.18s", number);
    assert_int_equal(hall_count(h, "intent", "text", "that the card has had is set aside"), 1);
    assert_int_equal(hall_count(h, "intent", "text", own), 1);
    assert_int_equal(cards_in_state(h, "authenticated"), 0);
    assert_journal_clean(h);
    hall_close(h);
}

/* Only looking is no reason to distrust a card. */
static void a_card_that_fails_before_it_is_written_is_not_called_doubtful(void **state)
{
    struct hall *h = hall_open(hall_stocked);
    struct ceremony_progress p;
    unsigned unwritten = 0;
    (void)state;
    for (int n = 1; n <= 9; n++) {
        char fault[24];
        hall_close(h);
        h = hall_open(hall_stocked);
        hall_begin(h, "card-wash");
        hall_walk_to(h, "wash");
        snprintf(fault, sizeof fault, "%d:gone-after", n);
        assert_ok(sim_fault_order(h->deck, 1, fault));
        hall_step(h);
        if (var_get(h->ceremony, "intent")[0] == '\0')
            continue;
        if (strcmp(h->r.key, "wash.trouble") == 0)
            break;
        assert_string_equal(h->r.key, "wash.back");
        unwritten += strstr(h->r.problem, "before anything was written") != NULL;
        assert_non_null(strstr(h->r.text, "Nothing has been written"));
        ceremony_progress(h->ceremony, &p);
        assert_true(p.untouched);
        hall_walk_to(h, "");
        assert_int_equal(cards_in_state(h, "washed"), 2);
        assert_int_equal(hall_count(h, "refusal", "error", ""), 1);
        assert_journal_clean(h);
    }
    assert_true(unwritten > 0);
    assert_string_equal(h->r.key, "wash.trouble"); /* and then it is */
    hall_close(h);
}

/* Proving that we are the card's owner writes nothing on it: what goes wrong next does not make it
 * doubtful. */
static void
a_card_that_fails_after_it_was_opened_and_before_it_is_written_is_not_doubtful(void **state)
{
    static const char *const orders[] = {"9:6cxx", "9:wrong-sw", "9:gone-after", "9:reset",
                                         "9:mute"};
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct hall *h = hall_open(hall_stocked);
        readers_set_deadline(session_readers(h->session), 300);
        hall_begin(h, "card-wash");
        hall_walk_to(h, "wash");
        assert_ok(sim_fault_order(h->deck, 1, orders[i]));
        hall_step(h);
        assert_string_equal(h->r.key, "wash.back");
        assert_non_null(strstr(h->r.text, "Nothing has been written"));
        hall_walk_to(h, "");
        assert_int_equal(cards_in_state(h, "washed"), 2);
        assert_journal_clean(h);
        hall_close(h);
    }
}

static void the_balance_refuses_while_a_card_is_in_doubt(void **state)
{
    struct hall *h = hall_open(hall_stocked);
    (void)state;
    hall_begin(h, "card-wash");
    hall_walk_to(h, "balance");
    size_t before = hall_count(h, "balance", NULL, NULL);
    struct entry e;
    entry_begin(&e, "note");
    assert_int_equal(store_begin(session_store(h->session)), KR_OK);
    assert_int_equal(
        piece_note(h->ceremony, &e, "10001000000000000099", "00000000000000FF", "doubt"), KR_OK);
    assert_int_equal(store_commit(session_store(h->session)), KR_OK);
    entry_free(&e);
    hall_step(h);
    assert_problem(h, KR_E_BALANCE);
    assert_string_equal(h->r.key, "balance");
    assert_int_equal(hall_count(h, "balance", NULL, NULL), before);
    hall_close(h);
}

static void nobody_signs_the_balance_or_the_closing_for_the_other(void **state)
{
    struct hall *h = hall_open(hall_stocked);
    (void)state;
    hall_begin(h, "card-wash");
    hall_walk_to(h, "balance.passphrase");
    assert_string_equal(h->r.person, "wang");
    size_t balances = hall_count(h, "balance", NULL, NULL);
    hall_reply(h, "the passphrase of sun");
    assert_problem(h, KR_E_PASSPHRASE);
    assert_string_equal(h->r.key, "balance.second");
    assert_int_equal(hall_count(h, "balance", NULL, NULL), balances);
    hall_walk_to(h, "close.passphrase");
    assert_string_equal(h->r.person, "wang");
    assert_int_equal(hall_count(h, "balance", NULL, NULL), balances + 1);
    size_t closed = hall_count(h, "close", NULL, NULL);
    hall_reply(h, "the passphrase of sun");
    assert_problem(h, KR_E_PASSPHRASE);
    assert_string_equal(h->r.key, "close.passphrase");
    assert_int_equal(hall_count(h, "close", NULL, NULL), closed);
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "close", NULL, NULL), closed + 1);
    assert_int_equal(hall_count(h, "refusal", "person", "wang"), 0);
    assert_int_equal(hall_count(h, "refusal", "error", "passphrase"), 2);
    assert_journal_clean(h);
    hall_close(h);
}

static void an_abort_in_the_middle_of_a_card_spoils_it_and_concludes_its_intent(void **state)
{
    struct hall *h = hall_open(hall_stocked);
    struct card_record rec;
    char chip[20];
    (void)state;
    hall_begin(h, "card-wash");
    hall_walk_to(h, "wash");
    assert_int_equal(sim_fault_order(h->deck, 1, "10:gone-after"), KR_OK);
    hall_step(h);
    snprintf(chip, sizeof chip, "%s", var_get(h->ceremony, "chip"));
    assert_int_equal(hall_give(h, ANSWER_ABORT, "the room is needed"), KR_OK);
    assert_int_equal(ceremony_next(h->ceremony, &h->r), KR_E_ABORTED);
    assert_int_equal(cards_by_chip(session_store(h->session), chip, &rec), KR_OK);
    assert_string_equal(rec.state, "spoiled");
    assert_int_equal(hall_count(h, "outcome", "result", "abandoned"), 1);
    assert_int_equal(hall_count(h, "abort", "piece", "spoiled"), 1);
    assert_journal_clean(h);
    hall_close(h);
}

/* No step of the script names GMPK: the layout of the card does. */
static void who_knows_a_component_of_a_key_on_the_card_does_not_approve_the_card(void **state)
{
    struct hall *h = hall_open(hall_washed);
    struct knowledge k = {.key = "GMPK/1/2", .component = 1, .person = "wang", .seq = 3};
    (void)state;
    hall_begin(h, "issue-rmkc");
    hall_walk_to(h, "approve");
    assert_ok(store_begin(session_store(h->session)));
    assert_ok(knowledge_put(session_store(h->session), &k));
    assert_ok(store_commit(session_store(h->session)));
    const int before = (int)hall_count(h, "approval", NULL, NULL);
    hall_step(h);
    assert_problem(h, KR_E_CONFLICT);
    assert_non_null(strstr(h->r.problem, "entry 3"));
    assert_int_equal(hall_count(h, "approval", NULL, NULL), before);
    hall_close(h);
}

/* Nothing can read back, void or destroy a card that an aborted ceremony left issued. */
static void an_abort_spoils_every_card_that_was_issued_and_not_read_back(void **state)
{
    struct hall *h = hall_open(hall_washed);
    struct card_fate fates[8];
    (void)state;
    hall_begin(h, "issue-rmkc");
    hall_walk_to(h, "check-rakc");
    assert_int_equal(piece_count(h->ceremony, "good"), 0);
    assert_int_equal(ceremony_fates(h->ceremony, fates, 8), 2);
    assert_string_equal(fates[0].state, "issued");
    assert_true(fates[0].spoils && fates[1].spoils);
    assert_int_equal(hall_give(h, ANSWER_ABORT, "the printer burns"), KR_OK);
    assert_int_equal(ceremony_next(h->ceremony, &h->r), KR_E_ABORTED);
    assert_int_equal(cards_in_state(h, "issued"), 0);
    assert_int_equal(cards_in_state(h, "spoiled"), 2);
    assert_int_equal(hall_count(h, "abort", "card", " rakc "), 1);
    assert_int_equal(hall_count(h, "abort", "card", " rmkc "), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void an_abort_leaves_a_card_that_was_read_back_as_it_is(void **state)
{
    struct hall *h = hall_open(hall_washed);
    struct card_fate fates[8];
    (void)state;
    hall_begin(h, "issue-rmkc");
    hall_walk_to(h, "check-rmkc");
    assert_int_equal(piece_count(h->ceremony, "good"), 1);
    assert_int_equal(ceremony_fates(h->ceremony, fates, 8), 2);
    assert_true(!fates[0].spoils && fates[1].spoils);
    assert_int_equal(hall_give(h, ANSWER_ABORT, "enough for today"), KR_OK);
    assert_int_equal(cards_in_state(h, "verified"), 1);
    assert_int_equal(cards_in_state(h, "spoiled"), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void a_card_made_on_the_29th_of_february_ends_on_a_day_that_there_is(void **state)
{
    static const struct {
        const char *day;
        uint8_t made[4], ends[4];
    } days[] = {
        {"20280229", {0x20, 0x28, 0x02, 0x29}, {0x20, 0x38, 0x02, 0x28}},
        {"20280228", {0x20, 0x28, 0x02, 0x28}, {0x20, 0x38, 0x02, 0x28}},
        {"20281231", {0x20, 0x28, 0x12, 0x31}, {0x20, 0x38, 0x12, 0x31}},
    };
    struct hall *h = hall_open(hall_stocked);
    struct card_audit audit;
    (void)state;
    hall_begin(h, "psam-wash");
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        struct layout layout;
        assert_ok(var_set(h->ceremony, "day", "%s", days[i].day));
        assert_ok(layout_for(h->ceremony, "psam", &layout));
        audit_for(h->ceremony, &layout, "10002000000000000001", &audit);
        assert_memory_equal(audit.valid_from, days[i].made, 4);
        assert_memory_equal(audit.valid_to, days[i].ends, 4);
    }
    hall_close(h);
}

static void a_killed_card_process_is_started_again(void **state)
{
    struct hall *h = hall_open(hall_stocked);
    (void)state;
    hall_begin(h, "card-wash");
    hall_walk_to(h, "wash");
    assert_int_equal(kill(readers_pid(session_readers(h->session)), SIGKILL), 0);
    hall_walk_to(h, "");
    assert_int_equal(cards_in_state(h, "washed"), 2);
    assert_journal_clean(h);
    hall_close(h);
}

/* ---- Issuing and reading back ---- */

static void a_ceremony_opens_only_when_its_keys_and_cards_are_there(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "issue-rmkc");
    hall_walk_to(h, "open.stuck");
    assert_problem(h, KR_E_PREREQUISITE);
    assert_non_null(strstr(h->r.problem, "key kIctlR"));
    assert_non_null(strstr(h->r.problem, "mother card, washed: 2 wanted, 0 there"));
    assert_int_equal(hall_count(h, "open", NULL, NULL), 0);
    hall_close(h);
    h = hall_open(hall_stocked);
    hall_begin(h, "card-wash");
    hall_say(h, "quantity", "3");
    hall_walk_to(h, "seat-supervisor");
    for (hall_next(h); strcmp(h->r.key, "quantity") != 0;)
        hall_step(h);
    assert_problem(h, KR_E_PREREQUISITE);
    assert_non_null(strstr(h->r.problem, "3 wanted, 2 there"));
    hall_walk_to(h, ""); /* the usual two */
    assert_journal_clean(h);
    hall_close(h);
}

static void what_a_script_makes_itself_is_not_missing(void **state)
{
    struct hall *h = hall_open(hall_founded);
    struct needs needs;
    struct script *script = NULL;
    static const char *const all[] = {"root-generate", "seed-generate", "card-intake"};
    (void)state;
    hall_sign_in(h, "wang");
    for (size_t i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "ceremony/scripts/%s.yaml", all[i]);
        assert_ok(script_load(path, &script));
        assert_ok(prerequisites(h->session, script, 0, &needs));
        assert_int_equal(needs.count, 0);
        script_free(&script);
    }
    hall_close(h);
}

static void issuing_refuses_what_is_blank_foreign_or_issued(void **state)
{
    struct hall *h = hall_open(hall_washed);
    (void)state;
    bring_foreign_card(h);
    hall_begin(h, "issue-rmkc");
    hall_walk_to(h, "rakc");
    hall_reply(h, "mother-05");
    assert_problem(h, KR_E_CARD_BLANK);
    hall_reply(h, "foreign-01");
    assert_problem(h, KR_E_CARD_FOREIGN);
    hall_walk_to(h, "rmkc");
    char rakc[DECK_NAME_MAX];
    assert_int_equal(deck_in_slot(h->deck, 0, rakc), KR_OK);
    hall_reply(h, rakc); /* out of reader 1 into reader 2 */
    assert_problem(h, KR_E_CARD_WRONG_KIND);
    hall_walk_to(h, "");
    assert_int_equal(cards_in_state(h, "verified"), 2);
    assert_journal_clean(h);
    hall_close(h);
}

static void two_cards_swapped_between_the_readers_are_noticed(void **state)
{
    struct hall *h = hall_open(hall_washed);
    char rakc[DECK_NAME_MAX], rmkc[DECK_NAME_MAX];
    (void)state;
    hall_begin(h, "issue-rmkc");
    hall_walk_to(h, "check-rakc");
    assert_int_equal(deck_in_slot(h->deck, 0, rakc), KR_OK);
    assert_int_equal(deck_in_slot(h->deck, 1, rmkc), KR_OK);
    hall_put(h, rakc, 1);
    hall_reply(h, rmkc);
    assert_problem(h, KR_E_CARD_SWAPPED);
    assert_string_equal(h->r.key, "check-rakc");
    hall_walk_to(h, "check-rmkc");
    hall_reply(h, rmkc);
    hall_walk_to(h, "");
    assert_journal_clean(h);
    hall_close(h);
}

static void a_card_whose_pin_is_lost_is_voided_at_reading_back_and_remade(void **state)
{
    struct hall *h = hall_open(hall_washed);
    struct card_record before, after;
    char number[24], spoiled[DECK_NAME_MAX];
    (void)state;
    hall_begin(h, "issue-rmkc");
    hall_walk_to(h, "check-rakc.pin");
    snprintf(number, sizeof number, "%s", var_get(h->ceremony, "card.rakc"));
    card_of(h, number, &before);
    for (int i = 0; i < 3; i++) {
        hall_say(h, "check-rakc.pin", "999999");
        hall_walk_to(h, "check-rakc.pin");
        hall_step(h);
        assert_problem(h, i < 2 ? KR_E_PIN_WRONG : KR_E_PIN_LAST_TRY);
    }
    answer_key(h, "check-rakc.last-try", "aside");
    answer_key(h, "check-rakc.trouble", "wait");
    assert_int_equal(deck_in_slot(h->deck, 0, spoiled), KR_OK);
    answer_key(h, "check-rakc.trouble", "void");
    assert_string_equal(h->r.key, "rakc.pin");
    hall_walk_to(h, "check-rakc");
    hall_reply(h, spoiled); /* bears the same number, and is not the card that was made */
    assert_problem(h, KR_E_CARD_SWAPPED);
    hall_walk_to(h, "");
    card_of(h, number, &after);
    assert_string_not_equal(before.chip, after.chip);
    assert_string_equal(after.state, "verified");
    assert_string_equal(after.kind, "rakc");
    assert_int_equal(cards_in_state(h, "spoiled"), 1);
    assert_int_equal(hall_count(h, "balance", "text", "drawn 3 = good 2 + spoiled 1 + returned 0"),
                     1);
    assert_journal_clean(h);
    hall_close(h);
}

static void an_approved_last_try_with_the_right_pin_reads_the_card_back(void **state)
{
    struct hall *h = hall_open(hall_washed);
    (void)state;
    hall_begin(h, "issue-rmkc");
    for (int i = 0; i < 3; i++) {
        hall_say(h, "check-rakc.pin", "999999");
        hall_walk_to(h, "check-rakc.pin");
        hall_step(h);
    }
    answer_key(h, "check-rakc.last-try", "approve");
    hall_step(h);
    hall_walk_to(h, "");
    assert_int_equal(cards_in_state(h, "verified"), 2);
    assert_int_equal(hall_count(h, "approval", "covers", "last try"), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void a_new_pin_is_typed_twice_and_has_six_digits(void **state)
{
    struct hall *h = hall_open(hall_washed);
    (void)state;
    hall_begin(h, "issue-rmkc");
    hall_walk_to(h, "rakc.pin");
    hall_reply(h, "1234");
    assert_problem(h, KR_E_ENTRY_INCOMPLETE);
    assert_false(h->r.second_typing);
    hall_reply(h, "123456");
    assert_true(h->r.second_typing);
    hall_reply(h, "123457");
    assert_problem(h, KR_E_ENTRY_DIFFERS);
    assert_false(h->r.second_typing);
    hall_walk_to(h, "");
    assert_journal_clean(h);
    hall_close(h);
}

static void a_card_torn_while_it_is_issued_or_read_back_is_completed(void **state)
{
    static const char *const keys[] = {"rakc", "rmkc", "check-rakc", "check-rmkc"};
    static const int slots[] = {0, 1, 0, 1};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct hall *h = hall_open(hall_washed);
        hall_begin(h, "issue-rmkc");
        hall_walk_to(h, keys[i]);
        assert_int_equal(sim_fault_order(h->deck, slots[i], i < 2 ? "20:gone-after" : "7:reset"),
                         KR_OK);
        hall_walk_to(h, "");
        assert_int_equal(cards_in_state(h, "verified"), 2);
        assert_int_equal(cards_in_state(h, "spoiled"), 0);
        assert_journal_clean(h);
        hall_close(h);
    }
}

static void a_vault_that_dies_between_cards_costs_nothing_but_signing_in(void **state)
{
    static const char *const keys[] = {"rakc.pin", "rmkc", "check-rakc.pin"};
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct hall *h = hall_open(hall_washed);
        hall_begin(h, "issue-rmkc");
        hall_walk_to(h, keys[i]);
        assert_int_equal(kill(vault_pid(session_vault(h->session)), SIGKILL), 0);
        for (int n = 0; n < 3; n++) { /* typing or working now meets a dead vault */
            enum kr_error err = hall_answer(h);
            if (err != KR_OK)
                assert_int_equal(err, KR_E_VAULT_GONE);
            hall_next(h);
        }
        hall_walk_to(h, "");
        assert_int_equal(cards_in_state(h, "verified"), 2);
        assert_journal_clean(h);
        hall_close(h);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_pin_shows_the_tries_left_and_the_last_is_a_supervisors_to_approve),
        cmocka_unit_test(an_approval_serves_one_try),
        cmocka_unit_test(a_key_that_is_not_under_our_transport_key_is_not_taken),
        cmocka_unit_test(another_card_than_the_one_the_pin_was_asked_for_is_noticed),
        cmocka_unit_test(an_intent_names_the_card_that_gives_the_key),
        cmocka_unit_test(what_does_not_prove_the_makers_key_goes_back_and_is_counted),
        cmocka_unit_test(three_refused_cards_in_a_row_stop_the_batch),
        cmocka_unit_test(a_card_is_taken_in_once),
        cmocka_unit_test(washing_refuses_what_is_foreign_or_washed_already),
        cmocka_unit_test(a_card_torn_in_any_way_while_it_is_washed_is_looked_at_and_completed),
        cmocka_unit_test(another_card_is_not_worked_on_in_place_of_the_one_in_doubt),
        cmocka_unit_test(a_voided_card_is_remade_with_the_same_number),
        cmocka_unit_test(a_card_lost_after_a_kill_is_voided_by_word_and_remade),
        cmocka_unit_test(a_dead_card_of_a_batch_is_set_aside_and_the_batch_goes_on),
        cmocka_unit_test(a_card_that_is_dead_when_it_is_to_be_read_back_is_voided_and_remade),
        cmocka_unit_test(a_card_that_was_taken_in_is_remade_and_its_own_number_set_aside),
        cmocka_unit_test(a_card_that_fails_before_it_is_written_is_not_called_doubtful),
        cmocka_unit_test(
            a_card_that_fails_after_it_was_opened_and_before_it_is_written_is_not_doubtful),
        cmocka_unit_test(the_balance_refuses_while_a_card_is_in_doubt),
        cmocka_unit_test(nobody_signs_the_balance_or_the_closing_for_the_other),
        cmocka_unit_test(an_abort_in_the_middle_of_a_card_spoils_it_and_concludes_its_intent),
        cmocka_unit_test(who_knows_a_component_of_a_key_on_the_card_does_not_approve_the_card),
        cmocka_unit_test(an_abort_spoils_every_card_that_was_issued_and_not_read_back),
        cmocka_unit_test(an_abort_leaves_a_card_that_was_read_back_as_it_is),
        cmocka_unit_test(a_card_made_on_the_29th_of_february_ends_on_a_day_that_there_is),
        cmocka_unit_test(a_killed_card_process_is_started_again),
        cmocka_unit_test(a_ceremony_opens_only_when_its_keys_and_cards_are_there),
        cmocka_unit_test(what_a_script_makes_itself_is_not_missing),
        cmocka_unit_test(issuing_refuses_what_is_blank_foreign_or_issued),
        cmocka_unit_test(two_cards_swapped_between_the_readers_are_noticed),
        cmocka_unit_test(a_card_whose_pin_is_lost_is_voided_at_reading_back_and_remade),
        cmocka_unit_test(an_approved_last_try_with_the_right_pin_reads_the_card_back),
        cmocka_unit_test(a_new_pin_is_typed_twice_and_has_six_digits),
        cmocka_unit_test(a_card_torn_while_it_is_issued_or_read_back_is_completed),
        cmocka_unit_test(a_vault_that_dies_between_cards_costs_nothing_but_signing_in),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("cards", tests, hall_stages_washed, hall_stages_end);
}
