/* The life of keys, as ceremonies: activated, retired, restored, marked, destroyed before a
 * witness; and everything that is refused on the way. */
#include "hall.h"

#include "../../ceremony/key_acts.h"
#include "../../ceremony/key_holders.h"
#include "../../store/database.h"

static int from(void **state, const char *stage)
{
    *state = hall_open(stage);
    hall_sign_in(*state, "wang"); /* keys are offered out of the open store */
    return 0;
}

static int from_rooted(void **state)
{
    return from(state, hall_rooted);
}

static int from_washed(void **state)
{
    return from(state, hall_washed);
}

static int leave(void **state)
{
    hall_close(*state);
    return 0;
}

static const char *state_of(struct hall *h, const char *kind, int group, int version)
{
    static struct key_record k;
    assert_ok(keys_get(session_store(h->session), kind, group, version, &k));
    return k.state;
}

/* Up to the question what is to be done, with what the script's parameters ask for. */
static void begin_act(struct hall *h, const char *act, const char *key)
{
    char script[32];
    snprintf(script, sizeof script, "key-%s", act);
    hall_begin(h, script);
    hall_say(h, "key", key);
    hall_say(h, "reason", "a test asks for it");
    hall_say(h, "seat-custodian", "chen");
    hall_say(h, "seat-witness", "sun");
}

static void hold_act(struct hall *h, const char *act, const char *key)
{
    begin_act(h, act, key);
    hall_say(h, act, act);
    hall_say(h, "destroy.cards", "keep");
    hall_walk_to(h, "");
    ceremony_end(&h->ceremony);
    h->said_count = 0;
}

static void refused_at_the_choice(struct hall *h, const char *act, const char *key,
                                  enum kr_error why)
{
    begin_act(h, act, key);
    hall_next(h);
    assert_string_equal(h->r.key, "key");
    assert_string_not_equal(h->r.options[0].word,
                            key); /* those that it may be done to come first */
    hall_step(h);
    assert_string_equal(h->r.key, "key");
    assert_problem(h, why);
    ceremony_end(&h->ceremony);
    h->said_count = 0;
}

/* ---- One after the other ---- */

static void an_activated_key_is_so_in_the_row_and_in_an_entry_that_two_signed(void **state)
{
    struct hall *h = *state;
    hold_act(h, "activate", "PTK/0/1");
    assert_string_equal(state_of(h, "PTK", 0, 1), "active");
    assert_int_equal(hall_count(h, "key-state", "act", "activate"), 1);
    assert_int_equal(hall_count(h, "key-state", "key", "PTK 0 1"), 1);
    assert_journal_clean(h);
}

static void
a_retired_key_serves_no_more_and_the_next_version_only_once_it_is_activated(void **state)
{
    struct hall *h = *state;
    struct key_record k;
    struct store *store = session_store(h->session);
    hold_act(h, "activate", "PTK/0/1");
    store = session_store(h->session);
    hold_act(h, "retire", "PTK/0/1");
    assert_int_equal(keys_find(store, "PTK", 0, &k), KR_E_KEY_MISSING);
    hall_hold(h, "seed-generate"); /* draws what the centre has not */
    assert_string_equal(state_of(h, "PTK", 0, 2), "generated");
    assert_int_equal(keys_find(store, "PTK", 0, &k), KR_E_KEY_MISSING);
    hold_act(h, "activate", "PTK/0/2");
    assert_ok(keys_find(store, "PTK", 0, &k));
    assert_int_equal(k.version, 2);
    hold_act(h, "restore", "PTK/0/1");
    assert_string_equal(state_of(h, "PTK", 0, 1), "active");
    assert_string_equal(state_of(h, "PTK", 0, 2), "retired");
    assert_journal_clean(h);
}

static void a_destroyed_key_is_in_the_archive_alone_with_its_witness_in_the_journal(void **state)
{
    struct hall *h = *state;
    struct key_record keys[64];
    size_t before = 0, after = 0, all = 0;
    hold_act(h, "activate", "PTK/0/1");
    hold_act(h, "retire", "PTK/0/1");
    assert_ok(keys_list(session_store(h->session), keys, 64, &before));
    hold_act(h, "destroy", "PTK/0/1");
    assert_ok(keys_list(session_store(h->session), keys, 64, &after));
    assert_ok(keys_list_all(session_store(h->session), keys, 64, &all));
    assert_int_equal(after, before - 1);
    assert_int_equal(all, before);
    assert_string_equal(state_of(h, "PTK", 0, 1), "destroyed");
    assert_int_equal(hall_count(h, "key-state", "witness", "sun"), 1);
    assert_int_equal(hall_count(h, "key-state", "material", "key/PTK/0/1 -"), 1);
    assert_journal_clean(h);
    refused_at_the_choice(h, "activate", "PTK/0/1", KR_E_KEY_DESTROYED);
    refused_at_the_choice(h, "restore", "PTK/0/1", KR_E_KEY_DESTROYED);
}

