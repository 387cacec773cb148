/*
 * kill -9 after the n-th answer, for every n: another process goes on from the store, and the end
 * is the same as without a kill: same keys and cards, one outcome for each intent, a journal that
 * verifies.
 */
#ifndef KEYRITE_TESTS_CEREMONY_KILLS_H
#define KEYRITE_TESTS_CEREMONY_KILLS_H

#include "hall.h"

/* What the driver does in a process of its own, which is killed. */
static void drive(struct hall *h, const char *script, size_t answers)
{
    hall_session(h);
    hall_begin(h, script);
    for (size_t n = 0; n < answers; n++) {
        if (ceremony_next(h->ceremony, &h->r) != KR_OK || h->r.kind == REQUEST_FINISHED)
            _exit(1); /* nothing is left to be killed in */
        if (hall_answer(h) != KR_OK)
            _exit(2);
    }
    raise(SIGKILL);
}

/* False when the ceremony had fewer answers than that. */
static bool killed_after(struct hall *h, const char *script, size_t answers)
{
    int status;
    session_end(&h->session); /* one process at a time has the store */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        drive(h, script, answers);
    assert_int_equal(waitpid(child, &status, 0), child);
    hall_session(h);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 1);
    return WIFSIGNALED(status);
}

static bool any_open(struct hall *h)
{
    char ids[4][40];
    size_t count = 0;
    assert_ok(ceremonies_list(session_store(h->session), "open", ids, 4, &count));
    assert_true(count <= 1);
    return count == 1;
}

/* Goes on where there is something to go on with, begins otherwise; to the end. */
static void finish(struct hall *h, const char *script, size_t closed_before)
{
    char ids[16][40];
    size_t closed = 0;
    hall_sign_in(h, "wang");
    if (any_open(h))
        hall_resume(h);
    assert_ok(ceremonies_list(session_store(h->session), "closed", ids, 16, &closed));
    if (h->ceremony == NULL && closed == closed_before)
        hall_begin(h, script);
    if (h->ceremony != NULL)
        hall_walk_to(h, "");
    ceremony_end(&h->ceremony);
    assert_false(any_open(h));
}

MAYBE_UNUSED static void count_cards(struct hall *h, const char *state_word, size_t wanted)
{
    struct card_record rows[32];
    size_t count = 0;
    assert_ok(cards_list(session_store(h->session), state_word, NULL, rows, 32, &count));
    if (count != wanted)
        fail_msg("%zu cards are %s, not %zu", count, state_word, wanted);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(rows[i].number, rows[k].number);
}

/* The end result after a kill behind the n-th answer, for each n; judge looks at the store. */
MAYBE_UNUSED static void killed_everywhere(const char *from, const char *script,
                                           size_t closed_before, void (*judge)(struct hall *h))
{
    bool killed = true;
    size_t n = 1;
    for (; killed; n++) {
        assert_true(n < 100);
        struct hall *h = hall_open(from);
        killed = killed_after(h, script, n);
        finish(h, script, closed_before);
        judge(h);
        assert_journal_clean(h);
        hall_close(h);
    }
    print_message("%s: killed after each of %zu answers\n", script, n - 2);
}

/* The card does not answer the n-th command; the program is killed while it waits. */
MAYBE_UNUSED static void killed_in_command(const char *from, const char *script, const char *key,
                                           int slot, unsigned command, size_t closed_before,
                                           void (*judge)(struct hall *h))
{
    char order[32];
    int status;
    struct hall *h = hall_open(from);
    session_end(&h->session);
    snprintf(order, sizeof order, "%u:mute", command);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        hall_session(h);
        hall_begin(h, script);
        hall_walk_to(h, key);
        alarm(1); /* its signal ends the process as it is */
        if (sim_fault_order(h->deck, slot, order) != KR_OK || hall_answer(h) != KR_OK)
            _exit(2);
        pause();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    hall_session(h);
    finish(h, script, closed_before);
    judge(h);
    assert_journal_clean(h);
    hall_close(h);
}

#endif
