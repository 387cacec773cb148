/* Killed anywhere in washing cards. */
#include "kills.h"

static void judge_wash(struct hall *h)
{
    count_cards(h, "washed", 2);
    count_cards(h, "spoiled", 0);
    assert_int_equal(hall_count(h, "outcome", "card", "washed"), 2);
}

static void a_washing_killed_after_any_answer_ends_as_if_it_had_not_been(void **state)
{
    (void)state;
    killed_everywhere(hall_stocked, "card-wash", 4, judge_wash);
}

static void a_card_being_washed_when_the_program_is_killed_is_looked_at_and_completed(void **state)
{
    (void)state;
    killed_in_command(hall_stocked, "card-wash", "wash", 1, 8, 4, judge_wash);
    killed_in_command(hall_stocked, "card-wash", "wash", 1, 14, 4, judge_wash);
}

static int stages(void **state)
{
    (void)state;
    hall_make_founded();
    hall_make_rooted();
    hall_make_stocked();
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_washing_killed_after_any_answer_ends_as_if_it_had_not_been),
        cmocka_unit_test(a_card_being_washed_when_the_program_is_killed_is_looked_at_and_completed),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("resume_wash", tests, stages, hall_stages_end);
}
