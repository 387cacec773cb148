/* prove-chain in a member centre, with cards built by hand: what is proved, what has to be refused,
 * and what is said when it is not, or when a card is torn out. */
#include "../cardio/till.h"
#include "hall.h"

/* The components of hall.h for group 1, joined; and two others for the second key. */
static const char *const tac_components[2] = {"3123456789ABCDEFFEDCBA9876543211",
                                              "5233445566778899AABBCCDDEEFF0102"};

static char member[64]; /* folder of a store to begin from */

static void xor_hex(const char *a, const char *b, char out[33])
{
    uint8_t x[16], y[16];
    bytes_of(a, x);
    bytes_of(b, y);
    for (int i = 0; i < 16; i++)
        x[i] ^= y[i];
    hex_of(x, 16, out);
}

/* root-generate for another kind of key, in a member centre. */
static void make_key(struct hall *h, const char *kind, const char *const components[2])
{
    char path[PATH_ROOM], value[160];
    snprintf(path, sizeof path, "%s/make-key.yaml", h->dir);
    hall_shell("sed 's/GMPK/%s/; s/^tiers:.*/tiers: [member]/; s/^id: root-generate/id: make-key/' "
               "ceremony/scripts/root-generate.yaml > %s",
               kind, path);
    for (int n = 1; n <= 2; n++) {
        char key[64];
        snprintf(key, sizeof key, "component[%d.1]", n);
        hall_say(h, key, components[n - 1]);
        hall_say(h, key, components[n - 1]);
        snprintf(key, sizeof key, "component.kcv[%d.1]", n);
        hall_kcv_of(components[n - 1], value);
        hall_say(h, key, value);
    }
    hall_hold(h, path);
}

static void make_member(void)
{
    struct hall *h = hall_open(NULL);
    hall_say(h, "tier", "member");
    hall_say(h, "identifier", BANK);
    hall_hold(h, "site-init");
    make_key(h, "MLK", hall_components[0]);
    make_key(h, "MTK", tac_components);
    hall_leave(h);
    snprintf(member, sizeof member, "%s", h->dir);
    free(h);
}

/* ---- A hall with a till in it ---- */

struct shop {
    struct hall *h;
    struct till t;
};

static int shop_open(void **state)
{
    struct shop *s = calloc(1, sizeof *s);
    assert_non_null(s);
    if (member[0] == '\0')
        make_member();
    s->h = hall_open(member);
    snprintf(s->t.deck, sizeof s->t.deck, "%s", s->h->deck);
    for (int g = 0; g < GROUP_COUNT; g++)
        draw_key(s->t.group[g]);
    xor_hex(hall_components[0][0], hall_components[0][1], s->t.load_master);
    xor_hex(tac_components[0], tac_components[1], s->t.tac_master);
    lay_psam(&s->t, "pboc-key", (const char(*)[33])s->t.group, GROUP_COUNT);
    lay_user(&s->t, &(struct till_card){0});
    hall_sign_in(s->h, "wang");
    *state = s;
    return 0;
}

static int shop_close(void **state)
{
    struct shop *s = *state;
    hall_close(s->h);
    free(s);
    return 0;
}

/* What people do here unless a test has said otherwise: the cards lie there already. */
static void shop_answer(struct hall *h)
{
    static const char *const usual[][2] = {
        {"groups", "1-5"},      {"region", REGION},     {"bank", BANK},
        {"other-bank", "none"}, {"other-root", "none"}, {"retired", "none"},
    };
    bool said = false;
    for (size_t i = 0; i < h->said_count; i++)
        said = said || strcmp(h->said[i].key, h->r.key) == 0;
    for (size_t i = 0; !said && i < sizeof usual / sizeof *usual; i++)
        if (strcmp(usual[i][0], h->r.key) == 0)
            hall_say(h, h->r.key, usual[i][1]);
    if (!said && h->r.kind == REQUEST_CARD)
        hall_say(h, h->r.key, "keep");
    enum kr_error err = hall_answer(h);
    if (err != KR_OK)
        fail_msg("answering %s: %s (%s)", h->r.key, kr_name(err), kr_detail());
}

