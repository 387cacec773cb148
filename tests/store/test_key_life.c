/* The life of a key: every act after every other, what it does or what is said to it. The
 * expectations are written out here a second time, as SP 800-57 part 1 and the domain page have
 * them, and not taken from the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "../../store/key_life.h"

#define ACTS_OF_PEOPLE 5

/* What becomes of a key in that state by that act: the state's word, or the error's name. */
struct row {
    const char *state;
    const char *by[ACTS_OF_PEOPLE]; /* activate retire restore destroy compromise */
};
static const struct row rows[] = {
    {"generated", {"active", "key-never-active", "key-never-retired", "destroyed", "compromised"}},
    {"active", {"key-active", "retired", "key-never-retired", "key-in-use", "compromised"}},
    {"retired", {"key-retired", "key-retired-already", "active", "destroyed", "compromised"}},
    {"compromised",
     {"key-compromised", "key-compromised", "key-compromised", "destroyed-compromised",
      "key-marked"}},
    {"destroyed",
     {"key-destroyed", "key-destroyed", "key-destroyed", "key-destroyed", "destroyed-compromised"}},
    {"destroyed-compromised",
     {"key-destroyed", "key-destroyed", "key-destroyed", "key-destroyed", "key-marked"}},
};
#define ROWS (sizeof rows / sizeof rows[0])

static const char *expected(const char *state, enum key_act act)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].state, state) == 0)
            return rows[i].by[act];
    fail_msg("no such state %s", state);
    return "";
}

/* Does the act and compares; a refused one leaves the state. */
static enum key_state act_on(enum key_state state, enum key_act act)
{
    enum key_state next = state;
    const char *wanted = expected(key_state_word(state), act);
    enum kr_error error = key_life_next(state, act, "GMPK 3, version 1", &next);
    if (error == KR_OK) {
        assert_string_equal(key_state_word(next), wanted);
        assert_true(key_life_admits(act, state, next));
        return next;
    }
    assert_string_equal(kr_name(error), wanted);
    assert_string_equal(kr_detail(), "GMPK 3, version 1");
    return state;
}

static void
every_ordered_pair_of_acts_does_what_is_said_of_it_or_is_refused_by_its_name(void **state)
{
    int done = 0;
    (void)state;
    for (enum key_act first = 0; first < ACTS_OF_PEOPLE; first++)
        for (enum key_act second = 0; second < ACTS_OF_PEOPLE; second++, done++)
            (void)act_on(act_on(KEY_GENERATED, first), second);
    assert_int_equal(done, 25);
}

/* Beyond pairs: whatever people do, in six acts. */
static void nothing_that_is_destroyed_or_compromised_ever_serves_again(void **state)
{
    unsigned walks = 1;
    (void)state;
    for (int i = 0; i < 6; i++)
        walks *= ACTS_OF_PEOPLE;
    for (unsigned walk = 0; walk < walks; walk++) {
        enum key_state now = KEY_GENERATED;
        bool gone = false, marked = false;
        for (unsigned step = 0, rest = walk; step < 6; step++, rest /= ACTS_OF_PEOPLE) {
            now = act_on(now, rest % ACTS_OF_PEOPLE);
            gone = gone || key_state_is_gone(now);
            marked = marked || now == KEY_COMPROMISED || now == KEY_DESTROYED_COMPROMISED;
            assert_false(gone && !key_state_is_gone(now));
            assert_false((gone || marked) && (now == KEY_ACTIVE || now == KEY_RETIRED));
        }
    }
}

static void each_refusal_says_another_thing_than_the_others(void **state)
{
    static const enum kr_error refusals[] = {
        KR_E_KEY_ACTIVE,       KR_E_KEY_RETIRED,       KR_E_KEY_RETIRED_ALREADY,
        KR_E_KEY_NEVER_ACTIVE, KR_E_KEY_NEVER_RETIRED, KR_E_KEY_IN_USE,
        KR_E_KEY_COMPROMISED,  KR_E_KEY_MARKED,        KR_E_KEY_DESTROYED};
    (void)state;
    for (size_t a = 0; a < sizeof refusals / sizeof refusals[0]; a++)
        for (size_t b = 0; b < a; b++)
            assert_string_not_equal(kr_sentence(refusals[a]), kr_sentence(refusals[b]));
}

static void a_version_that_takes_over_retires_the_one_that_served_and_nothing_else(void **state)
{
    enum key_state next;
    (void)state;
    assert_int_equal(key_life_next(KEY_ACTIVE, KEY_SUPERSEDE, "k", &next), KR_OK);
    assert_int_equal(next, KEY_RETIRED);
    assert_int_equal(key_life_next(KEY_GENERATED, KEY_SUPERSEDE, "k", &next), KR_OK);
    assert_int_equal(next, KEY_RETIRED);
    for (enum key_state s = KEY_RETIRED; s < KEY_STATES; s++)
        assert_int_not_equal(key_life_next(s, KEY_SUPERSEDE, "k", &next), KR_OK);
    assert_true(key_life_admits(KEY_ACTIVATE, KEY_ACTIVE, KEY_RETIRED));
    assert_true(key_life_admits(KEY_RESTORE, KEY_ACTIVE, KEY_RETIRED));
    assert_false(key_life_admits(KEY_DESTROY, KEY_ACTIVE, KEY_RETIRED));
    assert_false(key_life_admits(KEY_SUPERSEDE, KEY_ACTIVE, KEY_RETIRED));
    assert_false(key_life_admits(KEY_DESTROY, KEY_ACTIVE, KEY_DESTROYED));
}

static void words_are_read_back_and_unknown_ones_are_not(void **state)
{
    enum key_state s;
    enum key_act a;
    (void)state;
    for (enum key_state i = 0; i < KEY_STATES; i++) {
        assert_true(key_state_by_word(key_state_word(i), &s));
        assert_int_equal(s, i);
    }
    for (enum key_act i = 0; i < KEY_ACTS; i++) {
        assert_true(key_act_by_word(key_act_word(i), &a));
        assert_int_equal(a, i);
    }
    assert_false(key_state_by_word("lost", &s));
    assert_false(key_act_by_word("sell", &a));
    assert_string_equal(key_state_standard(KEY_GENERATED), "pre-activation");
    assert_string_equal(key_state_standard(KEY_RETIRED), "deactivated");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            every_ordered_pair_of_acts_does_what_is_said_of_it_or_is_refused_by_its_name),
        cmocka_unit_test(nothing_that_is_destroyed_or_compromised_ever_serves_again),
        cmocka_unit_test(each_refusal_says_another_thing_than_the_others),
        cmocka_unit_test(a_version_that_takes_over_retires_the_one_that_served_and_nothing_else),
        cmocka_unit_test(words_are_read_back_and_unknown_ones_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
