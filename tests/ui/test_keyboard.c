#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../ui/keymap.h"

static struct keyboard board;

static int begin(void **state)
{
    (void)state;
    keyboard_begin(&board);
    return 0;
}

static void feed(const char *bytes, int64_t now_ms)
{
    assert_int_equal(keyboard_feed(&board, (const uint8_t *)bytes, strlen(bytes), now_ms),
                     strlen(bytes));
}

static void expect(enum key_code code, int64_t now_ms)
{
    assert_int_equal(keyboard_next(&board, now_ms).code, code);
}

static void letters_enter_and_arrows_come_out_as_they_went_in(void **state)
{
    (void)state;
    feed("a\r\033[A\033OB\033[15~", 0);
    struct key_event e = keyboard_next(&board, 0);
    assert_int_equal(e.code, KEY_CHARACTER);
    assert_int_equal(e.utf8[0], 'a');
    expect(KEY_ENTER_CODE, 0);
    expect(KEY_UP_CODE, 0);
    expect(KEY_DOWN_CODE, 0);
    expect(KEY_F1_CODE + 4, 0);
    expect(KEY_NONE_YET, 0);
}

static void a_chinese_character_is_one_event_even_when_its_bytes_arrive_apart(void **state)
{
    (void)state;
    feed("\xE7\x8E", 0);
    expect(KEY_NONE_YET, 1);
    feed("\x8B", 2);
    struct key_event e = keyboard_next(&board, 2);
    assert_int_equal(e.code, KEY_CHARACTER);
    assert_int_equal(e.len, 3);
    assert_memory_equal(e.utf8, "王", 3);
}

static void bytes_that_are_no_character_never_come_out_as_one(void **state)
{
    static const char *const no_characters[] = {
        "\xE0\x80\x80" /* overlong */, "\xED\xA0\x80" /* surrogate */,
        "\xF0\x80\x80\x80" /* overlong */, "\xF4\x90\x80\x80" /* beyond U+10FFFF */};
    (void)state;
    for (size_t i = 0; i < sizeof no_characters / sizeof no_characters[0]; i++) {
        feed(no_characters[i], 0);
        expect(KEY_IGNORED, 0);
        expect(KEY_NONE_YET, 0);
    }
}

static void an_escape_alone_becomes_the_esc_key_only_after_a_moment(void **state)
{
    (void)state;
    feed("\033", 100);
    expect(KEY_NONE_YET, 110);
    assert_true(keyboard_waits(&board));
    expect(KEY_ESCAPE, 100 + KEYBOARD_ESCAPE_MS);
}

static void a_sequence_that_arrives_in_pieces_is_still_one_key(void **state)
{
    (void)state;
    feed("\033", 0);
    expect(KEY_NONE_YET, 10);
    feed("[5", 20);
    expect(KEY_NONE_YET, 25);
    feed("~", 30);
    expect(KEY_PAGE_UP, 30);
}

static void an_unknown_sequence_is_swallowed_whole_and_types_nothing(void **state)
{
    (void)state;
    feed("\033[1;5Qx\033[?62;4c", 0);
    expect(KEY_IGNORED, 0);
    struct key_event e = keyboard_next(&board, 0);
    assert_int_equal(e.code, KEY_CHARACTER);
    assert_int_equal(e.utf8[0], 'x');
    expect(KEY_IGNORED, 0);
    expect(KEY_NONE_YET, 0);
}

static void a_flood_without_end_neither_overruns_nor_hangs(void **state)
{
    char flood[256];

    (void)state;
    memset(flood, ';', sizeof flood - 1);
    flood[0] = '\033';
    flood[1] = '[';
    flood[sizeof flood - 1] = '\0';
    assert_int_equal(keyboard_feed(&board, (const uint8_t *)flood, strlen(flood), 0),
                     KEYBOARD_ROOM);
    expect(KEY_IGNORED, 0);
    assert_int_equal(board.len, 0);
}

static void pasted_text_is_thrown_away_and_counted(void **state)
{
    (void)state;
    feed("\033[200~secret\rtext\033[201~b", 0);
    struct key_event e = {.code = KEY_IGNORED};
    while (e.code == KEY_IGNORED)
        e = keyboard_next(&board, 0);
    assert_int_equal(e.code, KEY_CHARACTER);
    assert_int_equal(e.utf8[0], 'b');
    assert_int_equal(board.refused, strlen("secret\rtext"));
}

static void nothing_of_a_typed_character_stays_in_the_keyboard(void **state)
{
    static const uint8_t zeros[KEYBOARD_ROOM];

    (void)state;
    feed("3A91", 0);
    for (int i = 0; i < 4; i++)
        expect(KEY_CHARACTER, 0);
    assert_memory_equal(board.bytes, zeros, sizeof zeros);
}

static void a_byte_that_cannot_begin_a_character_is_ignored(void **state)
{
    (void)state;
    feed("\xFF\x80\x80z", 0);
    expect(KEY_IGNORED, 0);
    expect(KEY_CHARACTER, 0);
}

static void a_learned_sequence_goes_before_the_usual_ones(void **state)
{
    (void)state;
    keyboard_learn(&board, "\033[A", KEY_DOWN_CODE);
    feed("\033[A", 0);
    expect(KEY_DOWN_CODE, 0);
}

static void a_letter_is_a_command_only_where_nothing_is_typed(void **state)
{
    struct key_event e = {.code = KEY_CHARACTER, .utf8 = {'?'}, .len = 1};

    (void)state;
    assert_int_equal(keymap_command(&e, false), COMMAND_HELP);
    assert_int_equal(keymap_command(&e, true), COMMAND_NONE);
    e = (struct key_event){.code = KEY_F1_CODE};
    assert_int_equal(keymap_command(&e, true), COMMAND_HELP);
}

static void no_two_commands_share_a_letter(void **state)
{
    (void)state;
    for (int a = COMMAND_NONE + 1; a < COMMAND_COUNT; a++)
        for (int b = a + 1; b < COMMAND_COUNT; b++)
            if (keymap_letter((enum command)a))
                assert_int_not_equal(keymap_letter((enum command)a),
                                     keymap_letter((enum command)b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(letters_enter_and_arrows_come_out_as_they_went_in, begin),
        cmocka_unit_test_setup(a_chinese_character_is_one_event_even_when_its_bytes_arrive_apart,
                               begin),
        cmocka_unit_test_setup(bytes_that_are_no_character_never_come_out_as_one, begin),
        cmocka_unit_test_setup(an_escape_alone_becomes_the_esc_key_only_after_a_moment, begin),
        cmocka_unit_test_setup(a_sequence_that_arrives_in_pieces_is_still_one_key, begin),
        cmocka_unit_test_setup(an_unknown_sequence_is_swallowed_whole_and_types_nothing, begin),
        cmocka_unit_test_setup(a_flood_without_end_neither_overruns_nor_hangs, begin),
        cmocka_unit_test_setup(pasted_text_is_thrown_away_and_counted, begin),
        cmocka_unit_test_setup(nothing_of_a_typed_character_stays_in_the_keyboard, begin),
        cmocka_unit_test_setup(a_byte_that_cannot_begin_a_character_is_ignored, begin),
        cmocka_unit_test_setup(a_learned_sequence_goes_before_the_usual_ones, begin),
        cmocka_unit_test_setup(a_letter_is_a_command_only_where_nothing_is_typed, begin),
        cmocka_unit_test_setup(no_two_commands_share_a_letter, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