static void shop_walk_to(struct hall *h, const char *key)
{
    for (size_t i = 0; i < 400; i++) {
        hall_next(h);
        if (h->r.kind == REQUEST_FINISHED || strcmp(h->r.key, key) == 0)
            break;
        shop_answer(h);
    }
    if (key[0] != '\0')
        assert_string_equal(h->r.key, key);
    else
        assert_int_equal(h->r.kind, REQUEST_FINISHED);
}

static bool fact_is(const struct request *r, const char *label, const char *part)
{
    for (size_t i = 0; i < r->fact_count; i++)
        if (strcmp(r->facts[i].label, label) == 0 && strstr(r->facts[i].value, part) != NULL)
            return true;
    return false;
}

/* ---- What is proved ---- */

static void load_and_a_purchase_in_every_group_prove_the_chain(void **state)
{
    struct shop *s = *state;
    hall_begin(s->h, "prove-chain");
    shop_walk_to(s->h, "load.result");
    assert_true(fact_is(&s->h->r, "MAC1", "verified") && fact_is(&s->h->r, "TAC", "verified"));
    for (int group = 1; group <= GROUP_COUNT; group++) {
        char key[32];
        snprintf(key, sizeof key, "purchase.result[%d]", group);
        shop_walk_to(s->h, key);
        assert_true(fact_is(&s->h->r, "MAC1", "verified"));
        assert_true(fact_is(&s->h->r, "MAC2", "verified"));
        assert_true(fact_is(&s->h->r, "TAC", "verified"));
    }
    assert_true(fact_is(&s->h->r, "balance of the purse", "16.00 → 15.00"));
    shop_walk_to(s->h, "");
    assert_int_equal(truth(&s->t).balance, RICH + 1000 - 5 * 100);
    assert_int_equal(hall_count(s->h, "outcome", "text", "TAC"), 6);
    assert_int_equal(hall_count(s->h, "outcome", "result", "failed"), 0);
    assert_int_equal(hall_count(s->h, "note", "result", "not shown"), 3);
    assert_int_equal(hall_count(s->h, "close", "result", "ok"), 4);
    assert_journal_clean(s->h);
}

static void what_has_to_be_refused_is_refused_and_recorded(void **state)
{
    struct shop *s = *state;
    char theirs[GROUP_COUNT][33];
    hall_begin(s->h, "prove-chain");
    hall_say(s->h, "other-bank", "show");
    hall_say(s->h, "other-root", "show");
    hall_say(s->h, "retired", "show");
    hall_say(s->h, "retired.group", "4");
    shop_walk_to(s->h, "other-bank.user");
    lay_user(&s->t, &(struct till_card){.bank = OTHER_BANK, .asn = OTHER_ASN, .empty = true});
    shop_walk_to(s->h, "other-bank.result");
    assert_true(fact_is(&s->h->r, "MAC1", "wrong"));
    shop_walk_to(s->h, "other-root.psam");
    for (int g = 0; g < GROUP_COUNT; g++)
        draw_key(theirs[g]);
    lay_psam(&s->t, "pboc-key", (const char(*)[33])theirs, GROUP_COUNT);
    lay_user(&s->t, &(struct till_card){0});
    shop_walk_to(s->h, "retired.psam");
    lay_psam(&s->t, "pboc-key", (const char(*)[33])s->t.group, 3);
    shop_walk_to(s->h, "retired.result");
    assert_true(fact_is(&s->h->r, "group", "4"));
    shop_walk_to(s->h, "");
    assert_int_equal(hall_count(s->h, "outcome", "result", "ok"), 6 + 3 + 2); /* 2: keys kept */
    assert_int_equal(hall_count(s->h, "outcome", "error", "mac1"), 2);
    assert_int_equal(hall_count(s->h, "outcome", "error", "group-psam"), 1);
    assert_int_equal(hall_count(s->h, "outcome", "text", "to be refused"), 3);
    assert_int_equal(truth(&s->t).balance, RICH);
    assert_journal_clean(s->h);
}

