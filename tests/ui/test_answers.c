/* Answers files: what a key gets, and which files are refused before anything happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../ui/answers.h"

static char file[] = "/tmp/keyrite-answers-XXXXXX";

static struct answers *reading(const char *text, enum kr_error wanted)
{
    struct answers *a = NULL;
    FILE *f = fopen(file, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(answers_read(file, &a), wanted);
    return a;
}

static struct answers *begun(const char *answers)
{
    char text[4096];

    snprintf(text, sizeof text, "people: {wang: {passphrase: \"one two three\"}}\nanswers:\n%s",
             answers);
    struct answers *a = reading(text, KR_OK);
    answers_begin(a, "root", 0, false);
    return a;
}

static void expect(struct answers *a, const char *key, enum asked asked, const char *value)
{
    struct act act = answers_take(a, key, asked);

    assert_int_equal(act.kind, value ? ACT_VALUE : ACT_NOTHING);
    if (value)
        assert_string_equal(act.text, value);
}

static void a_key_is_found_whole_by_index_and_bare(void **state)
{
    struct answers *a = begun("  root:\n"
                              "    component[1.2]: whole\n"
                              "    component: {1.1: flat, 2: {1: level, \"*\": rest}}\n"
                              "    groups: 1-5\n");
    (void)state;
    expect(a, "component[1.2]", ASKED_NEW, "whole");
    expect(a, "component[1.1]", ASKED_NEW, "flat");
    expect(a, "component[2.1]", ASKED_NEW, "level");
    expect(a, "component[2.9]", ASKED_NEW, "rest");
    expect(a, "component[3.1]", ASKED_NEW, NULL);
    expect(a, "groups", ASKED_NEW, "1-5");
    expect(a, "groups[4]", ASKED_NEW, "1-5");
    expect(a, "elsewhere", ASKED_NEW, NULL);
    answers_free(&a);
}

static void a_list_gives_its_next_value_each_time_and_then_ends(void **state)
{
    struct answers *a = begun("  root: {kcv: [first, second]}\n");
    (void)state;
    expect(a, "kcv", ASKED_NEW, "first");
    expect(a, "kcv", ASKED_AGAIN, "second");
    expect(a, "kcv", ASKED_AGAIN, NULL);
    assert_true(answers_take(a, "kcv", ASKED_AGAIN).spent);
    answers_free(&a);
}

static void a_plain_value_that_did_not_do_is_not_said_again(void **state)
{
    struct answers *a = begun("  root: {kcv: 3A910C}\n");
    (void)state;
    expect(a, "kcv", ASKED_NEW, "3A910C");
    assert_true(answers_take(a, "kcv", ASKED_AGAIN).spent);
    answers_free(&a);
}

static void a_second_typing_takes_the_same_value(void **state)
{
    struct answers *a = begun("  root: {component: [wrong, right]}\n");
    (void)state;
    expect(a, "component", ASKED_NEW, "wrong");
    expect(a, "component", ASKED_TWICE, "wrong");
    expect(a, "component", ASKED_AGAIN, "right");
    answers_free(&a);
}

static void notes_and_exceptions_come_once_and_before_the_answer(void **state)
{
    struct answers *a = begun("  root: {combine: {note: seen, exception: smudged, answer: ok}}\n");
    (void)state;
    struct act act = answers_take(a, "combine", ASKED_NEW);
    assert_int_equal(act.kind, ACT_NOTE);
    assert_string_equal(act.text, "seen");
    assert_int_equal(answers_take(a, "combine", ASKED_NEW).kind, ACT_EXCEPTION);
    expect(a, "combine", ASKED_NEW, "ok");
    answers_free(&a);
}

static void a_pause_is_over_after_the_run_that_goes_on(void **state)
{
    struct answers *a = begun("  root: {combine: {note: seen, pause: , answer: ok}}\n");
    (void)state;
    answers_begin(a, "root", 0, true);
    expect(a, "sign-in[wang]", ASKED_NEW, NULL);
    expect(a, "combine", ASKED_NEW, "ok");
    answers_free(&a);
}

static void a_pause_further_on_is_kept_after_a_resume(void **state)
{
    struct answers *a =
        begun("  root: {combine: {1: {pause: , answer: ok}, 2: {pause: , answer: ok}}}\n");
    (void)state;
    answers_begin(a, "root", 0, true);
    expect(a, "combine.kcv[1]", ASKED_NEW, NULL);
    expect(a, "combine[1]", ASKED_NEW, "ok");
    assert_int_equal(answers_take(a, "combine[2]", ASKED_NEW).kind, ACT_PAUSE);
    answers_free(&a);
}

static void a_used_secret_is_wiped_unless_it_serves_further_requests(void **state)
{
    struct answers *a = begun("  root: {component: {1.1: 00112233}, pin: 1234}\n");
    (void)state;
    expect(a, "component[1.1]", ASKED_NEW, "00112233");
    answers_used_up(a);
    assert_true(answers_take(a, "component[1.1]", ASKED_NEW).spent);
    expect(a, "pin[1]", ASKED_NEW, "1234");
    answers_used_up(a);
    expect(a, "pin[2]", ASKED_NEW, "1234");
    answers_free(&a);
}

static void a_script_held_twice_has_a_list_of_answers(void **state)
{
    struct answers *a = begun("  root: [{groups: 1}, {groups: 2}]\n");
    (void)state;
    expect(a, "groups", ASKED_NEW, "1");
    answers_begin(a, "root", 1, false);
    expect(a, "groups", ASKED_NEW, "2");
    answers_begin(a, "root", 2, false);
    expect(a, "groups", ASKED_NEW, NULL);
    answers_free(&a);
}

static void defaults_serve_where_the_script_says_nothing(void **state)
{
    struct answers *a = reading("people: {wang: {passphrase: long enough}}\n"
                                "defaults: {close: agree, any-card: auto}\n"
                                "answers: {root: {approve: {2: wait, \"*\": approve}}}\n",
                                KR_OK);
    (void)state;
    answers_begin(a, "root", 0, false);
    expect(a, "approve[2]", ASKED_NEW, "wait");
    expect(a, "approve[1]", ASKED_NEW, "approve");
    expect(a, "close", ASKED_NEW, "agree");
    assert_string_equal(answers_default(a, "any-card"), "auto");
    assert_null(answers_default(a, "any-choice"));
    answers_free(&a);
}

static void people_are_listed_with_their_passphrases(void **state)
{
    struct answers *a =
        reading("people:\n  wang: {passphrase: \"one two three\", role: supervisor}\n"
                "  li: {passphrase: other}\n",
                KR_OK);
    (void)state;
    assert_string_equal(answers_person(a, 1), "li");
    assert_null(answers_person(a, 2));
    assert_string_equal(answers_of_person(a, "wang", "passphrase"), "one two three");
    assert_string_equal(answers_of_person(a, "wang", "role"), "supervisor");
    assert_null(answers_of_person(a, "chen", "passphrase"));
    answers_free(&a);
}

static void refused(const char *text, const char *line)
{
    assert_null(reading(text, KR_E_ANSWERS_FORM));
    assert_non_null(strstr(kr_detail(), line));
}

static void a_file_of_the_wrong_form_is_refused_with_its_line(void **state)
{
    (void)state;
    refused("people: [\n", "line 2");
    refused("- a list\n", "line 1");
    refused("people: {}\nanswer: {}\n", "line 2");
    refused("people:\n  wang: {pass: x}\n", "line 2");
    refused("answers:\n  root:\n    a: 1\n    a: 2\n", "line 4");
    refused("answers:\n  root:\n    a: {note: x, 1: y}\n", "line 3");
    refused("deck: {blank-mother: 0}\n", "line 1");
    refused("answers: {root: plain}\n", "line 1");
    refused("answers: {root: &a {b: *a}}\n", "nested");
}

static void a_missing_or_huge_file_is_refused(void **state)
{
    struct answers *a = NULL;
    char *text = malloc(ANSWERS_BYTES_MAX + 100);

    (void)state;
    assert_int_equal(answers_read("/nonexistent/answers.yaml", &a), KR_E_FILE);
    assert_non_null(text);
    memset(text, 'x', ANSWERS_BYTES_MAX + 99);
    memcpy(text, "defaults: {a: ", 14);
    text[ANSWERS_BYTES_MAX + 98] = '}';
    text[ANSWERS_BYTES_MAX + 99] = '\0';
    assert_null(reading(text, KR_E_TOO_LONG));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_found_whole_by_index_and_bare),
        cmocka_unit_test(a_list_gives_its_next_value_each_time_and_then_ends),
        cmocka_unit_test(a_plain_value_that_did_not_do_is_not_said_again),
        cmocka_unit_test(a_second_typing_takes_the_same_value),
        cmocka_unit_test(notes_and_exceptions_come_once_and_before_the_answer),
        cmocka_unit_test(a_pause_is_over_after_the_run_that_goes_on),
        cmocka_unit_test(a_pause_further_on_is_kept_after_a_resume),
        cmocka_unit_test(a_used_secret_is_wiped_unless_it_serves_further_requests),
        cmocka_unit_test(a_script_held_twice_has_a_list_of_answers),
        cmocka_unit_test(defaults_serve_where_the_script_says_nothing),
        cmocka_unit_test(people_are_listed_with_their_passphrases),
        cmocka_unit_test(a_file_of_the_wrong_form_is_refused_with_its_line),
        cmocka_unit_test(a_missing_or_huge_file_is_refused),
    };
    int fd = mkstemp(file);

    if (fd < 0 || secret_heap_open() != KR_OK)
        return 1;
    close(fd);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(file);
    return rc;
}