static void what_the_state_of_a_key_does_not_allow_is_refused_in_words_of_its_own(void **state)
{
    struct hall *h = *state;
    hold_act(h, "activate", "PTK/0/1");
    refused_at_the_choice(h, "activate", "PTK/0/1", KR_E_KEY_ACTIVE);
    refused_at_the_choice(h, "destroy", "PTK/0/1", KR_E_KEY_IN_USE);
    refused_at_the_choice(h, "restore", "PTK/0/1", KR_E_KEY_NEVER_RETIRED);
    refused_at_the_choice(h, "retire", "RAK/0/1", KR_E_KEY_NEVER_ACTIVE);
    hold_act(h, "retire", "PTK/0/1");
    refused_at_the_choice(h, "activate", "PTK/0/1", KR_E_KEY_RETIRED);
    refused_at_the_choice(h, "retire", "PTK/0/1", KR_E_KEY_RETIRED_ALREADY);
    refused_at_the_choice(h, "activate", "PTK/0/9", KR_E_KEY_MISSING);
    refused_at_the_choice(h, "activate", "PTK", KR_E_ANSWER);
    hold_act(h, "compromise", "PTK/0/1");
    refused_at_the_choice(h, "restore", "PTK/0/1", KR_E_KEY_COMPROMISED);
    refused_at_the_choice(h, "compromise", "PTK/0/1", KR_E_KEY_MARKED);
}

/* Between the choice and the act another console may not write; but the act itself looks again. */
static void a_key_that_changed_since_it_was_chosen_is_refused_by_the_act_itself(void **state)
{
    struct hall *h = *state;
    struct key_record k;
    begin_act(h, "activate", "PTK/0/1");
    hall_walk_to(h, "activate");
    assert_ok(keys_get(session_store(h->session), "PTK", 0, 1, &k));
    assert_ok(store_begin(session_store(h->session)));
    assert_ok(keys_set_state(session_store(h->session), &k, "compromised"));
    assert_ok(store_commit(session_store(h->session)));
    hall_reply(h, "activate");
    assert_problem(h, KR_E_KEY_COMPROMISED);
    assert_int_equal(hall_count(h, "refusal", "error", "key-compromised"), 1);
    assert_int_equal(hall_count(h, "key-state", NULL, NULL), 0);
}