/* ---- What is not ---- */

static void purchase_that_should_have_been_refused_is_a_failure(void **state)
{
    struct shop *s = *state;
    hall_begin(s->h, "prove-chain");
    hall_say(s->h, "groups", "2");
    hall_say(s->h, "other-bank", "show");
    shop_walk_to(s->h, "other-bank.trouble");
    assert_non_null(strstr(s->h->r.text, "ACCEPTED"));
    assert_int_equal(s->h->r.option_count, 1);
    hall_reply(s->h, "again");
    assert_string_equal(s->h->r.key, "other-bank.trouble");
    hall_say(s->h, "other-bank.trouble", "leave");
    shop_walk_to(s->h, "close");
    assert_true(fact_is(&s->h->r, "FAILED", "another bank"));
    shop_walk_to(s->h, "");
    assert_int_equal(hall_count(s->h, "outcome", "text", "accepted although"), 1);
    assert_int_equal(hall_count(s->h, "close", "result", "failed"), 1);
    assert_int_equal(hall_count(s->h, "close", "text", "failed: other-bank"), 1);
    assert_journal_clean(s->h);
}

static void card_with_another_tac_key_is_not_proved(void **state)
{
    struct shop *s = *state;
    draw_key(s->t.tac_master);
    lay_user(&s->t, &(struct till_card){0});
    hall_begin(s->h, "prove-chain");
    hall_say(s->h, "groups", "1,3");
    shop_walk_to(s->h, "load.trouble");
    assert_problem(s->h, KR_E_TAC);
    assert_true(fact_is(&s->h->r, "TAC", "wrong"));
    hall_say(s->h, "load.trouble", "leave");
    shop_walk_to(s->h, "purchase.trouble[1]");
    hall_say(s->h, "purchase.trouble[1]", "leave");
    shop_walk_to(s->h, "purchase.trouble[3]");
    hall_say(s->h, "purchase.trouble[3]", "leave");

    /* Failed steps are found in the journal when the ceremony is taken up again. */
    hall_again(s->h);
    hall_sign_in(s->h, "wang");
    hall_resume(s->h);
    shop_walk_to(s->h, "purchase.trouble[3]");
    hall_say(s->h, "purchase.trouble[3]", "leave");
    shop_walk_to(s->h, "");
    assert_int_equal(hall_count(s->h, "close", "text", "failed: "), 1);
    assert_int_equal(hall_count(s->h, "outcome", "error", "tac"), 3);
    assert_journal_clean(s->h);
}

static void wrong_cards_are_asked_for_again_before_anything_is_signed(void **state)
{
    struct shop *s = *state;
    hall_begin(s->h, "prove-chain");
    shop_walk_to(s->h, "load");
    hall_pull(s->h, USER_SLOT);
    shop_answer(s->h);
    hall_next(s->h);
    assert_string_equal(s->h->r.key, "load");
    assert_problem(s->h, KR_E_NO_CARD);
    hall_put(s->h, "psam", USER_SLOT);
    shop_answer(s->h);
    hall_next(s->h);
    assert_problem(s->h, KR_E_NOT_USER_CARD);
    hall_put(s->h, "user", USER_SLOT);
    shop_walk_to(s->h, "purchase.psam[1]");
    shop_answer(s->h);
    shop_walk_to(s->h, "purchase[1]");
    shop_answer(s->h);
    hall_next(s->h);
    assert_string_equal(s->h->r.key, "purchase.psam[1]"); /* pulled from reader 1 before */
    assert_problem(s->h, KR_E_NO_CARD);
    assert_int_equal(hall_count(s->h, "intent", "step", "purchase"), 0);
    hall_put(s->h, "psam", PSAM_SLOT);
    shop_walk_to(s->h, "");
    assert_journal_clean(s->h);
}

