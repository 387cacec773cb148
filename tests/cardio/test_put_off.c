/* Commands that wait for the next one (card_put_off()): same order, same errors, fewer requests. */
#include "room.h"

#define NO_SUCH_FILE 0x0999

static void blank_in_reader(struct room *r)
{
    char name[DECK_NAME_MAX];
    put_new(r, "blank-mother", 0, name);
    assert_int_equal(card_open(&r->first), KR_OK);
    r->commands = 0;
}

static void a_command_that_waits_is_not_sent_before_the_next_one_that_does_not(void **state)
{
    struct room *r = *state;
    uint8_t challenge[8];
    blank_in_reader(r);
    card_put_off(&r->first);
    assert_int_equal(card_select_file(&r->first, 0x3F00), KR_OK);
    assert_int_equal(card_prove_key(&r->first, r->maker_auth, 0), KR_OK);
    assert_int_equal(r->commands, 0);
    assert_int_equal(card_get_challenge(&r->first, challenge, 8), KR_OK);
    assert_int_equal(r->commands, 3);
    assert_int_equal(card_settle(&r->first, KR_OK), KR_OK);
    assert_int_equal(r->commands, 3);
}

static void what_the_card_refuses_ends_the_request_and_is_said_by_the_next_function(void **state)
{
    struct room *r = *state;
    uint8_t challenge[8];
    blank_in_reader(r);
    card_put_off(&r->first);
    assert_int_equal(card_select_file(&r->first, NO_SUCH_FILE), KR_OK);
    assert_int_equal(card_prove_key(&r->first, r->maker_auth, 0), KR_OK);
    assert_int_equal(card_get_challenge(&r->first, challenge, 8), KR_E_CARD_REFUSED);
    assert_int_equal(r->first.sw, 0x6A82);
    assert_int_equal(r->commands, 1);
    /* Nothing is left that a later function would send. */
    assert_int_equal(card_settle(&r->first, KR_OK), KR_OK);
    assert_int_equal(r->commands, 1);
    assert_int_equal(card_get_challenge(&r->first, challenge, 8), KR_OK);
}

static void a_wrong_answer_among_those_that_wait_is_not_passed_over(void **state)
{
    struct room *r = *state;
    uint8_t challenge[8];
    blank_in_reader(r);
    card_put_off(&r->first);
    assert_int_equal(card_prove_key(&r->first, value(r, "RAK", 0), 0), KR_OK);
    assert_int_equal(card_select_file(&r->first, 0x3F00), KR_OK);
    assert_int_equal(card_get_challenge(&r->first, challenge, 8), KR_E_CARD_FAKE);
    assert_int_equal(card_settle(&r->first, KR_OK), KR_OK);
}

static void an_error_before_settling_keeps_what_waits_from_the_card(void **state)
{
    struct room *r = *state;
    blank_in_reader(r);
    card_put_off(&r->first);
    assert_int_equal(card_select_file(&r->first, 0x3F00), KR_OK);
    assert_int_equal(card_settle(&r->first, KR_E_KEY_MISSING), KR_E_KEY_MISSING);
    assert_int_equal(r->commands, 0);
    /* And afterwards nothing waits any more. */
    assert_int_equal(card_select_file(&r->first, 0x3F00), KR_OK);
    assert_int_equal(r->commands, 1);
}

static void more_commands_than_may_wait_are_sent_in_several_requests(void **state)
{
    struct room *r = *state;
    blank_in_reader(r);
    card_put_off(&r->first);
    for (int i = 0; i < 3 * CARD_PUT_OFF_MAX + 1; i++)
        assert_int_equal(card_prove_key(&r->first, r->maker_auth, 0), KR_OK);
    assert_true(r->commands >= CARD_PUT_OFF_MAX);
    assert_int_equal(card_settle(&r->first, KR_OK), KR_OK);
    assert_int_equal(r->commands, 3 * CARD_PUT_OFF_MAX + 1);
}

static enum kr_error refuses(void *ctx)
{
    (void)ctx;
    return KR_E_STORE_BUSY;
}

static void no_command_of_a_request_is_sent_where_one_may_not_change_the_card(void **state)
{
    struct room *r = *state;
    blank_in_reader(r);
    card_put_off(&r->first);
    r->first.before_change = refuses;
    assert_int_equal(card_select_file(&r->first, 0x3F00), KR_OK);
    assert_int_equal(card_erase_directory(&r->first), KR_OK);
    assert_int_equal(card_settle(&r->first, KR_OK), KR_E_STORE_BUSY);
    assert_int_equal(r->commands, 0);
}

static void opening_a_card_forgets_what_waits_for_another(void **state)
{
    struct room *r = *state;
    blank_in_reader(r);
    card_put_off(&r->first);
    assert_int_equal(card_select_file(&r->first, NO_SUCH_FILE), KR_OK);
    assert_int_equal(card_open(&r->first), KR_OK);
    assert_int_equal(card_settle(&r->first, KR_OK), KR_OK);
    assert_int_equal(r->commands, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_that_waits_is_not_sent_before_the_next_one_that_does_not),
        cmocka_unit_test(what_the_card_refuses_ends_the_request_and_is_said_by_the_next_function),
        cmocka_unit_test(a_wrong_answer_among_those_that_wait_is_not_passed_over),
        cmocka_unit_test(an_error_before_settling_keeps_what_waits_from_the_card),
        cmocka_unit_test(more_commands_than_may_wait_are_sent_in_several_requests),
        cmocka_unit_test(no_command_of_a_request_is_sent_where_one_may_not_change_the_card),
        cmocka_unit_test(opening_a_card_forgets_what_waits_for_another),
    };
    return room_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
