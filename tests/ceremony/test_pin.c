/* PINs of authentication cards: changed by the holder, replaced by the centre that made the card.
 */
#include "hall.h"

#define COMMANDS 17 /* more than either ceremony has */
#ifdef KEYRITE_SANITIZED
#define EVERY 3 /* the plain build tears each */
#else
#define EVERY 1
#endif

static char issued[64]; /* a hall with an RMKC and its RAKC */
static char rakc[DECK_NAME_MAX], rmkc[DECK_NAME_MAX];

static int make_issued(void **state)
{
    static const char *const scripts[] = {"issue-rmkc", NULL};
    hall_stages_washed(state);
    hall_stage(hall_washed, issued, scripts);
    struct hall *h = hall_open(issued);
    assert_ok(deck_in_slot(h->deck, 0, rakc));
    assert_ok(deck_in_slot(h->deck, 1, rmkc));
    hall_close(h);
    return 0;
}

static int drop_issued(void **state)
{
    hall_shell("rm -rf %s", issued);
    return hall_stages_end(state);
}

static int begin(void **state)
{
    *state = hall_open(issued);
    return 0;
}

static int end(void **state)
{
    hall_close(*state);
    return 0;
}

/* With the RAKC in the reader where nothing else is said. */
static void go_on_to(struct hall *h, const char *key)
{
    for (size_t i = 0; i < 60; i++) {
        hall_next(h);
        if (h->r.kind == REQUEST_FINISHED || strcmp(h->r.key, key) == 0)
            break;
        if (h->r.kind == REQUEST_CARD)
            hall_say(h, h->r.key, rakc);
        enum kr_error err = hall_answer(h);
        if (err != KR_OK)
            fail_msg("answering %s: %s (%s)", h->r.key, kr_name(err), kr_detail());
    }
    if (key[0] != '\0')
        assert_string_equal(h->r.key, key);
    else if (h->r.kind != REQUEST_FINISHED)
        fail_msg("%s has no end (%s)", h->r.key, h->r.problem);
}

static void hold(struct hall *h, const char *script)
{
    hall_begin(h, script);
    go_on_to(h, "");
    ceremony_end(&h->ceremony);
}

/* Which PIN opens the card, spending no more tries than a person would. */
static enum kr_error try_pin(struct hall *h, const char *digits, int *tries)
{
    static const uint8_t name[] = "KEYRITE.RAKC";
    const struct secret_entry_spec spec = {.kind = ENTRY_PIN};
    struct secret_entry_state state;
    vault_handle pin = 0;
    struct card c = {.readers = session_readers(h->session),
                     .reader = 0,
                     .vault = session_vault(h->session),
                     .dialect = dialect_at(0),
                     .suite = "3des"};
    hall_put(h, rakc, 0);
    assert_ok(vault_entry_open(session_vault(h->session), &spec, &pin));
    assert_ok(vault_entry_type(session_vault(h->session), pin, digits, &state));
    assert_ok(card_open(&c));
    assert_ok(card_select_name(&c, name, sizeof name - 1));
    enum kr_error err = card_verify_pin(&c, pin, 0, true, tries);
    vault_drop(session_vault(h->session), pin);
    card_close(&c);
    return err;
}

static void assert_pin(struct hall *h, const char *digits)
{
    int tries = 0;
    hall_sign_in(h, "chen");
    assert_ok(try_pin(h, digits, &tries));
}

static void assert_one_outcome(struct hall *h)
{
    assert_int_equal(hall_count(h, "intent", "text", " of card "),
                     hall_count(h, "outcome", "text", "verified after a reset"));
    assert_journal_clean(h);
}

static void the_old_pin_still_opens_a_card_after_its_change(void **state)
{
    struct hall *h = *state;
    int tries = 0;
    hold(h, "pin-change");
    assert_int_equal(hall_count(h, "outcome", "text", "change the PIN"), 1);
    assert_one_outcome(h);
    hall_sign_in(h, "chen");
    assert_int_equal(try_pin(h, HALL_PIN, &tries), KR_E_PIN_WRONG);
    assert_int_equal(tries, 2);
    assert_pin(h, HALL_PIN_2);
}

static void a_wrong_old_pin_changes_the_pin(void **state)
{
    struct hall *h = *state;
    hall_begin(h, "pin-change");
    hall_say(h, "pin.pin", "999999");
    go_on_to(h, "pin.new-pin");
    hall_step(h);
    hall_step(h);
    assert_problem(h, KR_E_PIN_WRONG);
    assert_string_equal(h->r.key, "pin");
    go_on_to(h, "pin.pin"); /* it is not in doubt: the card said no */
    assert_string_equal(h->r.facts[0].value, "2");
    go_on_to(h, "");
    assert_one_outcome(h);
    assert_pin(h, HALL_PIN_2);
}

static void a_pin_is_changed_to_itself_to_a_short_one_or_to_two_different_ones(void **state)
{
    struct hall *h = *state;
    hall_begin(h, "pin-change");
    go_on_to(h, "pin.new-pin");
    hall_reply(h, HALL_PIN);
    assert_problem(h, KR_E_PIN_SAME);
    hall_reply(h, "7305");
    assert_problem(h, KR_E_ENTRY_INCOMPLETE);
    hall_reply(h, HALL_PIN_2);
    assert_true(h->r.second_typing);
    hall_reply(h, "730518");
    assert_problem(h, KR_E_ENTRY_DIFFERS);
    assert_false(h->r.second_typing);
    go_on_to(h, "");
    assert_pin(h, HALL_PIN_2);
}