static void pin_is_typed_once_for_all_groups(void **state)
{
    struct shop *s = *state;
    lay_user(&s->t, &(struct till_card){.with_pin = true});
    hall_begin(s->h, "prove-chain");
    hall_say(s->h, "groups", "1-2");
    hall_say(s->h, "load.pin", "111111");
    shop_walk_to(s->h, "load.trouble");
    assert_problem(s->h, KR_E_PIN_WRONG);
    hall_say(s->h, "load.trouble", "again");
    hall_say(s->h, "load.pin", CARD_PIN);
    hall_say(s->h, "purchase.pin[1]", CARD_PIN);
    shop_walk_to(s->h, "");
    assert_int_equal(truth(&s->t).balance, RICH + 1000 - 200);
    assert_journal_clean(s->h);
}

/* ---- Torn ---- */

/* The last of the user card's commands in one go: DEBIT or CREDIT FOR LOAD. */
#define LAST_COMMAND "17"

static void tear(struct shop *s, const char *kind)
{
    char text[32];
    snprintf(text, sizeof text, LAST_COMMAND ":%s", kind);
    assert_ok(sim_fault_order(s->t.deck, USER_SLOT, text));
}

static void purchase_torn_after_the_debit_is_proved_once_the_card_is_back(void **state)
{
    struct shop *s = *state;
    hall_begin(s->h, "prove-chain");
    shop_walk_to(s->h, "purchase[1]");
    tear(s, "gone-after");
    shop_walk_to(s->h, "purchase.back[1]");
    assert_problem(s->h, KR_E_CARD_GONE);
    shop_answer(s->h);
    hall_next(s->h);
    assert_string_equal(s->h->r.key, "purchase.back[1]");
    assert_problem(s->h, KR_E_NO_CARD);
    hall_put(s->h, "user", USER_SLOT);
    shop_walk_to(s->h, "purchase.result[1]");
    assert_true(fact_is(&s->h->r, "MAC2", "verified"));
    assert_true(fact_is(&s->h->r, "TAC", "verified"));
    shop_walk_to(s->h, "");
    assert_int_equal(hall_count(s->h, "outcome", "text", "as the card told later"), 1);
    assert_int_equal(truth(&s->t).balance, RICH + 1000 - 5 * 100);
    assert_journal_clean(s->h);
}

static void purchase_torn_before_the_debit_is_done_anew(void **state)
{
    struct shop *s = *state;
    hall_begin(s->h, "prove-chain");
    shop_walk_to(s->h, "purchase[1]");
    tear(s, "gone-before");
    shop_walk_to(s->h, "purchase.back[1]");
    hall_put(s->h, "user", USER_SLOT);
    shop_walk_to(s->h, "purchase.trouble[1]");
    assert_int_equal(hall_count(s->h, "outcome", "text", "purse untouched, as the card"), 1);
    hall_say(s->h, "purchase.trouble[1]", "again");
    shop_walk_to(s->h, "");
    assert_int_equal(truth(&s->t).balance, RICH + 1000 - 5 * 100);
    assert_int_equal(hall_count(s->h, "close", "result", "ok"), 4);
    assert_journal_clean(s->h);
}

static void another_card_is_not_taken_for_the_torn_one(void **state)
{
    struct shop *s = *state;
    hall_begin(s->h, "prove-chain");
    shop_walk_to(s->h, "load");
    tear(s, "gone-before");
    shop_walk_to(s->h, "load.back");
    lay_user(&s->t, &(struct till_card){0}); /* another piece of plastic, of the same number */
    shop_answer(s->h);
    hall_next(s->h);
    assert_string_equal(s->h->r.key, "load.back");
    assert_problem(s->h, KR_E_CARD_SWAPPED);
}

