/* Which reader is "reader 1" while others come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "../../cardio/reader_places.h"

/* names: one character a reader, in the order pcscd lists them; upper case has a card in it. */
static void tell(struct reader_places *p, const char *names)
{
    struct reader_told told[READERS_MAX] = {0};
    size_t n = strlen(names);
    for (size_t i = 0; i < n; i++) {
        bool card = names[i] >= 'A' && names[i] <= 'Z';
        snprintf(told[i].status.name, READER_NAME_MAX, "%c", card ? names[i] + 32 : names[i]);
        told[i].status.attached = true;
        told[i].status.present = card;
    }
    places_take(p, told, n);
}

/* The places as a person would read them aloud: "-" for one whose reader is not there. */
static const char *seen(const struct reader_places *p)
{
    static char text[READERS_MAX + 1];
    for (size_t i = 0; i < p->count; i++) {
        char c = p->status[i].name[0];
        text[i] = !p->status[i].attached ? '-' : p->status[i].present ? (char)(c - 32) : c;
    }
    text[p->count] = '\0';
    return text;
}

static void unplugging_one_reader_never_makes_another_take_its_number(void **state)
{
    struct reader_places p = {0};
    (void)state;
    tell(&p, "aB");
    assert_string_equal(seen(&p), "aB");
    tell(&p, "B");
    assert_string_equal(seen(&p), "-B");
    tell(&p, "Ba");
    assert_string_equal(seen(&p), "aB");
}

static void the_order_in_which_readers_are_listed_does_not_change_their_numbers(void **state)
{
    struct reader_places p = {0};
    (void)state;
    tell(&p, "abc");
    tell(&p, "cBa");
    assert_string_equal(seen(&p), "aBc");
}

static void a_new_reader_takes_the_place_of_one_that_broke_and_not_a_third_number(void **state)
{
    struct reader_places p = {0};
    (void)state;
    tell(&p, "ab");
    tell(&p, "b");
    tell(&p, "Xb");
    assert_string_equal(seen(&p), "Xb");
    /* The broken one repaired is the newcomer now. */
    tell(&p, "Xba");
    assert_string_equal(seen(&p), "Xba");
}

static void a_service_that_stops_loses_no_numbers(void **state)
{
    struct reader_places p = {0};
    (void)state;
    tell(&p, "AB");
    tell(&p, "");
    assert_string_equal(seen(&p), "--");
    tell(&p, "BA");
    assert_string_equal(seen(&p), "AB");
}

static void a_card_that_went_with_its_reader_counts_as_pulled(void **state)
{
    struct reader_places p = {0};
    (void)state;
    tell(&p, "A");
    uint32_t before = p.status[0].changes;
    tell(&p, "");
    assert_true(p.status[0].changes > before);
    assert_false(p.status[0].present);
    before = p.status[0].changes;
    tell(&p, "A");
    assert_true(p.status[0].changes > before);
}

static void more_readers_than_places_leave_those_that_have_one_alone(void **state)
{
    struct reader_places p = {0};
    (void)state;
    tell(&p, "bcdefghi");
    tell(&p, "acdefghi");
    assert_string_equal(seen(&p), "acdefghi");
    assert_int_equal(p.count, READERS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unplugging_one_reader_never_makes_another_take_its_number),
        cmocka_unit_test(the_order_in_which_readers_are_listed_does_not_change_their_numbers),
        cmocka_unit_test(a_new_reader_takes_the_place_of_one_that_broke_and_not_a_third_number),
        cmocka_unit_test(a_service_that_stops_loses_no_numbers),
        cmocka_unit_test(a_card_that_went_with_its_reader_counts_as_pulled),
        cmocka_unit_test(more_readers_than_places_leave_those_that_have_one_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