static void the_last_try_of_a_pin_is_spent_without_the_supervisor(void **state)
{
    struct hall *h = *state;
    int tries = 0;
    hall_begin(h, "pin-change");
    for (int i = 0; i < 2; i++) {
        hall_say(h, "pin.pin", "999999");
        go_on_to(h, "pin.new-pin");
        hall_step(h);
        hall_step(h);
    }
    go_on_to(h, "pin.last-try");
    hall_reply(h, "aside");
    assert_string_equal(h->r.key, "pin");
    go_on_to(h, "pin.last-try");
    go_on_to(h, "");
    assert_int_equal(hall_count(h, "approval", "covers", "last try"), 1);
    assert_one_outcome(h);
    hall_sign_in(h, "chen");
    assert_ok(try_pin(h, HALL_PIN_2, &tries));
}

static void lock(struct hall *h)
{
    int tries = 3;
    hall_sign_in(h, "chen");
    while (tries > 0)
        try_pin(h, "999999", &tries);
    hall_leave(h);
    hall_session(h);
}

static void a_locked_card_cannot_be_used_again_by_the_centre_that_made_it(void **state)
{
    struct hall *h = *state;
    lock(h);
    hall_begin(h, "pin-change");
    go_on_to(h, "pin");
    hall_reply(h, rakc);
    assert_problem(h, KR_E_CARD_LOCKED);
    assert_ok(hall_give(h, ANSWER_ABORT, "locked"));
    ceremony_end(&h->ceremony);
    hall_leave(h);
    hall_session(h);
    hold(h, "pin-unlock");
    assert_int_equal(hall_count(h, "outcome", "text", "replace the PIN"), 1);
    assert_journal_clean(h);
    assert_pin(h, HALL_PIN_2);
}

static void a_card_without_a_pin_or_of_somebody_else_is_taken(void **state)
{
    struct hall *h = *state;
    hall_begin(h, "pin-unlock");
    go_on_to(h, "pin");
    hall_reply(h, rmkc);
    assert_problem(h, KR_E_CARD_WRONG_KIND);
    hall_reply(h, "manufacturer-01");
    assert_problem(h, KR_E_CARD_FOREIGN);
    assert_int_equal(hall_count(h, "intent", "text", " of card "), 0);
    go_on_to(h, "");
    assert_one_outcome(h);
}

/* Torn at that command; then on to the end. Whether people were told. */
static bool torn(const char *script, unsigned at, const char *how)
{
    struct hall *h = hall_open(issued);
    char order[32];
    snprintf(order, sizeof order, "%u:%s", at, how);
    hall_begin(h, script);
    go_on_to(h, "pin");
    hall_put(h, rakc, 0);
    assert_ok(sim_fault_order(h->deck, 0, order));
    go_on_to(h, "");
    ceremony_end(&h->ceremony);
    bool fired = hall_count(h, "refusal", "step", "pin") > 0;
    assert_one_outcome(h);
    hall_leave(h); /* the fault may still be to come */
    hall_shell("rm -f %s/fault-0", h->deck);
    hall_session(h);
    assert_pin(h, HALL_PIN_2);
    hall_close(h);
    return fired;
}

static void a_torn_command_leaves_a_pin_that_nobody_knows(void **state)
{
    static const char *const scripts[] = {"pin-change", "pin-unlock"};
    static const char *const faults[] = {"gone-before", "gone-after", "empty"};
    (void)state;
    for (size_t s = 0; s < 2; s++)
        for (size_t f = 0; f < 3; f++) {
            size_t told = 0; /* some are mended before anybody is told */
            for (unsigned at = 1; at <= COMMANDS; at += EVERY)
                told += torn(scripts[s], at, faults[f]);
            assert_in_range(told, 5 / EVERY, COMMANDS - 1);
        }
}

static void a_restart_between_command_and_outcome_leaves_two_outcomes(void **state)
{
    struct hall *h = *state;
    hall_begin(h, "pin-change");
    go_on_to(h, "pin.new-pin");
    hall_step(h);
    assert_ok(sim_fault_order(h->deck, 0, "6:gone-after"));
    hall_step(h);
    assert_string_equal(h->r.key, "pin");
    hall_leave(h);
    hall_session(h);
    hall_sign_in(h, "chen");
    hall_sign_in(h, "wang");
    hall_resume(h);
    go_on_to(h, "");
    assert_one_outcome(h);
    assert_pin(h, HALL_PIN_2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(the_old_pin_still_opens_a_card_after_its_change),
        TEST(a_wrong_old_pin_changes_the_pin),
        TEST(a_pin_is_changed_to_itself_to_a_short_one_or_to_two_different_ones),
        TEST(the_last_try_of_a_pin_is_spent_without_the_supervisor),
        TEST(a_locked_card_cannot_be_used_again_by_the_centre_that_made_it),
        TEST(a_card_without_a_pin_or_of_somebody_else_is_taken),
        cmocka_unit_test(a_torn_command_leaves_a_pin_that_nobody_knows),
        TEST(a_restart_between_command_and_outcome_leaves_two_outcomes),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("pin", tests, make_issued, drop_issued);
}
