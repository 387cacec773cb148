/* Typed entries: what the console may see of them, and when they are whole. */
#include "vault_fixture.h"

#include "../../crypto/vault_entry.h"

#define COMPONENT "0123456789ABCDEFFEDCBA9876543211"

/* The component as its sheet prints it: after each block its check letter. */
static void with_letters(const char *digits, char out[64])
{
    size_t n = 0;
    for (size_t block = 0; digits[4 * block]; block++) {
        uint8_t values[BLOCK_DIGITS];
        for (size_t i = 0; i < BLOCK_DIGITS; i++) {
            char c = digits[4 * block + i];
            values[i] = (uint8_t)(c <= '9' ? c - '0' : c - 'A' + 10);
            out[n++] = c;
        }
        out[n++] = component_check_letter(block, values);
    }
    out[n] = 0;
}

static struct secret_entry_state key(struct vault *v, vault_handle h, int byte)
{
    struct secret_entry_state s;
    assert_int_equal(vault_entry_key(v, h, (uint8_t)byte, &s), KR_OK);
    return s;
}

static void a_component_without_letters_fills_block_by_block(void **state)
{
    struct vault *v = *state;
    vault_handle h = open_entry(v, ENTRY_COMPONENT, 32, false);
    struct secret_entry_state s;
    assert_int_equal(vault_entry_state(v, h, &s), KR_OK);
    assert_int_equal(s.wanted, 32);
    assert_int_equal(s.blocks, 8);
    assert_int_equal(s.state[0], BLOCK_EMPTY);
    s = type_text(v, h, "012");
    assert_int_equal(s.state[0], BLOCK_PARTIAL);
    assert_int_equal(s.fill[0], 3);
    s = type_text(v, h, "3");
    assert_int_equal(s.state[0], BLOCK_FULL);
    assert_int_equal(s.block, 1);
    assert_false(s.complete);
    s = type_text(v, h, &COMPONENT[4]);
    assert_true(s.complete);
    assert_int_equal(s.typed, 32);
}

static void what_is_no_digit_is_ignored_and_case_and_spaces_do_not_matter(void **state)
{
    struct vault *v = *state;
    vault_handle a = open_entry(v, ENTRY_COMPONENT, 32, false);
    vault_handle b = typed(v, ENTRY_COMPONENT, COMPONENT);
    struct secret_entry_state s =
        type_text(v, a, "0123 4567-89ab cdef\tfedc:ba98 zzGHJ76543211\xff");
    assert_true(s.complete);
    assert_int_equal(vault_entry_compare(v, a, b, &s), KR_OK);
}

static void a_complete_component_takes_no_further_digit(void **state)
{
    struct vault *v = *state;
    vault_handle a = typed(v, ENTRY_COMPONENT, COMPONENT);
    vault_handle b = typed(v, ENTRY_COMPONENT, COMPONENT);
    struct secret_entry_state s = key(v, a, '7');
    assert_true(s.complete);
    assert_int_equal(s.block, 7);
    assert_int_equal(vault_entry_compare(v, b, a, &s), KR_OK);
}

static void delete_goes_back_digit_by_digit_across_blocks(void **state)
{
    struct vault *v = *state;
    vault_handle h = open_entry(v, ENTRY_COMPONENT, 32, false);
    type_text(v, h, "01234");
    struct secret_entry_state s = key(v, h, 0x7F);
    assert_int_equal(s.block, 1);
    assert_int_equal(s.state[1], BLOCK_EMPTY);
    s = key(v, h, 0x7F);
    assert_int_equal(s.block, 0);
    assert_int_equal(s.fill[0], 3);
    assert_int_equal(s.state[0], BLOCK_PARTIAL);
    for (int i = 0; i < 5; i++)
        s = key(v, h, 0x7F);
    assert_int_equal(s.typed, 0);
    assert_int_equal(s.block, 0);
}

static void delete_after_the_last_block_opens_it_again(void **state)
{
    struct vault *v = *state;
    vault_handle h = typed(v, ENTRY_COMPONENT, COMPONENT);
    struct secret_entry_state s = key(v, h, 0x7F);
    assert_false(s.complete);
    assert_int_equal(s.fill[7], 3);
    assert_true(type_text(v, h, "1").complete);
}

