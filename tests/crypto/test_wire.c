#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../crypto/wire.h"

/* One message with every kind of field. */
static size_t sample(uint8_t *buffer, size_t size)
{
    struct wire w;

    wire_begin(&w, buffer, size);
    wire_put_u8(&w, 0x7F);
    wire_put_u32(&w, 0x01020304);
    wire_put_u64(&w, 0x1122334455667788);
    wire_put_bytes(&w, "\x00\xFF", 2);
    wire_put_text(&w, "操作员");
    wire_put_text(&w, "");
    return wire_end(&w) == KR_OK ? w.len : 0;
}

/* True when the whole message was understood. */
static bool understood(uint8_t *buffer, size_t len, char *text, size_t text_size)
{
    struct wire w;
    size_t count = 0;
    char empty[4];

    wire_read(&w, buffer, len);
    uint8_t small = wire_get_u8(&w);
    uint32_t middle = wire_get_u32(&w);
    uint64_t large = wire_get_u64(&w);
    const uint8_t *bytes = wire_get_bytes(&w, &count);
    wire_get_text(&w, text, text_size);
    wire_get_text(&w, empty, sizeof empty);
    bool same = small == 0x7F && middle == 0x01020304 && large == 0x1122334455667788 && bytes &&
                count == 2 && memcmp(bytes, "\x00\xFF", 2) == 0;
    return wire_end(&w) == KR_OK && same;
}

static void a_message_reads_back_as_written_and_is_big_endian(void **state)
{
    static const uint8_t first[] = {0x7F, 1,    2,    3, 4, 0x11, 0x22, 0x33, 0x44, 0x55,
                                    0x66, 0x77, 0x88, 0, 0, 0,    2,    0x00, 0xFF};
    uint8_t buffer[64];
    char text[16];
    (void)state;

    size_t len = sample(buffer, sizeof buffer);
    assert_int_equal(len, sizeof first + 4 + 9 + 4);
    assert_memory_equal(buffer, first, sizeof first);
    assert_true(understood(buffer, len, text, sizeof text));
    assert_string_equal(text, "操作员");
}

static void a_message_cut_anywhere_is_broken(void **state)
{
    uint8_t buffer[64];
    char text[16];
    (void)state;

    size_t len = sample(buffer, sizeof buffer);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *shorter = malloc(cut ? cut : 1); /* no byte more: a sanitizer sees reading on */
        assert_non_null(shorter);
        memcpy(shorter, buffer, cut);
        assert_false(understood(shorter, cut, text, sizeof text));
        free(shorter);
    }
}

static void bytes_left_over_are_a_broken_message(void **state)
{
    uint8_t buffer[64] = {0};
    char text[16];
    (void)state;

    size_t len = sample(buffer, sizeof buffer);
    assert_false(understood(buffer, len + 1, text, sizeof text));
    assert_string_equal(kr_detail(), "1 bytes left over");
}

static void a_message_that_does_not_fit_is_broken_and_stays_inside_its_room(void **state)
{
    uint8_t buffer[64];
    (void)state;

    size_t whole = sample(buffer, sizeof buffer);
    for (size_t room = 0; room < whole; room++) {
        memset(buffer, 0xEE, sizeof buffer);
        assert_int_equal(sample(buffer, room), 0);
        assert_int_equal(buffer[room], 0xEE);
    }
    assert_int_equal(sample(buffer, whole), whole);
}

static void once_broken_nothing_more_is_read_or_written(void **state)
{
    uint8_t buffer[8] = {0};
    struct wire w;
    size_t count = 9;
    (void)state;

    wire_begin(&w, buffer, 2);
    wire_put_u32(&w, 1);
    wire_put_u8(&w, 1);
    assert_int_equal(w.len, 0);
    assert_int_equal(wire_end(&w), KR_E_MESSAGE);

    wire_read(&w, buffer, 2);
    assert_int_equal(wire_get_u64(&w), 0);
    assert_int_equal(wire_get_u8(&w), 0);
    assert_null(wire_get_bytes(&w, &count));
    assert_int_equal(count, 0);
    assert_int_equal(wire_end(&w), KR_E_MESSAGE);
}

static void a_count_beyond_the_message_is_broken(void **state)
{
    static const uint8_t counts[][4] = {{0, 0, 0, 2}, {0xFF, 0xFF, 0xFF, 0xFF}, {0x80, 0, 0, 0}};
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        uint8_t message[5] = {0};
        struct wire w;
        size_t count = 9;
        memcpy(message, counts[i], 4);
        wire_read(&w, message, sizeof message);
        assert_null(wire_get_bytes(&w, &count));
        assert_int_equal(count, 0);
        assert_true(w.broken);
    }
}

static void empty_bytes_are_there_and_not_broken(void **state)
{
    uint8_t message[4] = {0};
    struct wire w;
    size_t count = 9;
    (void)state;

    wire_read(&w, message, sizeof message);
    assert_non_null(wire_get_bytes(&w, &count));
    assert_int_equal(count, 0);
    assert_int_equal(wire_end(&w), KR_OK);
}

static void a_text_that_is_too_long_or_holds_a_zero_is_broken(void **state)
{
    uint8_t message[16];
    char text[4] = "xyz";
    struct wire w;
    (void)state;

    wire_begin(&w, message, sizeof message);
    wire_put_text(&w, "four");
    size_t len = w.len;
    wire_read(&w, message, len);
    wire_get_text(&w, text, sizeof text);
    assert_string_equal(text, "");
    assert_int_equal(wire_end(&w), KR_E_MESSAGE);

    wire_begin(&w, message, sizeof message);
    wire_put_bytes(&w, "a\0b", 3);
    len = w.len;
    wire_read(&w, message, len);
    wire_get_text(&w, text, sizeof text);
    assert_string_equal(text, "");
    assert_int_equal(wire_end(&w), KR_E_MESSAGE);

    wire_read(&w, message, len);
    wire_get_text(&w, text, 0);
    assert_true(w.broken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_reads_back_as_written_and_is_big_endian),
        cmocka_unit_test(a_message_cut_anywhere_is_broken),
        cmocka_unit_test(bytes_left_over_are_a_broken_message),
        cmocka_unit_test(a_message_that_does_not_fit_is_broken_and_stays_inside_its_room),
        cmocka_unit_test(once_broken_nothing_more_is_read_or_written),
        cmocka_unit_test(a_count_beyond_the_message_is_broken),
        cmocka_unit_test(empty_bytes_are_there_and_not_broken),
        cmocka_unit_test(a_text_that_is_too_long_or_holds_a_zero_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
