/* Pages of the inventory, the journal of one card, rows of a data file. */
#include "fixture.h"

#include <time.h>

#include "../../store/data_rows.h"
#include "centre.h"
#include "../../store/inventory.h"

struct inventory {
    struct fixture *f;
    struct store *s;
};

static int begin(void **state)
{
    struct inventory *r = calloc(1, sizeof *r);
    void *f;
    fixture_begin(&f);
    r->f = f;
    fixture_make(r->f, &r->s);
    *state = r;
    return 0;
}

static int end(void **state)
{
    struct inventory *r = *state;
    void *f = r->f;
    store_close(&r->s);
    free(r);
    return fixture_end(&f);
}

/* Cards 1 to count with numbers in order; every fourth is a washed PSAM, the rest issued user
 * cards. */
static void stock(struct store *s, unsigned count)
{
    assert_int_equal(store_begin(s), KR_OK);
    for (unsigned i = 1; i <= count; i++) {
        struct card_record c = {0};
        snprintf(c.number, sizeof c.number, "3000%u123456%09u", i % 4 ? 3u : 2u, i);
        snprintf(c.kind, sizeof c.kind, "%s", i % 4 ? "user" : "psam");
        snprintf(c.state, sizeof c.state, "%s", i % 4 ? "issued" : "washed");
        snprintf(c.chip, sizeof c.chip, "4B5203%010X", i);
        snprintf(c.layout, sizeof c.layout, "user");
        snprintf(c.ceremony, sizeof c.ceremony, "USER-2026-%03u", i / 500);
        assert_int_equal(cards_put(s, &c), KR_OK);
    }
    assert_int_equal(store_commit(s), KR_OK);
}

static size_t page(struct store *s, const struct card_filter *f, enum card_order order,
                   const struct card_record *from, bool backwards, struct card_record out[20])
{
    const struct card_page p = {f, order, from, backwards};
    size_t count = 0;
    assert_int_equal(inventory_page(s, &p, out, 20, &count), KR_OK);
    return count;
}

static void pages_forward_and_back_show_every_card_once(void **state)
{
    struct inventory *r = *state;
    struct card_record rows[20], back[20], last = {0};
    size_t seen = 0, count;
    stock(r->s, 137);
    for (int order = CARDS_BY_NUMBER; order <= CARDS_BY_ARRIVAL; order++) {
        bool pieces[138] = {false};
        seen = 0;
        for (const struct card_record *from = NULL;; from = &last) {
            count = page(r->s, NULL, (enum card_order)order, from, false, rows);
            if (count == 0)
                break;
            for (size_t i = 0; i < count; i++) {
                assert_false(pieces[rows[i].piece]);
                pieces[rows[i].piece] = true;
            }
            if (seen > 0) { /* what lies before this page is the one before */
                assert_int_equal(page(r->s, NULL, (enum card_order)order, &rows[0], true, back),
                                 20);
                assert_int_equal(back[19].piece, last.piece);
            }
            seen += count;
            last = rows[count - 1];
        }
        assert_int_equal(seen, 137);
        count = page(r->s, NULL, (enum card_order)order, NULL, true, back);
        assert_int_equal(count, 20);
        assert_int_equal(back[19].piece, last.piece);
    }
}

static void numbers_stand_by_series_and_then_as_they_were_given_out(void **state)
{
    struct inventory *r = *state;
    struct card_record rows[20];
    stock(r->s, 9);
    assert_int_equal(page(r->s, NULL, CARDS_BY_NUMBER, NULL, false, rows), 9);
    assert_string_equal(rows[0].number, "30002123456000000004");
    assert_string_equal(rows[1].number, "30002123456000000008");
    assert_string_equal(rows[2].number, "30003123456000000001");
}

static void a_filter_wants_every_term_by_one_of_its_words(void **state)
{
    struct inventory *r = *state;
    struct card_record rows[20];
    struct card_filter f = {{{"PSAM"}}};
    uint64_t count;
    stock(r->s, 137);
    assert_int_equal(inventory_count(r->s, &f, &count), KR_OK);
    assert_int_equal(count, 34);
    snprintf(f.words[1][0], 48, "00012");
    assert_int_equal(inventory_count(r->s, &f, &count), KR_OK);
    assert_int_equal(count, 4); /* 12, 120, 124 and 128 */
    assert_int_equal(page(r->s, &f, CARDS_BY_NUMBER, NULL, false, rows), 4);
    memset(&f, 0, sizeof f);
    snprintf(f.words[0][0], 48, "nothing");
    snprintf(f.words[0][1], 48, "wash");
    assert_int_equal(inventory_count(r->s, &f, &count), KR_OK);
    assert_int_equal(count, 0); /* that is no whole word */
    snprintf(f.words[0][1], 48, "washed");
    assert_int_equal(inventory_count(r->s, &f, &count), KR_OK);
    assert_int_equal(count, 34);
    memset(&f, 0, sizeof f);
    assert_int_equal(inventory_count(r->s, &f, &count), KR_OK);
    assert_int_equal(count, 137);
    snprintf(f.words[2][0], 48, "%%");
    assert_int_equal(inventory_count(r->s, &f, &count), KR_OK);
    assert_int_equal(count, 0);
}

