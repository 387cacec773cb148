/* Policies of the centre: what the newest signed entry says, and nothing that a row says alone. */
#include "centre.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define ID   "MODE-2026-001"
#define BOTH "adam administrator, carol supervisor"
#define LINE "ceremony " ID "\nstep " CENTRE_STEP "\npolicy key-holding "

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

static uint64_t decide(struct test_centre *c, const char *value)
{
    char lines[128];
    snprintf(lines, sizeof lines, LINE "%s", value);
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "policy", BOTH, lines), KR_OK);
    assert_int_equal(policies_set(c->store, "key-holding", journal_size(c->store) - 1), KR_OK);
    assert_int_equal(store_commit(c->store), KR_OK);
    return journal_size(c->store) - 1;
}

static void assert_policy(struct test_centre *c, const char *wanted)
{
    char value[32];
    assert_int_equal(policies_get(c->store, "key-holding", value, sizeof value), KR_OK);
    assert_string_equal(value, wanted);
}

static void the_newest_entry_decides_also_after_opening_again(void **state)
{
    struct test_centre *c = *state;
    assert_policy(c, "");
    centre_open_covered(c, ID);
    decide(c, "export");
    assert_policy(c, "export");
    decide(c, "card");
    assert_policy(c, "card");
    centre_close(c);
    assert_int_equal(centre_open(c, false), KR_OK);
    assert_policy(c, "card");
}

static enum kr_error tried(struct test_centre *c, const char *signers)
{
    assert_int_equal(store_begin(c->store), KR_OK);
    enum kr_error err = centre_append(c, "policy", signers, LINE "export");
    store_rollback(c->store);
    return err;
}

static void nobody_decides_alone_or_without_an_approval(void **state)
{
    struct test_centre *c = *state;
    centre_course(c, "open", ID);
    assert_int_equal(tried(c, BOTH), KR_E_NOT_APPROVED);
    centre_write(c, "approval", "carol supervisor", "ceremony " ID "\ncovers " CENTRE_STEP);
    assert_int_equal(tried(c, "adam administrator"), KR_E_ROLE);
    assert_int_equal(tried(c, "carol supervisor, chen supervisor"), KR_E_ROLE);
    assert_int_equal(tried(c, "kate custodian, carol supervisor"), KR_E_ROLE);
    assert_int_equal(tried(c, BOTH), KR_OK);
}

static void a_row_that_points_elsewhere_is_not_believed(void **state)
{
    struct test_centre *c = *state;
    struct verify_report r;
    char value[32];
    centre_open_covered(c, ID);
    uint64_t first = decide(c, "export"), second = decide(c, "card");
    centre_tamper(c, "UPDATE meta SET value = 1 WHERE name = 'policy.key-holding'", NULL, 0);
    assert_int_equal(policies_get(c->store, "key-holding", value, sizeof value), KR_E_STORE_ROW);
    char sql[96];
    snprintf(sql, sizeof sql, "UPDATE meta SET value = %llu WHERE name = 'policy.key-holding'",
             (unsigned long long)first);
    centre_tamper(c, sql, NULL, 0);
    assert_int_equal(policies_get(c->store, "key-holding", value, sizeof value), KR_E_STORE_ROW);
    assert_string_equal(value, ""); /* once in force, and not any more */
    assert_int_equal(store_verify(c->store, NULL, NULL, &r), KR_OK);
    assert_int_equal(r.problem, KR_E_STORE_ROW);
    assert_int_equal(r.bad_seq, second);
    assert_non_null(strstr(r.what, "meta policy.key-holding"));
    centre_tamper(c, "DELETE FROM meta WHERE name = 'policy.key-holding'", NULL, 0);
    assert_int_equal(store_verify(c->store, NULL, NULL, &r), KR_OK);
    assert_int_equal(r.problem, KR_E_STORE_ROW);
    assert_non_null(strstr(r.what, "missing"));
    assert_int_equal(policies_get(c->store, "key-holding", value, sizeof value), KR_E_STORE_ROW);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_newest_entry_decides_also_after_opening_again),
        TEST(nobody_decides_alone_or_without_an_approval),
        TEST(a_row_that_points_elsewhere_is_not_believed),
    };
    return cmocka_run_group_tests_name("policies", tests, NULL, NULL);
}
