/* The checkpoint on paper, against the journal that was opened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../store/paper.h"
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

/* Seals what is there and returns what stands on the paper. */
static const char *take_down(struct test_centre *c)
{
    static char papers[4][CHECKPOINT_SHORT_MAX];
    static size_t n;
    char *form = papers[n++ % 4], text[CHECKPOINT_MAX];
    struct checkpoint head;
    assert_int_equal(centre_checkpoint(c, NULL, text, sizeof text), KR_OK);
    assert_int_equal(checkpoint_parse(text, strlen(text), &head), KR_OK);
    assert_int_equal(checkpoint_short_form(&head, form, CHECKPOINT_SHORT_MAX), KR_OK);
    assert_int_equal(paper_remember(c->store, head.size), KR_OK);
    return form;
}

static enum kr_error show(struct test_centre *c, const char *typed)
{
    char form[CHECKPOINT_SHORT_MAX];
    return paper_check(c->store, typed, strlen(typed), form);
}

static uint64_t asked_for(struct test_centre *c)
{
    uint64_t size = 0;
    assert_int_equal(paper_size(c->store, &size), KR_OK);
    return size;
}

static void the_newest_paper_agrees_and_older_ones_are_told_apart(void **state)
{
    struct test_centre *c = *state;
    char form[CHECKPOINT_SHORT_MAX];
    assert_int_equal(asked_for(c), 0);
    assert_int_equal(paper_form(c->store, form), KR_E_NOT_FOUND);
    centre_ceremony(c, "A-1");
    const char *first = take_down(c);
    centre_ceremony(c, "A-2");
    const char *second = take_down(c);
    centre_checkpoint(c, NULL, NULL, 0); /* of which there is no paper */
    centre_write(c, "note", "kate custodian", "text and one more\n");
    centre_close(c);
    assert_int_equal(centre_open(c, false), KR_OK);
    assert_int_equal(show(c, second), KR_OK);
    assert_int_equal(show(c, first), KR_E_PAPER_OLDER);
    assert_int_equal(paper_form(c->store, form), KR_OK);
    assert_string_equal(form, second);
    assert_int_equal(show(c, "once upon a time"), KR_E_NOT_CHECKPOINT);
}

static void a_row_says_that_there_is_no_paper_and_is_believed(void **state)
{
    struct test_centre *c = *state;
    c->store->slots.centre.rehearsal = false;
    assert_int_equal(asked_for(c), 0);
    centre_ceremony(c, "A-1");
    assert_int_equal(asked_for(c), journal_size(c->store));
    take_down(c);
    centre_tamper(c, "UPDATE meta SET value = 0 WHERE name = 'paper'", NULL, 0);
    assert_int_equal(asked_for(c), journal_size(c->store));
    centre_tamper(c, "DELETE FROM meta WHERE name = 'paper'", NULL, 0);
    assert_int_equal(asked_for(c), journal_size(c->store));
    c->store->slots.centre.rehearsal = true; /* where people may leave it */
    assert_int_equal(asked_for(c), 0);
}

static void a_paper_is_asked_for_that_nobody_has_seen_yet(void **state)
{
    struct test_centre *c = *state;
    c->store->slots.centre.rehearsal = false;
    centre_ceremony(c, "A-1");
    uint64_t first = asked_for(c);
    centre_ceremony(c, "A-2");
    assert_int_equal(asked_for(c), journal_size(c->store));
    centre_tamper(c, "UPDATE ceremonies SET status = 'closing' WHERE id = 'A-2'", NULL, 0);
    assert_int_equal(asked_for(c), first);
}

#define LOST "override paper\ntext the checkpoint on paper was not shown\n"

static void words_or_one_person_spare_the_paper(void **state)
{
    struct test_centre *c = *state;
    uint64_t size;
    c->store->slots.centre.rehearsal = false;
    centre_ceremony(c, "A-1");
    uint64_t due = asked_for(c);
    centre_write(c, "exception", "kate custodian",
                 "text the checkpoint on paper was not shown when the store was opened: -\n");
    assert_int_equal(asked_for(c), due);
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "exception", "carol supervisor", LOST), KR_E_ROLE);
    assert_int_equal(centre_append(c, "exception", "kate custodian, kurt custodian", LOST),
                     KR_E_ROLE);
    store_rollback(c->store);
    centre_write(c, "exception", "kate custodian, carol supervisor", LOST);
    assert_int_equal(asked_for(c), 0);
    centre_ceremony(c, "A-2");
    assert_int_equal(asked_for(c), journal_size(c->store));
    centre_forge(c, "exception", "carol supervisor", LOST);
    assert_int_equal(paper_size(c->store, &size), KR_E_ROLE);
}

static void a_paper_of_another_journal_or_of_more_entries_does_not_agree(void **state)
{
    struct test_centre *c = *state;
    char other[CHECKPOINT_SHORT_MAX];
    const char *paper = take_down(c);
    memcpy(other, paper, sizeof other);
    other[strlen(other) - 1] = other[strlen(other) - 1] == 'A' ? 'B' : 'A';
    assert_int_equal(show(c, other), KR_E_CHECKPOINT);
    assert_int_equal(show(c, "5 AAAA-BBBB-CCCC-DDDD"), KR_E_CHECKPOINT);
    assert_int_equal(show(c, "4000 AAAA-BBBB-CCCC-DDDD"), KR_E_STORE_OLD);
}

static void entries_changed_after_the_paper_do_not_follow_from_it(void **state)
{
    struct test_centre *c = *state;
    struct entry e;
    const char *paper = take_down(c);
    uint64_t seq = centre_write(c, "note", "kate custodian", "text what was said\n");
    assert_int_equal(show(c, paper), KR_OK);
    assert_int_equal(journal_read(c->store, seq, &e), KR_OK);
    e.time_ms++;
    centre_replace(c, seq, &e);
    entry_free(&e);
    assert_int_equal(show(c, paper), KR_E_CHECKPOINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_says_that_there_is_no_paper_and_is_believed, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_paper_is_asked_for_that_nobody_has_seen_yet, begin, end),
        cmocka_unit_test_setup_teardown(words_or_one_person_spare_the_paper, begin, end),
        cmocka_unit_test_setup_teardown(the_newest_paper_agrees_and_older_ones_are_told_apart,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            a_paper_of_another_journal_or_of_more_entries_does_not_agree, begin, end),
        cmocka_unit_test_setup_teardown(entries_changed_after_the_paper_do_not_follow_from_it,
                                        begin, end),
    };
    return cmocka_run_group_tests_name("paper", tests, NULL, NULL);
}
