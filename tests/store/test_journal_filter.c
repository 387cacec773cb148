/* Looking for entries: what is found is what a search through all entries finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../store/facets.h"
#include "centre.h"

static int begin(void **state)
{
    struct test_centre *c = calloc(1, sizeof *c);
    assert_non_null(c);
    centre_found(c);
    *state = c;
    return 0;
}

static int end(void **state)
{
    centre_end(*state);
    free(*state);
    return 0;
}

static struct journal_matches *find(struct test_centre *c, unsigned classes, const char *word)
{
    static struct journal_filter f;
    struct journal_matches *m;
    f.count = 0;
    memset(f.terms, 0, sizeof f.terms);
    for (; *word; f.count++) { /* words apart are terms */
        size_t len = strcspn(word, " ");
        f.terms[f.count].classes = classes;
        snprintf(f.terms[f.count].word, FACET_VALUE_MAX, "%.*s", (int)len, word);
        word += len + (word[len] == ' ');
    }
    assert_int_equal(journal_match(c->store, &f, &m), KR_OK);
    return m;
}

/* The numbers of those that match, newest first. */
static const char *found(struct test_centre *c, unsigned classes, const char *word)
{
    static char text[512];
    struct journal_matches *m = find(c, classes, word);
    size_t at = 0;
    text[0] = '\0';
    for (uint64_t i = 0; i < journal_matches_count(m) && at < 400; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%llu", i ? " " : "",
                               (unsigned long long)journal_matches_at(m, i));
    journal_matches_free(&m);
    return text;
}

static void an_entry_is_found_by_everything_that_it_says(void **state)
{
    struct test_centre *c = *state;
    char day[16];
    time_t now = time(NULL);
    centre_open_covered(c, "WASH-2026-001"); /* 6, 7 */
    centre_write(c, "intent", "olga operator",
                 "ceremony WASH-2026-001\nstep work\nrequirement PCI PIN 12-9\n"
                 "card 10002000000000004207 psam 4B52000000000001\n");
    centre_write(c, "outcome", "olga operator",
                 "ceremony WASH-2026-001\nstep work\nintent 8\n"
                 "key GMPK 3 1 3DES-ECB 3A910C\n");
    centre_write(c, "note", "carol supervisor", "text nothing more\n");
    assert_string_equal(found(c, 1u << FACET_KIND, "intent"), "8");
    assert_string_equal(found(c, 1u << FACET_PERSON, "olga"), "9 8 4");
    assert_string_equal(found(c, 1u << FACET_ROLE, "operator"), "9 8");
    assert_string_equal(found(c, 1u << FACET_CARD, "4207"), "8");
    assert_string_equal(found(c, 1u << FACET_CARD, "100020"), "8");
    assert_string_equal(found(c, 0, "4b5200"), "8");
    assert_string_equal(found(c, 0, "GMPK/3"), "9");
    assert_string_equal(found(c, 0, "3a910c"), "9");
    assert_string_equal(found(c, 0, "wash-2026"), "9 8 7 6");
    assert_string_equal(found(c, 1u << FACET_REQUIREMENT, "12-9"), "8");
    strftime(day, sizeof day, "%Y-%m-%d", localtime(&now));
    assert_string_equal(found(c, 0, day), "10 9 8 7 6 5 4 3 2 1 0");
    day[7] = '\0';
    assert_string_equal(found(c, 0, day), "10 9 8 7 6 5 4 3 2 1 0");
    assert_string_equal(found(c, 0, "2020..2099-12"), "10 9 8 7 6 5 4 3 2 1 0");
    assert_string_equal(found(c, 0, "2019-12-31"), "");
    assert_string_equal(found(c, 0, "olga wash"), "9 8");
    assert_string_equal(found(c, 0, "olga carol"), "4"); /* who enrolled her */
    assert_string_equal(found(c, 0, ""), "10 9 8 7 6 5 4 3 2 1 0");
}

/* ---- Many entries ---- */

static void write_many(struct test_centre *c, unsigned count)
{
    assert_int_equal(store_begin(c->store), KR_OK);
    for (unsigned i = 0; i < count; i++) {
        char lines[64];
        snprintf(lines, sizeof lines, "card 1000200000000%07u psam 4B52%012X\n", i % 97, i % 97);
        assert_int_equal(centre_append(c, i % 3 ? "note" : "refusal",
                                       i % 2 ? "kate custodian" : "olga operator", lines),
                         KR_OK);
    }
    assert_int_equal(store_commit(c->store), KR_OK);
}

