/* Killed anywhere in taking cards in. */
#include "kills.h"

static void judge_intake(struct hall *h)
{
    count_cards(h, "authenticated", 2);
    count_cards(h, "spoiled", 0);
    assert_int_equal(hall_count(h, "card", "result", "authenticated"), 2);
    assert_int_equal(hall_count(h, "outcome", "key", "kMprd 0 1"), 1);
}

static void an_intake_killed_after_any_answer_ends_as_if_it_had_not_been(void **state)
{
    (void)state;
    killed_everywhere(hall_rooted, "card-intake", 3, judge_intake);
}

static int stages(void **state)
{
    (void)state;
    hall_make_founded();
    hall_make_rooted();
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_intake_killed_after_any_answer_ends_as_if_it_had_not_been),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("resume_intake", tests, stages, hall_stages_end);
}
