/* A batch whose cards get keys from a mother card that lies opened in the other reader. */
#include "hall.h"

#include <signal.h>

#define PSAMS "3"

static char hall_drawn[64]; /* RMKC verified, PSAMs taken in */

static int stages(void **state)
{
    char first[DECK_NAME_MAX];
    hall_stages_washed(state);
    struct hall *h = hall_open(hall_washed);
    hall_hold(h, "issue-rmkc");
    hall_hold(h, "seed-psam");
    assert_ok(deck_new(h->deck, "blank-psam", 3, first));
    hall_say(h, "kind", "psam");
    hall_say(h, "quantity", PSAMS);
    hall_hold(h, "card-intake");
    hall_leave(h);
    snprintf(hall_drawn, sizeof hall_drawn, "%s", h->dir);
    free(h);
    return 0;
}

static int stages_end(void **state)
{
    if (hall_drawn[0] != '\0')
        hall_shell("rm -rf %s", hall_drawn);
    return hall_stages_end(state);
}

static struct hall *batch_begun(void)
{
    struct hall *h = hall_open(hall_drawn);
    hall_begin(h, "psam-wash");
    hall_say(h, "quantity", PSAMS);
    hall_walk_to(h, "wash");
    return h;
}

static void kill_card_process(struct hall *h)
{
    assert_int_equal(kill(readers_pid(session_readers(h->session)), SIGKILL), 0);
}

/* To the end, and every card is good. */
static void assert_none_is_spoiled(struct hall *h)
{
    hall_walk_to(h, "");
    assert_int_equal(piece_count(h->ceremony, NULL), 3);
    assert_int_equal(piece_count(h->ceremony, "good"), 3);
    assert_int_equal(hall_count(h, "outcome", "result", "failed"), 0);
    assert_journal_clean(h);
}

/* The mother card's session died with the process, and nothing of that is the next card's fault. */
static void a_card_process_killed_between_two_cards_has_the_mother_card_opened_again(void **state)
{
    for (int made = 0; made < 3; made++) {
        struct hall *h = batch_begun();
        (void)state;
        for (int i = 0; i < made; i++)
            hall_step(h);
        assert_string_equal(h->r.key, "wash");
        assert_int_equal(piece_count(h->ceremony, "good"), made);
        kill_card_process(h);
        hall_step(h);
        assert_string_equal(h->r.key, "wash.mother");
        assert_true(h->r.problem[0] != '\0');
        assert_int_equal(piece_count(h->ceremony, "spoiled"), 0);
        assert_int_equal(piece_count(h->ceremony, "good"), made);
        assert_none_is_spoiled(h);
        hall_close(h);
    }
}

/* Taken out for a moment, which ends its session as well. */
static void a_mother_card_that_was_taken_out_between_two_cards_is_opened_again(void **state)
{
    struct hall *h = batch_begun();
    (void)state;
    hall_step(h);
    hall_pull(h, 0);
    hall_step(h);
    assert_string_equal(h->r.key, "wash.mother");
    assert_int_equal(piece_count(h->ceremony, "spoiled"), 0);
    assert_none_is_spoiled(h);
    hall_close(h);
}

static void deliver_to_region(struct hall *h)
{
    for (int n = 0; n < 2; n++) {
        char key[32], kcv[160];
        snprintf(key, sizeof key, "component[%d]", n + 1);
        hall_say(h, key, hall_components[1][n]);
        hall_say(h, key, hall_components[1][n]); /* typed twice */
        hall_kcv_of(hall_components[1][n], kcv);
        snprintf(key, sizeof key, "component.kcv[%d]", n + 1);
        hall_say(h, key, kcv);
    }
    hall_hold(h, "delivery-regional");
}

/* While the new one is made, the mother card lies where its partner has to lie again to read it
 * back. */
static void a_pair_that_is_remade_has_its_authentication_card_asked_for_again(void **state)
{
    struct hall *h = hall_open(hall_drawn);
    char first[DECK_NAME_MAX];
    (void)state;
    assert_ok(deck_new(h->deck, "blank-mother", 3, first));
    hall_say(h, "quantity", "3");
    hall_hold(h, "card-intake");
    hall_say(h, "quantity", "3");
    hall_hold(h, "card-wash");
    deliver_to_region(h);
    hall_begin(h, "issue-bkc");
    hall_say(h, "region", "1234567812345678");
    hall_walk_to(h, "check-bkc.partner");
    hall_step(h);
    assert_string_equal(h->r.key, "check-bkc");
    hall_say(h, "check-bkc", "void");
    hall_step(h);
    hall_reply(h, "damaged");
    hall_reply(h, "the passphrase of wang");
    assert_string_equal(h->r.key, "bkc.mother");
    hall_walk_to(h, "check-bkc.partner");
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "refusal", "error", ""), 0);
    assert_journal_clean(h);
    hall_close(h);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_process_killed_between_two_cards_has_the_mother_card_opened_again),
        cmocka_unit_test(a_mother_card_that_was_taken_out_between_two_cards_is_opened_again),
        cmocka_unit_test(a_pair_that_is_remade_has_its_authentication_card_asked_for_again),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("mother card's batch", tests, stages, stages_end);
}
