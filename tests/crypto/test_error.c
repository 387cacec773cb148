#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>
#include "../../crypto/error.h"

static void every_error_has_its_own_name_and_a_sentence(void **state)
{
    (void)state;
    for (int a = 0; a < KR_ERROR_COUNT; a++) {
        const char *name = kr_name((enum kr_error)a);
        assert_int_not_equal(strlen(name), 0);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(name));
        assert_int_not_equal(strlen(kr_sentence((enum kr_error)a)), 0);
        for (int b = 0; b < a; b++)
            assert_string_not_equal(name, kr_name((enum kr_error)b));
    }
}

static void every_refusal_says_what_to_do_and_has_one_place_for_detail_at_most(void **state)
{
    (void)state;
    for (int code = 1; code < KR_ERROR_COUNT; code++) {
        const char *sentence = kr_sentence((enum kr_error)code);
        const char *advice = kr_advice((enum kr_error)code);
        const char *hole = strstr(sentence, "{}");
        if (hole && strstr(hole + 2, "{}"))
            fail_msg("%s has two places", kr_name((enum kr_error)code));
        if (advice[0] == '\0' || strstr(advice, "{}"))
            fail_msg("%s: advice", kr_name((enum kr_error)code));
    }
}

static void a_number_that_is_no_error_is_named_a_fault_of_the_program(void **state)
{
    (void)state;
    assert_string_equal(kr_name((enum kr_error)KR_ERROR_COUNT), "argument");
    assert_string_equal(kr_name((enum kr_error)9999), "argument");
}

static void the_detail_stands_in_its_place_of_the_sentence(void **state)
{
    char out[256];
    (void)state;

    assert_int_equal(kr_fail(KR_E_NO_READER, "Reader %d", 2), KR_E_NO_READER);
    assert_string_equal(kr_detail(), "Reader 2");
    assert_ptr_equal(kr_explain(KR_E_NO_READER, NULL, out, sizeof out), out);
    assert_string_equal(out, "Reader Reader 2 is not there. Check its cable, then press Enter.");
    kr_explain(KR_E_NO_READER, "B", out, sizeof out);
    assert_string_equal(out, "Reader B is not there. Check its cable, then press Enter.");
    kr_explain(KR_E_NO_READER, "", out, sizeof out);
    assert_string_equal(out, "Reader ? is not there. Check its cable, then press Enter.");
}

static void a_detail_is_data_and_is_not_read_as_a_format(void **state)
{
    char out[256];
    (void)state;

    kr_fail(KR_E_NO_READER, "%s", "%s%n{}");
    kr_explain(KR_E_NO_READER, NULL, out, sizeof out);
    assert_string_equal(out, "Reader %s%n{} is not there. Check its cable, then press Enter.");
}

static void success_is_a_sentence_without_advice(void **state)
{
    char out[64];
    (void)state;

    assert_string_equal(kr_explain(KR_OK, NULL, out, sizeof out), "Done.");
}

static void short_room_cuts_between_characters(void **state)
{
    char out[64];
    (void)state;

    for (size_t room = 1; room < 30; room++) {
        memset(out, 'x', sizeof out);
        kr_explain(KR_E_NO_READER, "读卡器甲", out, room);
        assert_true(strlen(out) < room);
        assert_int_equal(out[room], 'x');
        size_t len = strlen(out);
        if (len > 7 && len < 19)
            assert_int_equal((len - 7) % 3, 0);
    }
    out[0] = 'x';
    kr_explain(KR_E_NO_READER, "B", out, 0);
    assert_int_equal(out[0], 'x');
}

static void a_long_detail_is_cut_between_characters(void **state)
{
    char name[301] = "";
    (void)state;

    for (size_t i = 0; i < 100; i++)
        strcat(name, "种");
    kr_fail(KR_E_FILE, "a%s", name);
    assert_int_equal(strlen(kr_detail()), 1 + 3 * 63);
    kr_fail(KR_E_FILE, "%s", kr_detail());
    assert_int_equal(strlen(kr_detail()), 1 + 3 * 63);
    kr_detail_clear();
    assert_string_equal(kr_detail(), "");
}

static void *other_thread(void *seen)
{
    *(size_t *)seen = strlen(kr_detail());
    kr_fail(KR_E_FILE, "other");
    return NULL;
}

static void details_of_two_threads_do_not_mix(void **state)
{
    pthread_t thread;
    size_t seen = 99;
    (void)state;

    kr_fail(KR_E_FILE, "mine");
    assert_int_equal(pthread_create(&thread, NULL, other_thread, &seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(seen, 0);
    assert_string_equal(kr_detail(), "mine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_its_own_name_and_a_sentence),
        cmocka_unit_test(every_refusal_says_what_to_do_and_has_one_place_for_detail_at_most),
        cmocka_unit_test(a_number_that_is_no_error_is_named_a_fault_of_the_program),
        cmocka_unit_test(the_detail_stands_in_its_place_of_the_sentence),
        cmocka_unit_test(a_detail_is_data_and_is_not_read_as_a_format),
        cmocka_unit_test(success_is_a_sentence_without_advice),
        cmocka_unit_test(short_room_cuts_between_characters),
        cmocka_unit_test(a_long_detail_is_cut_between_characters),
        cmocka_unit_test(details_of_two_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
