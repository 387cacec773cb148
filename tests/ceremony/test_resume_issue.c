/* Killed anywhere in issuing a mother card and its authentication card. */
#include "kills.h"

static void judge_issue(struct hall *h)
{
    count_cards(h, "verified", 2);
    count_cards(h, "spoiled", 0);
    assert_int_equal(hall_count(h, "outcome", "card", "issued"), 2);
    assert_int_equal(hall_count(h, "card", "result", "verified"), 2);
}

static void an_issuing_killed_after_any_answer_ends_as_if_it_had_not_been(void **state)
{
    (void)state;
    killed_everywhere(hall_washed, "issue-rmkc", 5, judge_issue);
}

static void a_card_being_issued_when_the_program_is_killed_is_looked_at_and_completed(void **state)
{
    (void)state;
    killed_in_command(hall_washed, "issue-rmkc", "rmkc", 1, 24, 5, judge_issue);
}

static int stages(void **state)
{
    (void)state;
    hall_make_founded();
    hall_make_rooted();
    hall_make_stocked();
    hall_make_washed();
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_issuing_killed_after_any_answer_ends_as_if_it_had_not_been),
        cmocka_unit_test(a_card_being_issued_when_the_program_is_killed_is_looked_at_and_completed),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("resume_issue", tests, stages, hall_stages_end);
}