static bool matches(struct test_centre *c, uint64_t seq, const char *kind, const char *person)
{
    struct entry e;
    bool yes;
    assert_int_equal(journal_read(c->store, seq, &e), KR_OK);
    yes = strcmp(e.kind, kind) == 0 && strcmp(e.signers[0].person, person) == 0;
    entry_free(&e);
    return yes;
}

static void compare_with_all_entries(struct test_centre *c)
{
    struct journal_matches *m = find(c, 0, "note kate");
    uint64_t n = 0, size = journal_size(c->store);
    assert_int_equal(journal_matches_size(m), size);
    for (uint64_t seq = size; seq-- > 0;) {
        assert_int_equal(journal_matches_before(m, seq), n);
        if (matches(c, seq, "note", "kate"))
            assert_int_equal(journal_matches_at(m, n++), seq);
    }
    assert_int_equal(journal_matches_count(m), n);
    assert_true(n > 100);
    journal_matches_free(&m);
}

static void packed_and_waiting_entries_are_found_as_a_search_through_all_finds_them(void **state)
{
    struct test_centre *c = *state;
    write_many(c, FACET_STRETCH - CENTRE_FOUNDING - 1);
    compare_with_all_entries(c);
    write_many(c, 1); /* a stretch is full */
    compare_with_all_entries(c);
    write_many(c, FACET_STRETCH + 300);
    compare_with_all_entries(c);
    centre_close(c);
    assert_int_equal(centre_open(c, false), KR_OK);
    compare_with_all_entries(c);
}

static void a_transaction_that_is_given_up_leaves_nothing_to_be_found(void **state)
{
    struct test_centre *c = *state;
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "note", "kate custodian", "requirement GONE\n"), KR_OK);
    store_rollback(c->store);
    assert_string_equal(found(c, 0, "GONE"), "");
    centre_write(c, "note", "kate custodian", "text kept\n");
    assert_string_equal(found(c, 1u << FACET_KIND, "note"), "6");
}

static void a_store_that_lacks_the_tables_gets_them_filled_at_opening(void **state)
{
    struct test_centre *c = *state;
    write_many(c, 2 * FACET_STRETCH);
    centre_tamper(c, "DELETE FROM facet_sets", NULL, 0);
    centre_tamper(c, "DELETE FROM facet_tail", NULL, 0);
    centre_close(c);
    assert_int_equal(centre_open(c, false), KR_OK);
    compare_with_all_entries(c);
}

static void tables_of_more_entries_than_there_are_are_made_anew(void **state)
{
    struct test_centre *c = *state;
    write_many(c, 700);
    centre_tamper(c, "UPDATE facet_tail SET seq = seq + 100000", NULL, 0);
    centre_close(c);
    assert_int_equal(centre_open(c, false), KR_OK);
    compare_with_all_entries(c);
}

static void a_word_of_too_many_values_says_so(void **state)
{
    struct test_centre *c = *state;
    struct journal_matches *m;
    assert_int_equal(store_begin(c->store), KR_OK);
    for (unsigned i = 0; i <= JOURNAL_VALUES; i++) {
        char lines[64];
        snprintf(lines, sizeof lines, "card 1000200000000%07u psam 4B52%012X\n", i, i);
        assert_int_equal(centre_append(c, "note", "kate custodian", lines), KR_OK);
    }
    assert_int_equal(store_commit(c->store), KR_OK);
    m = find(c, 0, "100020");
    assert_true(journal_matches_cut(m));
    journal_matches_free(&m);
    m = find(c, 0, "0000123");
    assert_false(journal_matches_cut(m));
    assert_int_equal(journal_matches_count(m), 1);
    journal_matches_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_entry_is_found_by_everything_that_it_says, begin, end),
        cmocka_unit_test_setup_teardown(
            packed_and_waiting_entries_are_found_as_a_search_through_all_finds_them, begin, end),
        cmocka_unit_test_setup_teardown(a_transaction_that_is_given_up_leaves_nothing_to_be_found,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_store_that_lacks_the_tables_gets_them_filled_at_opening,
                                        begin, end),
        cmocka_unit_test_setup_teardown(tables_of_more_entries_than_there_are_are_made_anew, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_word_of_too_many_values_says_so, begin, end),
    };
    return cmocka_run_group_tests_name("journal_filter", tests, NULL, NULL);
}
