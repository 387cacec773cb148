/* Killed anywhere in a root generation. */
#include "kills.h"

static void judge_root(struct hall *h)
{
    struct key_record rec;
    assert_ok(keys_find(session_store(h->session), "GMPK", 1, &rec));
    assert_string_equal(rec.kcv, "B8FB3A");
    assert_int_equal(hall_count(h, "outcome", "key", "GMPK 1 1"), 1);
    assert_int_equal(hall_count(h, "component", "component", "GMPK/1/1 1"), 1);
    assert_int_equal(hall_count(h, "component", "component", "GMPK/1/1 2"), 1);
    assert_int_equal(hall_count(h, "approval", NULL, NULL), 1);
}

static void a_root_generation_killed_after_any_answer_ends_as_if_it_had_not_been(void **state)
{
    (void)state;
    killed_everywhere(hall_founded, "root-generate", 1, judge_root);
}

static int stages(void **state)
{
    (void)state;
    hall_make_founded();
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_generation_killed_after_any_answer_ends_as_if_it_had_not_been),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("resume", tests, stages, hall_stages_end);
}
