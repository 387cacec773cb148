#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "../../store/report/text.h"

static void a_chinese_glyph_takes_two_columns_and_a_combining_mark_none(void **state)
{
    (void)state;
    assert_int_equal(text_width("密钥"), 4);
    assert_int_equal(text_width("KCV 3A"), 6);
    assert_int_equal(text_width("e\xCC\x81"), 1);
    assert_int_equal(text_width(""), 0);
}

static void an_escape_sequence_in_a_name_never_reaches_the_terminal(void **state)
{
    char out[64];

    (void)state;
    text_fit("Wang\033[2J\x07", 40, out, sizeof out);
    assert_string_equal(out, "Wang?[2J?");
    assert_int_equal(text_width("\033[2J"), 4);
}

static void bytes_that_are_no_utf8_are_drawn_as_question_marks(void **state)
{
    char out[64];

    (void)state;
    text_fit("a\xFF\xC0\x80z", 40, out, sizeof out);
    assert_string_equal(out, "a???z");
    text_fit("cut \xE5\xAF", 40, out, sizeof out);
    assert_string_equal(out, "cut ??");
}

static void a_cut_text_ends_in_a_dot_sign_and_never_in_half_a_glyph(void **state)
{
    char out[64];

    (void)state;
    assert_int_equal(text_fit("密钥保管员", 10, out, sizeof out), 10);
    assert_string_equal(out, "密钥保管员");
    assert_int_equal(text_fit("密钥保管员", 9, out, sizeof out), 9);
    assert_string_equal(out, "密钥保管…");
    assert_int_equal(text_fit("密钥保管员", 8, out, sizeof out), 7);
    assert_string_equal(out, "密钥保…");
}

static void a_padded_text_has_exactly_the_columns_asked_for(void **state)
{
    char out[64];

    (void)state;
    for (int columns = 0; columns < 20; columns++) {
        text_pad("主管 Wang 王", columns, out, sizeof out);
        assert_int_equal(text_width(out), columns);
    }
}

static void a_buffer_that_is_too_small_is_not_overrun_and_holds_whole_glyphs(void **state)
{
    char out[8];

    (void)state;
    memset(out, 'x', sizeof out);
    text_fit("密钥保管", 40, out, 6);
    assert_string_equal(out, "密");
    assert_int_equal(out[6], 'x');
}

static void lines_break_at_spaces_and_keep_every_word(void **state)
{
    const char *text = "Everyone else: please look away from screen and keyboard.";
    const char *next = text;
    char whole[128] = "";

    (void)state;
    while (next) {
        const char *line = next;
        size_t len = text_line(line, 20, &next);
        assert_true(len <= 20);
        if (whole[0])
            strcat(whole, " ");
        strncat(whole, line, len);
    }
    assert_string_equal(whole, text);
}

static void chinese_breaks_anywhere_but_before_a_full_stop(void **state)
{
    const char *next;

    (void)state;
    /* 4 glyphs are 8 columns; the full stop would begin the second line */
    size_t len = text_line("请插入卡。", 8, &next);
    assert_int_equal(len, strlen("请插入"));
    assert_string_equal(next, "卡。");
}

static void a_line_feed_ends_a_line_and_an_empty_line_stays(void **state)
{
    const char *next;

    (void)state;
    assert_int_equal(text_line("one\n\nthree", 40, &next), 3);
    assert_int_equal(text_line(next, 40, &next), 0);
    assert_int_equal(text_line(next, 40, &next), 5);
    assert_null(next);
    assert_int_equal(text_lines("one\n\nthree", 40), 3);
}

static void a_word_longer_than_the_line_is_broken_rather_than_lost(void **state)
{
    const char *next;

    (void)state;
    assert_int_equal(text_line("ABCDEFGHIJ", 4, &next), 4);
    assert_string_equal(next, "EFGHIJ");
}

static void erasing_takes_a_whole_character(void **state)
{
    char text[] = "王a";

    (void)state;
    size_t len = text_chop(text, strlen(text));
    assert_string_equal(text, "王");
    assert_int_equal(text_chop(text, len), 0);
    assert_int_equal(text_chop(text, 0), 0);
}

static void a_text_too_long_for_its_room_is_cut_between_characters(void **state)
{
    char room[8];

    (void)state;
    assert_int_equal(text_copy("a钥匙管理", room, sizeof room), 7);
    assert_string_equal(room, "a钥匙");
    assert_int_equal(text_copy("ab钥匙管理", room, sizeof room), 5);
    assert_string_equal(room, "ab钥");
    assert_int_equal(text_copy("\xE9\x92", room, sizeof room), 2); /* what came cut stays so */
    assert_int_equal(text_copy("钥", room, 1), 0);
    assert_string_equal(room, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chinese_glyph_takes_two_columns_and_a_combining_mark_none),
        cmocka_unit_test(an_escape_sequence_in_a_name_never_reaches_the_terminal),
        cmocka_unit_test(bytes_that_are_no_utf8_are_drawn_as_question_marks),
        cmocka_unit_test(a_cut_text_ends_in_a_dot_sign_and_never_in_half_a_glyph),
        cmocka_unit_test(a_padded_text_has_exactly_the_columns_asked_for),
        cmocka_unit_test(a_buffer_that_is_too_small_is_not_overrun_and_holds_whole_glyphs),
        cmocka_unit_test(lines_break_at_spaces_and_keep_every_word),
        cmocka_unit_test(chinese_breaks_anywhere_but_before_a_full_stop),
        cmocka_unit_test(a_line_feed_ends_a_line_and_an_empty_line_stays),
        cmocka_unit_test(a_word_longer_than_the_line_is_broken_rather_than_lost),
        cmocka_unit_test(erasing_takes_a_whole_character),
        cmocka_unit_test(a_text_too_long_for_its_room_is_cut_between_characters),
    };

    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