static double milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void a_page_of_a_large_inventory_takes_no_longer_than_one_of_a_small(void **state)
{
    struct inventory *r = *state;
    struct card_record rows[20], middle = {0};
    double begun, took;
    uint64_t count;
    struct card_filter f = {{{"no such card"}}};
    stock(r->s, 20000);
    assert_int_equal(cards_by_number(r->s, "30003123456000009999", &middle), KR_OK);
    begun = milliseconds();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(page(r->s, NULL, CARDS_BY_NUMBER, &middle, i % 2, rows), 20);
        assert_int_equal(page(r->s, NULL, CARDS_BY_NUMBER, NULL, i % 2, rows), 20);
    }
    took = (milliseconds() - begun) / 20;
    begun = milliseconds();
    assert_int_equal(inventory_count(r->s, &f, &count), KR_OK);
    double whole = milliseconds() - begun;
    print_message("a page %.2f ms, a whole search through 20,000 cards %.1f ms\n", took, whole);
    assert_true(took < whole);
}

static void a_number_or_one_with_the_same_keys_is_taken_until_the_piece_is_spoiled(void **state)
{
    struct inventory *r = *state;
    bool taken;
    struct card_record c;
    stock(r->s, 5);
    assert_int_equal(inventory_number_taken(r->s, "30003123456000000001", &taken), KR_OK);
    assert_true(taken);
    assert_int_equal(inventory_number_taken(r->s, "99993123456000000001", &taken), KR_OK);
    assert_true(taken);
    assert_int_equal(inventory_number_taken(r->s, "30003123456000000006", &taken), KR_OK);
    assert_false(taken);
    assert_int_equal(cards_by_number(r->s, "30003123456000000001", &c), KR_OK);
    snprintf(c.state, sizeof c.state, "spoiled");
    assert_int_equal(store_begin(r->s), KR_OK);
    assert_int_equal(cards_set(r->s, &c), KR_OK);
    assert_int_equal(store_commit(r->s), KR_OK);
    assert_int_equal(inventory_number_taken(r->s, "30003123456000000001", &taken), KR_OK);
    assert_false(taken);
}

static void entries_that_name_a_card_by_number_or_chip_are_found_newest_first(void **state)
{
    static const char *const lines[] = {"text 30003123456000000001\n", "text 4B52030000000001\n",
                                        "text something\n", "text seen 4B52030000000001 again\n"};
    struct test_centre c;
    uint64_t seqs[64], first;
    size_t count;
    (void)state;
    centre_found(&c);
    first = journal_size(c.store);
    for (size_t i = 0; i < 4; i++)
        centre_write(&c, "note", "olga operator", lines[i]);
    assert_int_equal(journal_naming(c.store, "30003123456000000001", "4B52030000000001", first + 4,
                                    64, seqs, &count),
                     KR_OK);
    assert_int_equal(count, 3);
    assert_int_equal(seqs[0], first + 3);
    assert_int_equal(seqs[2], first);
    assert_int_equal(journal_naming(c.store, "", "4B52030000000001", first + 3, 2, seqs, &count),
                     KR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(seqs[0], first + 1);
    assert_int_equal(journal_naming(c.store, "", "", first + 4, 64, seqs, &count), KR_OK);
    assert_int_equal(count, 0);
    centre_end(&c);
}

static void rows_of_a_data_file_come_back_and_are_dropped_with_their_ceremony(void **state)
{
    struct inventory *r = *state;
    struct data_row_record row = {.asn = "30003123456000000001", .text = "first row"}, back;
    uint8_t before[32], after[32];
    unsigned count;
    assert_int_equal(store_begin(r->s), KR_OK);
    assert_int_equal(data_rows_put(r->s, "USER-2026-001", 1, &row), KR_OK);
    assert_int_equal(data_rows_put(r->s, "USER-2026-001", 1, &row), KR_E_ARGUMENT);
    snprintf(row.text, sizeof row.text, "second row");
    assert_int_equal(data_rows_put(r->s, "USER-2026-001", 2, &row), KR_OK);
    assert_int_equal(data_rows_put(r->s, "USER-2026-002", 1, &row), KR_OK);
    assert_int_equal(store_commit(r->s), KR_OK);
    assert_int_equal(data_rows_get(r->s, "USER-2026-001", 2, &back), KR_OK);
    assert_string_equal(back.text, "second row");
    assert_int_equal(data_rows_get(r->s, "USER-2026-001", 3, &back), KR_E_NOT_FOUND);
    assert_int_equal(data_rows_digest(r->s, "USER-2026-001", before), KR_OK);
    assert_int_equal(sha256("first row\nsecond row\n", 21, after), KR_OK);
    assert_memory_equal(before, after, 32);
    assert_int_equal(store_begin(r->s), KR_OK);
    assert_int_equal(data_rows_drop(r->s, "USER-2026-001"), KR_OK);
    assert_int_equal(store_commit(r->s), KR_OK);
    assert_int_equal(data_rows_count(r->s, "USER-2026-001", &count), KR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(data_rows_count(r->s, "USER-2026-002", &count), KR_OK);
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_forward_and_back_show_every_card_once, begin, end),
        cmocka_unit_test_setup_teardown(numbers_stand_by_series_and_then_as_they_were_given_out,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_filter_wants_every_term_by_one_of_its_words, begin, end),
        cmocka_unit_test_setup_teardown(
            a_page_of_a_large_inventory_takes_no_longer_than_one_of_a_small, begin, end),
        cmocka_unit_test_setup_teardown(
            a_number_or_one_with_the_same_keys_is_taken_until_the_piece_is_spoiled, begin, end),
        cmocka_unit_test_setup_teardown(
            entries_that_name_a_card_by_number_or_chip_are_found_newest_first, begin, end),
        cmocka_unit_test_setup_teardown(
            rows_of_a_data_file_come_back_and_are_dropped_with_their_ceremony, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