static void right_check_letters_make_every_block_good(void **state)
{
    struct vault *v = *state;
    char sheet[64];
    with_letters(COMPONENT, sheet);
    vault_handle h = open_entry(v, ENTRY_COMPONENT, 32, true);
    struct secret_entry_state s;
    assert_int_equal(vault_entry_state(v, h, &s), KR_OK);
    assert_int_equal(s.wanted, 40);
    s = type_text(v, h, sheet);
    assert_true(s.complete);
    assert_int_equal(s.typed, 40);
    for (size_t b = 0; b < 8; b++)
        assert_int_equal(s.state[b], BLOCK_GOOD);
}

static void a_wrong_digit_is_flagged_at_its_own_block_at_once(void **state)
{
    struct vault *v = *state;
    char sheet[64];
    with_letters(COMPONENT, sheet);
    for (size_t at = 0; at < 40; at++) {
        if (at % 5 == 4)
            continue;
        vault_handle h = open_entry(v, ENTRY_COMPONENT, 32, true);
        struct secret_entry_state s;
        char wrong[64];
        strcpy(wrong, sheet);
        wrong[at] = wrong[at] == '5' ? '6' : '5';
        wrong[(at / 5 + 1) * 5] = 0;
        assert_int_equal(vault_entry_type(v, h, wrong, &s), KR_E_ENTRY_BLOCK);
        assert_int_equal(atoi(kr_detail()), at / 5 + 1);
        assert_int_equal(s.block, at / 5);
        assert_int_equal(s.state[at / 5], BLOCK_WRONG);
        for (size_t b = 0; b < at / 5; b++)
            assert_int_equal(s.state[b], BLOCK_GOOD);
        vault_drop(v, h);
    }
}

static void typing_into_a_wrong_block_begins_that_block_anew_and_keeps_the_rest(void **state)
{
    struct vault *v = *state;
    char sheet[64];
    with_letters(COMPONENT, sheet);
    vault_handle h = open_entry(v, ENTRY_COMPONENT, 32, true);
    char wrong = sheet[14] == 'G' ? 'H' : 'G';
    for (size_t i = 0; i < 14; i++)
        key(v, h, sheet[i]);
    struct secret_entry_state s = key(v, h, wrong);
    assert_int_equal(s.state[2], BLOCK_WRONG);
    assert_int_equal(s.block, 2);
    s = key(v, h, sheet[10]);
    assert_int_equal(s.state[2], BLOCK_PARTIAL);
    assert_int_equal(s.fill[2], 1);
    assert_true(type_text(v, h, sheet + 11).complete);
}

static void a_digit_where_the_check_letter_belongs_is_ignored(void **state)
{
    struct vault *v = *state;
    vault_handle h = open_entry(v, ENTRY_COMPONENT, 32, true);
    struct secret_entry_state s = type_text(v, h, "01239");
    assert_int_equal(s.fill[0], 4);
    assert_int_equal(s.state[0], BLOCK_PARTIAL);
    assert_int_equal(s.block, 0);
}

