#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../ui/command_line.h"

static enum kr_error read_line(struct command_line *out, const char *const *words)
{
    static char copies[12][64];
    char *argv[13];
    int argc = 0;

    for (; words[argc]; argc++) {
        strcpy(copies[argc], words[argc]);
        argv[argc] = copies[argc];
    }
    argv[argc] = NULL;
    return command_line_read(argc, argv, out);
}
#define READ(out, ...) read_line(out, (const char *const[]){"keyrite", __VA_ARGS__, NULL})

static void options_may_stand_before_and_after_the_word(void **state)
{
    struct command_line c;

    (void)state;
    assert_int_equal(READ(&c, "--lang", "en", "demo", "--theme", "mono"), KR_OK);
    assert_int_equal(c.what, DO_DEMO);
    assert_string_equal(c.lang, "en");
    assert_int_equal(c.theme, THEME_MONO);
}

static void files_to_check_come_after_the_word(void **state)
{
    struct command_line c;

    (void)state;
    assert_int_equal(READ(&c, "check", "a.yaml", "b.yaml"), KR_OK);
    assert_int_equal(c.what, DO_CHECK);
    assert_int_equal(c.rest, 2);
    assert_int_equal(READ(&c, "check"), KR_E_COMMAND_LINE);
}

static void a_rehearsal_reads_its_own_options(void **state)
{
    struct command_line c;

    (void)state;
    assert_int_equal(READ(&c, "rehearse", "site-init", "--answers", "x.yaml"), KR_OK);
    assert_int_equal(c.what, DO_REHEARSE);
    assert_int_equal(c.rest, 1);
}

static void what_is_not_understood_is_refused_not_ignored(void **state)
{
    struct command_line c;

    (void)state;
    assert_int_equal(READ(&c, "--nonsense"), KR_E_COMMAND_LINE);
    assert_int_equal(READ(&c, "demonstrate"), KR_E_COMMAND_LINE);
    assert_int_equal(READ(&c, "demo", "more"), KR_E_COMMAND_LINE);
    assert_int_equal(READ(&c, "--theme", "pink"), KR_E_COMMAND_LINE);
    assert_int_equal(READ(&c, "demo", "--reader", "usb"), KR_E_COMMAND_LINE);
    assert_int_equal(READ(&c, "--lock", "never"), KR_E_COMMAND_LINE);
    assert_int_equal(READ(&c, "--store"), KR_E_COMMAND_LINE);
}

static void no_color_in_the_environment_means_no_colour(void **state)
{
    struct command_line c;

    (void)state;
    setenv("NO_COLOR", "1", 1);
    assert_int_equal(READ(&c, "demo"), KR_OK);
    assert_int_equal(c.theme, THEME_MONO);
    assert_int_equal(READ(&c, "demo", "--theme", "contrast"), KR_OK);
    assert_int_equal(c.theme, THEME_CONTRAST);
    unsetenv("NO_COLOR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_may_stand_before_and_after_the_word),
        cmocka_unit_test(files_to_check_come_after_the_word),
        cmocka_unit_test(a_rehearsal_reads_its_own_options),
        cmocka_unit_test(what_is_not_understood_is_refused_not_ignored),
        cmocka_unit_test(no_color_in_the_environment_means_no_colour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
