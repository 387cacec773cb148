/* A commit in two: started, and finished while a thread of the store's waited for the disk. */
#include "fixture.h"
#include "fault_vfs.h"

static enum kr_error begin_value(struct store *s, int value)
{
    char text[16];
    struct ceremony_record c = {.id = "ROOT-2026-001",
                                .script = "root-generate",
                                .status = "open",
                                .script_text = (char *)(uintptr_t) "id: root-generate",
                                .state = text};
    snprintf(text, sizeof text, "%d", value);
    enum kr_error error = store_begin(s);
    return error == KR_OK ? ceremonies_put(s, &c) : error;
}

static int value_of(struct store *s)
{
    struct ceremony_record c;
    if (ceremonies_get(s, "ROOT-2026-001", &c) != KR_OK)
        return 0;
    int value = atoi(c.state);
    ceremony_record_free(&c);
    return value;
}

static void reopen(struct fixture *f, struct store **s)
{
    store_close(s);
    assert_int_equal(fixture_open(f, false, s), KR_OK);
}

static void what_was_started_and_finished_is_recorded(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    fixture_make(f, &s);
    fixture_found(f, s);
    for (int value = 1; value <= 20; value++) {
        assert_int_equal(begin_value(s, value), KR_OK);
        assert_int_equal(fixture_note(f, s), KR_OK);
        assert_int_equal(store_commit_start(s), KR_OK);
        assert_int_equal(store_commit_finish(s), KR_OK);
        assert_int_equal(store_commit_finish(s), KR_OK); /* nothing is started any more */
    }
    reopen(f, &s);
    assert_int_equal(value_of(s), 20);
    assert_int_equal(journal_size(s), 21);
    store_close(&s);
}

static void whatever_is_asked_before_it_is_finished_waits_for_it(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    fixture_make(f, &s);
    assert_int_equal(begin_value(s, 1), KR_OK);
    assert_int_equal(store_commit_start(s), KR_OK);
    assert_int_equal(value_of(s), 1);
    assert_int_equal(begin_value(s, 2), KR_OK); /* the next transaction, too */
    store_rollback(s);
    assert_int_equal(store_commit_finish(s), KR_OK);
    assert_int_equal(begin_value(s, 3), KR_OK);
    assert_int_equal(store_commit_start(s), KR_OK);
    reopen(f, &s); /* and closing */
    assert_int_equal(value_of(s), 3);
    store_close(&s);
}

static void a_commit_without_a_transaction_is_refused_at_its_start(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    fixture_make(f, &s);
    assert_int_equal(store_commit_start(s), KR_E_ARGUMENT);
    assert_int_equal(store_commit_finish(s), KR_OK);
    store_close(&s);
}

/* Returns false once the disk was not called so often. */
static bool commit_failing_at(struct store *s, int value, long at, bool ask_between)
{
    fault_arm(0, false, 0);
    assert_int_equal(begin_value(s, value), KR_OK);
    fault_arm(at, false, SQLITE_FULL);
    assert_int_equal(store_commit_start(s), KR_OK);
    if (ask_between)
        (void)value_of(s);
    enum kr_error error = store_commit_finish(s);
    bool fired = fault.calls >= at;
    assert_int_equal(error, fired ? KR_E_STORE_WRITE : KR_OK);
    assert_true(!fired || strlen(kr_detail()) > 0);
    assert_int_equal(store_begin(s), fired ? KR_E_STORE_WRITE : KR_OK);
    store_rollback(s);
    fault_arm(0, false, 0);
    return fired;
}

static void
a_disk_that_fails_is_told_to_whoever_finishes_also_when_somebody_asked_before(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    fixture_make(f, &s);
    fault_install();
    for (int between = 0; between < 2; between++) {
        bool fired = true;
        for (long at = 1; fired; at++) {
            reopen(f, &s);
            int before = value_of(s);
            fired = commit_failing_at(s, before + 1, at, between == 1);
            reopen(f, &s);
            assert_true(value_of(s) == before || value_of(s) == before + 1);
            assert_true(at < 100);
        }
    }
    store_close(&s);
    fault_remove();
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(what_was_started_and_finished_is_recorded),
        in_folder(whatever_is_asked_before_it_is_finished_waits_for_it),
        in_folder(a_commit_without_a_transaction_is_refused_at_its_start),
        in_folder(a_disk_that_fails_is_told_to_whoever_finishes_also_when_somebody_asked_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