static void a_lower_case_check_letter_is_the_same_letter(void **state)
{
    struct vault *v = *state;
    char sheet[64];
    with_letters(COMPONENT, sheet);
    vault_handle h = open_entry(v, ENTRY_COMPONENT, 32, true);
    for (char *c = sheet; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    assert_true(type_text(v, h, sheet).complete);
}

static void the_cursor_goes_to_any_block_and_a_retyped_one_leads_back_to_the_gap(void **state)
{
    struct vault *v = *state;
    struct secret_entry_state s;
    vault_handle h = open_entry(v, ENTRY_COMPONENT, 32, false);
    type_text(v, h, "012345678");
    assert_int_equal(vault_entry_block(v, h, 0, &s), KR_OK);
    assert_int_equal(s.block, 0);
    s = type_text(v, h, "FEDC");
    assert_int_equal(s.block, 2);
    assert_int_equal(s.fill[2], 1);
    assert_int_equal(vault_entry_block(v, h, 8, &s), KR_E_ARGUMENT);
    assert_int_equal(s.block, 2);
}

static void two_entries_are_compared_by_block_and_only_the_differing_ones_are_wrong(void **state)
{
    struct vault *v = *state;
    struct secret_entry_state s;
    vault_handle a = typed(v, ENTRY_COMPONENT, COMPONENT);
    vault_handle b = typed(v, ENTRY_COMPONENT, "0123456089ABCDEFFEDCBA9876543212");
    assert_int_equal(vault_entry_compare(v, a, b, &s), KR_E_ENTRY_TWICE);
    assert_string_equal(kr_detail(), "2, 8");
    assert_int_equal(s.block, 1);
    assert_false(s.complete);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(s.state[i], i == 1 || i == 7 ? BLOCK_WRONG : BLOCK_GOOD);
    type_text(v, b, "4567");
    assert_int_equal(vault_entry_block(v, b, 7, &s), KR_OK);
    assert_true(type_text(v, b, "3211").complete);
    assert_int_equal(vault_entry_compare(v, a, b, &s), KR_OK);
    assert_true(s.complete);
}

static void passphrases_and_pins_are_compared_without_telling_where_they_differ(void **state)
{
    struct vault *v = *state;
    struct secret_entry_state s;
    vault_handle a = typed(v, ENTRY_PASSPHRASE, "correct horse");
    vault_handle b = typed(v, ENTRY_PASSPHRASE, "correct horsf");
    vault_handle c = typed(v, ENTRY_PASSPHRASE, "correct horse");
    vault_handle longer = typed(v, ENTRY_PASSPHRASE, "correct horse ");
    vault_handle pin = typed(v, ENTRY_PIN, "123456");
    assert_int_equal(vault_entry_compare(v, a, b, &s), KR_E_ENTRY_TWICE);
    assert_string_equal(kr_detail(), "");
    assert_int_equal(vault_entry_compare(v, a, longer, &s), KR_E_ENTRY_TWICE);
    assert_int_equal(vault_entry_compare(v, a, c, &s), KR_OK);
    assert_int_equal(vault_entry_compare(v, a, pin, &s), KR_E_ARGUMENT);
    assert_int_equal(vault_entry_compare(v, a, a, &s), KR_E_ARGUMENT);
}

static void an_incomplete_entry_is_neither_compared_nor_used(void **state)
{
    struct vault *v = *state;
    struct secret_entry_state s;
    struct kcv kcv;
    vault_handle out;
    vault_handle a = typed(v, ENTRY_COMPONENT, COMPONENT);
    vault_handle b = open_entry(v, ENTRY_COMPONENT, 32, false);
    type_text(v, b, "0123456");
    assert_int_equal(vault_entry_compare(v, a, b, &s), KR_E_ENTRY_INCOMPLETE);
    assert_int_equal(vault_component(v, b, "3des", &out, &kcv), KR_E_ENTRY_INCOMPLETE);
    assert_string_equal(kr_detail(), "7/32");
    assert_int_equal(out, 0);
}

static void a_wrong_block_keeps_the_component_out_and_is_named(void **state)
{
    struct vault *v = *state;
    struct secret_entry_state s;
    struct kcv kcv;
    vault_handle out;
    char sheet[64];
    with_letters(COMPONENT, sheet);
    sheet[39] = sheet[39] == 'G' ? 'H' : 'G';
    vault_handle h = open_entry(v, ENTRY_COMPONENT, 32, true);
    assert_int_equal(vault_entry_type(v, h, sheet, &s), KR_E_ENTRY_BLOCK);
    assert_int_equal(vault_component(v, h, "3des", &out, &kcv), KR_E_ENTRY_BLOCK);
    assert_string_equal(kr_detail(), "8");
}

static void passphrase_characters_are_counted_and_deleted_whole(void **state)
{
    struct vault *v = *state;
    vault_handle h = open_entry(v, ENTRY_PASSPHRASE, 0, false);
    struct secret_entry_state s = type_text(v, h, "\xe5\xaf\x86\xe9\x92\xa5z");
    assert_int_equal(s.typed, 3);
    assert_int_equal(s.wanted, 0);
    assert_true(s.complete);
    key(v, h, 0x7F);
    s = key(v, h, 0x7F);
    assert_int_equal(s.typed, 1);
    key(v, h, 0xC3);
    assert_int_equal(vault_entry_state(v, h, &s), KR_OK);
    assert_false(s.complete);
    s = key(v, h, 0xA9);
    assert_true(s.complete);
    assert_int_equal(s.typed, 2);
    s = key(v, h, 0xA9); /* a continuation of nothing */
    s = key(v, h, 0x1B);
    s = key(v, h, 0xFF);
    assert_int_equal(s.typed, 2);
}

static void bytes_that_are_no_character_are_not_in_a_passphrase(void **state)
{
    static const char *const no_characters[] = {"\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                                                "\xF4\x90\x80\x80"};
    struct vault *v = *state;
    vault_handle h = open_entry(v, ENTRY_PASSPHRASE, 0, false);
    struct secret_entry_state s = key(v, h, 'a');
    for (size_t i = 0; i < sizeof no_characters / sizeof no_characters[0]; i++)
        for (const char *c = no_characters[i]; *c; c++)
            s = key(v, h, (uint8_t)*c);
    assert_int_equal(s.typed, 1);
    assert_true(s.complete);
}

static void a_passphrase_beyond_128_bytes_is_refused_and_never_cut_in_silence(void **state)
{
    struct vault *v = *state;
    vault_handle h = open_entry(v, ENTRY_PASSPHRASE, 0, false);
    struct secret_entry_state s;
    for (int i = 0; i < 127; i++)
        key(v, h, 'a');
    assert_int_equal(vault_entry_key(v, h, 0xC3, &s), KR_E_TOO_LONG);
    assert_int_equal(s.typed, 127);
    key(v, h, 'b');
    assert_int_equal(vault_entry_key(v, h, 'c', &s), KR_E_TOO_LONG);
    assert_int_equal(s.typed, 128);
    assert_true(s.complete);
}

static void a_pin_has_2_to_12_digits_and_nothing_else(void **state)
{
    struct vault *v = *state;
    vault_handle h = open_entry(v, ENTRY_PIN, 0, false);
    struct secret_entry_state s = key(v, h, '1');
    assert_false(s.complete);
    s = key(v, h, 'a');
    assert_int_equal(s.typed, 1);
    s = type_text(v, h, "23456789012");
    assert_int_equal(s.typed, 12);
    assert_int_equal(vault_entry_key(v, h, '3', &s), KR_E_TOO_LONG);
    assert_int_equal(s.typed, 12);
    assert_true(s.complete);
}

static void a_drawn_pin_is_complete_and_no_two_are_alike(void **state)
{
    struct vault *v = *state;
    vault_handle one, other, none = 77;
    struct secret_entry_state s;
    assert_int_equal(vault_draw_pin(v, 12, &one), KR_OK);
    assert_int_equal(vault_draw_pin(v, 12, &other), KR_OK);
    assert_int_equal(vault_entry_state(v, one, &s), KR_OK);
    assert_true(s.complete);
    assert_int_equal(s.typed, 12);
    assert_int_equal(vault_entry_compare(v, one, other, &s), KR_E_ENTRY_TWICE);
    assert_int_equal(vault_draw_pin(v, 3, &none), KR_E_ARGUMENT);
    assert_int_equal(none, 0);
    assert_int_equal(vault_draw_pin(v, 13, &none), KR_E_ARGUMENT);
}

static void every_digit_comes_in_drawn_pins(void **state)
{
    (void)state;
    const struct secret_entry_spec spec = {.kind = ENTRY_PIN};
    unsigned seen[10] = {0};
    assert_int_equal(secret_heap_open(), KR_OK);
    for (int i = 0; i < 200; i++) {
        struct typed_entry e;
        assert_int_equal(typed_entry_open(&e, &spec), KR_OK);
        assert_int_equal(typed_entry_draw_pin(&e, 12), KR_OK);
        for (size_t n = 0; n < 12; n++) {
            assert_in_range(e.typed->bytes[n], '0', '9');
            seen[e.typed->bytes[n] - '0']++;
        }
        assert_int_equal(typed_entry_draw_pin(&e, 4), KR_E_ARGUMENT); /* it is not empty */
        typed_entry_close(&e);
    }
    for (int digit = 0; digit < 10; digit++) /* 240 each; ten standard deviations */
        assert_in_range(seen[digit], 90, 390);
}

static void an_entry_that_makes_no_sense_is_not_opened(void **state)
{
    struct vault *v = *state;
    const struct secret_entry_spec bad[] = {
        {.kind = ENTRY_COMPONENT, .digits = 0},
        {.kind = ENTRY_COMPONENT, .digits = 30},
        {.kind = ENTRY_COMPONENT, .digits = 68},
        {.kind = ENTRY_PIN, .digits = 4},
        {.kind = ENTRY_PASSPHRASE, .check_letters = true},
        {.kind = (enum secret_entry_kind)9},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        vault_handle h = 77;
        assert_int_equal(vault_entry_open(v, &bad[i], &h), KR_E_ARGUMENT);
        assert_int_equal(h, 0);
    }
}

static void a_dropped_or_foreign_handle_is_refused_everywhere(void **state)
{
    struct vault *v = *state;
    struct secret_entry_state s;
    struct kcv kcv;
    vault_handle key_handle;
    vault_handle h = open_entry(v, ENTRY_PIN, 0, false);
    vault_drop(v, h);
    vault_drop(v, h);
    vault_drop(v, 0);
    assert_int_equal(vault_entry_key(v, h, '1', &s), KR_E_ARGUMENT);
    assert_int_equal(vault_entry_key(v, 0, '1', &s), KR_E_ARGUMENT);
    assert_int_equal(vault_random(v, "3des", PURPOSE_AUTH, &key_handle, &kcv), KR_OK);
    assert_int_equal(vault_entry_key(v, key_handle, '1', &s), KR_E_ARGUMENT);
    assert_int_equal(vault_entry_block(v, h, 0, &s), KR_E_ARGUMENT);
    assert_int_equal(vault_entry_state(v, h, &s), KR_E_ARGUMENT);
    assert_int_equal(vault_entry_compare(v, h, key_handle, &s), KR_E_ARGUMENT);
    assert_int_equal(vault_entry_type(v, h, "1", &s), KR_E_ARGUMENT);
    vault_handle again = open_entry(v, ENTRY_PIN, 0, false);
    assert_int_not_equal(again, h);
}

static void a_full_table_says_so_and_recovers(void **state)
{
    struct vault *v = *state;
    const struct secret_entry_spec spec = {.kind = ENTRY_PIN};
    static vault_handle handles[2000];
    size_t n = 0;
    enum kr_error err;
    do
        err = vault_entry_open(v, &spec, &handles[n]);
    while (!err && ++n < 2000);
    assert_int_equal(err, KR_E_MEMORY);
    assert_true(n >= 256);
    vault_drop(v, handles[n / 2]);
    open_entry(v, ENTRY_PIN, 0, false);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        vault_test(a_component_without_letters_fills_block_by_block),
        vault_test(what_is_no_digit_is_ignored_and_case_and_spaces_do_not_matter),
        vault_test(a_complete_component_takes_no_further_digit),
        vault_test(delete_goes_back_digit_by_digit_across_blocks),
        vault_test(delete_after_the_last_block_opens_it_again),
        vault_test(right_check_letters_make_every_block_good),
        vault_test(a_wrong_digit_is_flagged_at_its_own_block_at_once),
        vault_test(typing_into_a_wrong_block_begins_that_block_anew_and_keeps_the_rest),
        vault_test(a_digit_where_the_check_letter_belongs_is_ignored),
        vault_test(a_lower_case_check_letter_is_the_same_letter),
        vault_test(the_cursor_goes_to_any_block_and_a_retyped_one_leads_back_to_the_gap),
        vault_test(two_entries_are_compared_by_block_and_only_the_differing_ones_are_wrong),
        vault_test(passphrases_and_pins_are_compared_without_telling_where_they_differ),
        vault_test(an_incomplete_entry_is_neither_compared_nor_used),
        vault_test(a_wrong_block_keeps_the_component_out_and_is_named),
        vault_test(passphrase_characters_are_counted_and_deleted_whole),
        vault_test(bytes_that_are_no_character_are_not_in_a_passphrase),
        vault_test(a_passphrase_beyond_128_bytes_is_refused_and_never_cut_in_silence),
        vault_test(a_pin_has_2_to_12_digits_and_nothing_else),
        vault_test(a_drawn_pin_is_complete_and_no_two_are_alike),
        vault_test(every_digit_comes_in_drawn_pins),
        vault_test(an_entry_that_makes_no_sense_is_not_opened),
        vault_test(a_dropped_or_foreign_handle_is_refused_everywhere),
        vault_test(a_full_table_says_so_and_recovers),
    };
    run_vault_tests("vault entries", argc, argv, tests);
}