static void a_key_that_does_not_open_as_what_it_was_is_not_put_into_use(void **state)
{
    struct hall *h = *state;
    begin_act(h, "activate", "PTK/0/1");
    hall_walk_to(h, "activate");
    assert_int_equal(sqlite3_exec(session_store(h->session)->db,
                                  "UPDATE keys SET blob = (SELECT blob FROM keys WHERE kind = "
                                  "'RAK') WHERE kind = 'PTK'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    hall_reply(h, "activate");
    assert_problem(h, KR_E_SEAL_BROKEN);
    assert_string_equal(state_of(h, "PTK", 0, 1), "generated");
    assert_int_equal(hall_count(h, "key-state", NULL, NULL), 0);
}

/* ---- Custody ---- */

/* The shipped script with a seat for the witness that is a custodian's. */
static void witness_script(const struct hall *h, char path[160])
{
    hall_shell("sed 's/id: witness, role: operator/id: witness, role: custodian/' "
               "ceremony/scripts/key-destroy.yaml > %s/key-destroy.yaml",
               h->dir);
    snprintf(path, 160, "%s/key-destroy.yaml", h->dir);
}

static void who_ever_entered_a_component_is_not_taken_as_a_witness(void **state)
{
    struct hall *h = *state;
    char path[160], all[64];
    witness_script(h, path);
    hall_begin(h, path);
    hall_say(h, "key", "GMPK/1/1"); /* its components: chen and li */
    hall_say(h, "reason", "a test asks for it");
    hall_say(h, "seat-custodian", "zhao");
    hall_say(h, "seat-witness", "li");
    hall_walk_to(h, "seat-witness");
    hall_step(h);
    assert_string_equal(h->r.key, "seat-witness");
    assert_problem(h, KR_E_WITNESS);
    snprintf(all, sizeof all, "GMPK/1/1");
    assert_non_null(strstr(h->r.problem, all));
}

static void a_mark_is_made_known_with_the_cards_that_bear_the_key(void **state)
{
    struct hall *h = *state;
    begin_act(h, "compromise", "kIctlR/0/1");
    hall_walk_to(h, "compromise");
    bool named = false;
    for (size_t i = 0; i < h->r.fact_count; i++)
        named = named || strstr(h->r.facts[i].value, "kIctlR") != NULL;
    assert_true(named);
    hall_reply(h, "compromise");
    assert_string_equal(state_of(h, "kIctlR", 0, 1), "compromised");
    assert_int_equal(hall_count(h, "key-state", "text", "cards in use that bear it: 2"), 1);
}

static void cards_that_are_cut_through_before_the_witness_leave_the_inventory(void **state)
{
    struct hall *h = *state;
    struct card_record card;
    begin_act(h, "destroy", "kIctlR/0/1");
    hall_walk_to(h, "destroy.cards");
    assert_int_equal(h->r.option_count, 3); /* go on, and two washed cards */
    char number[32];
    snprintf(number, sizeof number, "%s", h->r.options[1].word);
    assert_true(h->r.options[1].destructive);
    hall_reply(h, number);
    assert_int_equal(h->r.option_count, 2);
    assert_int_equal(cards_by_number(session_store(h->session), number, &card), KR_E_NOT_FOUND);
    hall_reply(h, "10001000000000000009");
    assert_problem(h, KR_E_ANSWER);
    hall_reply(h, "keep");
    hall_reply(h, "destroy");
    hall_walk_to(h, "");
    assert_string_equal(state_of(h, "kIctlR", 0, 1), "destroyed");
    assert_int_equal(
        hall_count(h, "key-state", "text", "cards in use that keep what they bear of it: 1"), 1);
    assert_journal_clean(h);
}

static void a_power_cut_before_the_outcome_is_gone_on_from_and_nothing_is_done_twice(void **state)
{
    struct hall *h = *state;
    struct key_record k;
    begin_act(h, "destroy", "PTK/0/1");
    hall_walk_to(h, "destroy");
    hall_reply(h, "destroy");
    assert_string_equal(h->r.key, "destroy.passphrase");
    hall_again(h);
    hall_sign_in(h, "wang");
    hall_resume(h);
    hall_say(h, "destroy", "destroy");
    hall_walk_to(h, "");
    assert_ok(keys_get(session_store(h->session), "PTK", 0, 1, &k));
    assert_string_equal(k.state, "destroyed");
    assert_int_equal(hall_count(h, "key-state", NULL, NULL), 1);
    assert_journal_clean(h);
}

/* ---- Where keys go ---- */

static void layouts_say_where_a_key_goes_and_what_is_derived_from_it(void **state)
{
    struct hall *h = *state;
    struct key_holder holders[KEY_HOLDERS_MAX];
    char kinds[KEY_OFFSPRING_MAX][24];
    size_t count = 0;
    bool bkc = false, psam = false;
    assert_ok(key_holders(h->session, "GMPK", 1, holders, KEY_HOLDERS_MAX, &count));
    for (size_t i = 0; i < count; i++) {
        bkc = bkc || (strcmp(holders[i].layout, "bkc") == 0 &&
                      strcmp(holders[i].name, "BMPK") == 0 && holders[i].diverse);
        psam = psam || (strcmp(holders[i].layout, "psam") == 0 && !holders[i].diverse);
    }
    assert_true(bkc && psam);
    assert_ok(key_offspring(h->session, "GMPK", kinds, &count));
    assert_string_equal(kinds[0], "BMPK");
    bool mpk = false, dpk = false;
    for (size_t i = 0; i < count; i++) {
        mpk = mpk || strcmp(kinds[i], "MPK") == 0;
        dpk = dpk || strcmp(kinds[i], "DPK") == 0;
    }
    assert_true(mpk && dpk);
    assert_ok(key_holders(h->session, "kIctlR", 0, holders, KEY_HOLDERS_MAX, &count));
    uint64_t cards = 0;
    for (size_t i = 0; i < count; i++)
        cards += holders[i].cards;
    assert_int_equal(cards, 2); /* the washed ones, each once */
}

#define TEST(name, stage) cmocka_unit_test_setup_teardown(name, from_##stage, leave)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(an_activated_key_is_so_in_the_row_and_in_an_entry_that_two_signed, rooted),
        TEST(a_retired_key_serves_no_more_and_the_next_version_only_once_it_is_activated, rooted),
        TEST(a_destroyed_key_is_in_the_archive_alone_with_its_witness_in_the_journal, rooted),
        TEST(what_the_state_of_a_key_does_not_allow_is_refused_in_words_of_its_own, rooted),
        TEST(a_key_that_changed_since_it_was_chosen_is_refused_by_the_act_itself, rooted),
        TEST(a_key_that_does_not_open_as_what_it_was_is_not_put_into_use, rooted),
        TEST(who_ever_entered_a_component_is_not_taken_as_a_witness, rooted),
        TEST(a_mark_is_made_known_with_the_cards_that_bear_the_key, washed),
        TEST(cards_that_are_cut_through_before_the_witness_leave_the_inventory, washed),
        TEST(a_power_cut_before_the_outcome_is_gone_on_from_and_nothing_is_done_twice, rooted),
        TEST(layouts_say_where_a_key_goes_and_what_is_derived_from_it, washed),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("keys", tests, hall_stages_washed, hall_stages_end);
}