static void load_torn_and_then_killed_is_found_out(void **state)
{
    struct shop *s = *state;
    hall_begin(s->h, "prove-chain");
    shop_walk_to(s->h, "load");
    tear(s, "gone-after");
    shop_walk_to(s->h, "load.back");
    hall_again(s->h);
    hall_put(s->h, "user", USER_SLOT);
    hall_sign_in(s->h, "wang");
    hall_resume(s->h);
    shop_walk_to(s->h, "load.result");
    assert_true(fact_is(&s->h->r, "MAC2", "verified"));
    shop_walk_to(s->h, "");
    assert_int_equal(truth(&s->t).balance, RICH + 1000 - 5 * 100);
    assert_journal_clean(s->h);
}

/* As after a power cut between the command and its answer: only the intent is left. */
static void purchase_of_which_only_the_intent_is_left_is_looked_up_in_the_log(void **state)
{
    struct shop *s = *state;
    hall_begin(s->h, "prove-chain");
    shop_walk_to(s->h, "purchase[1]");
    tear(s, "gone-after");
    shop_walk_to(s->h, "purchase.back[1]");
    var_clear(s->h->ceremony, "proof-state");
    assert_ok(state_persist(s->h->ceremony));
    hall_again(s->h);
    hall_put(s->h, "user", USER_SLOT);
    hall_sign_in(s->h, "wang");
    hall_resume(s->h);
    shop_walk_to(s->h, "purchase.trouble[1]");
    assert_int_equal(hall_count(s->h, "outcome", "text", "purse changed, as the card"), 1);
    hall_say(s->h, "purchase.trouble[1]", "again");
    shop_walk_to(s->h, "");
    assert_int_equal(truth(&s->t).balance, RICH + 1000 - 6 * 100);
    assert_journal_clean(s->h);
}

static void purse_that_stays_in_doubt_can_be_left_as_a_failure(void **state)
{
    struct shop *s = *state;
    hall_begin(s->h, "prove-chain");
    shop_walk_to(s->h, "load");
    tear(s, "gone-before");
    shop_walk_to(s->h, "load.back");
    struct sim used = {0};
    char path[2 * PATH_ROOM];
    snprintf(path, sizeof path, "%s/cards/user.card", s->t.deck);
    assert_ok(sim_card_load(path, &used.card));
    struct purse p = purse_of(&used, 2);
    p.online = (uint16_t)(p.online + 2); /* loaded elsewhere meanwhile */
    p.proof_number = p.online;
    p.proof_type = 2;
    set_purse(&used, 2, &p);
    lay(&s->t, &used, "user", USER_SLOT);
    shop_walk_to(s->h, "load.trouble");
    hall_reply(s->h, "again");
    assert_string_equal(s->h->r.key, "load.back");
    shop_walk_to(s->h, "load.trouble");
    hall_say(s->h, "load.trouble", "leave");
    shop_walk_to(s->h, "");
    assert_int_equal(hall_count(s->h, "outcome", "text", "purse in doubt"), 1);
    assert_int_equal(hall_count(s->h, "close", "text", "failed: load"), 1);
    assert_journal_clean(s->h);
}

#define shop_test(f) cmocka_unit_test_setup_teardown(f, shop_open, shop_close)

static int member_end(void **state)
{
    if (member[0] != '\0')
        hall_shell("rm -rf %s", member);
    return hall_stages_end(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        shop_test(load_and_a_purchase_in_every_group_prove_the_chain),
        shop_test(what_has_to_be_refused_is_refused_and_recorded),
        shop_test(purchase_that_should_have_been_refused_is_a_failure),
        shop_test(card_with_another_tac_key_is_not_proved),
        shop_test(wrong_cards_are_asked_for_again_before_anything_is_signed),
        shop_test(pin_is_typed_once_for_all_groups),
        shop_test(purchase_torn_after_the_debit_is_proved_once_the_card_is_back),
        shop_test(purchase_torn_before_the_debit_is_done_anew),
        shop_test(another_card_is_not_taken_for_the_torn_one),
        shop_test(load_torn_and_then_killed_is_found_out),
        shop_test(purchase_of_which_only_the_intent_is_left_is_looked_up_in_the_log),
        shop_test(purse_that_stays_in_doubt_can_be_left_as_a_failure),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("prove", tests, NULL, member_end);
}
