/* Appending and reading: what the journal refuses, what survives, what opening finds. */
#include "centre.h"

#include <setjmp.h>
#include <stdarg.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <cmocka.h>
#include "../../crypto/seal.h"
#include "../../store/signing_rules.h"

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

static void refused(struct test_centre *c, enum kr_error why, const char *kind, const char *signers,
                    const char *lines)
{
    uint64_t size = journal_size(c->store);
    assert_int_equal(store_begin(c->store), KR_OK);
    enum kr_error got = centre_append(c, kind, signers, lines);
    if (got != why) {
        fail_msg("%s by %s: %s (%s)", kind, signers, kr_name(got), kr_detail());
    }
    store_rollback(c->store);
    assert_int_equal(journal_size(c->store), size);
}

static void who_may_not_sign_is_refused_before_anything_is_written(void **state)
{
    refused(*state, KR_E_SAME_PERSON, "intent", "kate custodian, kate custodian", NULL);
    refused(*state, KR_E_PERSON_UNKNOWN, "note", "mallory operator", NULL);
    refused(*state, KR_E_ROLE, "note", "kate operator", NULL);
    refused(*state, KR_E_ROLE, "note", "kate king", NULL);
    refused(*state, KR_E_ROLE, "note", "ann auditor", NULL);
    refused(*state, KR_E_ROLE, "open", "kate custodian", NULL);
    refused(*state, KR_E_ROLE, "open", "carol supervisor", NULL);
    refused(*state, KR_E_ROLE, "open", "carol supervisor, chen supervisor", NULL);
    refused(*state, KR_E_ROLE, "open", "ann auditor, chen supervisor", NULL);
    refused(*state, KR_E_ROLE, "approval", "kate custodian", NULL);
    refused(*state, KR_E_ROLE, "approval", "adam administrator", NULL);
    refused(*state, KR_E_ROLE, "enrol", "adam administrator",
            "person eve\nroles operator\npublic-key "
            "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
    refused(*state, KR_E_ROLE, "sign-in", "kate custodian, kurt custodian", NULL);
    refused(*state, KR_E_ROLE, "component", "olga operator", NULL);
    refused(*state, KR_E_ROLE, "component", "adam administrator", NULL);
    refused(*state, KR_E_ROLE, "balance", "olga operator", NULL);
    refused(*state, KR_E_ROLE, "close", "kate custodian", NULL);
    refused(*state, KR_E_ROLE, "note", "", NULL);
    refused(*state, KR_E_ARGUMENT, "whatever", "kate custodian", NULL);
    assert_int_equal(centre_append(*state, "note", "kate custodian", NULL), KR_E_ARGUMENT);
}

static void entries_that_lack_what_the_format_demands_are_refused(void **state)
{
    static const char by[] = "adam administrator, carol supervisor";
    refused(*state, KR_E_ENTRY_FORMAT, "enrol", by, NULL);
    refused(*state, KR_E_ENTRY_FORMAT, "enrol", by, "person eve\nroles operator");
    refused(*state, KR_E_ENTRY_FORMAT, "enrol", by,
            "person eve\nroles queen\npublic-key "
            "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
    refused(*state, KR_E_ARGUMENT, "enrol", by,
            "person kate\nroles custodian\npublic-key "
            "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
    refused(*state, KR_E_PERSON_UNKNOWN, "revoke", by, "person eve");
    refused(*state, KR_E_ENTRY_FORMAT, "outcome", "kate custodian", "intent 2");
    refused(*state, KR_E_ENTRY_FORMAT, "outcome", "kate custodian", "intent 999");
    refused(*state, KR_E_ENTRY_FORMAT, "found", by,
            "person eve\nroles operator\npublic-key "
            "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
}

static void two_ids_with_one_key_are_refused(void **state)
{
    struct test_centre *c = *state;
    char hex[65], lines[160];
    uint8_t key[32];
    assert_int_equal(people_public_key(c->store, "kate", key), KR_OK);
    for (size_t i = 0; i < 32; i++) {
        snprintf(hex + 2 * i, 3, "%02x", key[i]);
    }
    snprintf(lines, sizeof lines, "person kate2\nroles supervisor\npublic-key %s", hex);
    refused(c, KR_E_SAME_PERSON, "enrol", "adam administrator, carol supervisor", lines);
}

static void the_revoked_sign_no_more_and_may_be_enrolled_again(void **state)
{
    struct test_centre *c = *state;
    centre_write(c, "revoke", "adam administrator, carol supervisor", "person kurt");
    refused(c, KR_E_PERSON_REVOKED, "note", "kurt custodian", NULL);
    centre_close(c);
    assert_int_equal(centre_open(c, false), KR_OK);
    refused(c, KR_E_PERSON_REVOKED, "note", "kurt custodian", NULL);
    assert_int_equal(centre_checkpoint(c, NULL, NULL, 0), KR_OK);
    centre_close(c);
    assert_int_equal(centre_open(c, false), KR_OK);
    refused(c, KR_E_PERSON_REVOKED, "note", "kurt custodian", NULL);
    assert_int_equal(centre_checkpoint(c, "kurt", NULL, 0), KR_E_PERSON_REVOKED);
    centre_write(c, "enrol", "adam administrator, carol supervisor",
                 "person kurt\nroles operator\npublic-key "
                 "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
    /* His old key signs: another than the one enrolled now. */
    refused(c, KR_E_SIGNATURE, "note", "kurt operator", NULL);
}

static void a_rolled_back_enrolment_is_forgotten(void **state)
{
    struct test_centre *c = *state;
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(
        centre_append(c, "revoke", "adam administrator, carol supervisor", "person kurt"), KR_OK);
    assert_int_equal(centre_append(c, "note", "kurt custodian", NULL), KR_E_PERSON_REVOKED);
    store_rollback(c->store);
    centre_write(c, "note", "kurt custodian", NULL);
}

static enum kr_error sign_something_else(void *ctx, const char *person, const uint8_t *message,
                                         size_t len, uint8_t sig[64])
{
    return centre_sign(ctx, person, message, len - 1, sig);
}

static void a_signature_that_does_not_fit_the_enrolled_key_is_not_recorded(void **state)
{
    struct test_centre *c = *state;
    struct signer s = {.person = "olga", .role = "operator", .sign = sign_something_else};
    struct entry e;
    entry_begin(&e, "note");
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(journal_append(c->store, &e, &s, 1), KR_E_SIGNATURE);
    store_rollback(c->store);
    assert_int_equal(checkpoint_make(c->store, &s, NULL, 0, NULL, 0), KR_E_SIGNATURE);
    assert_int_equal(journal_size(c->store), CENTRE_FOUNDING);
    entry_free(&e);
}

static void an_entry_with_a_line_that_did_not_fit_is_not_recorded(void **state)
{
    struct test_centre *c = *state;
    struct signer s = {.person = "olga", .role = "operator", .sign = centre_sign};
    struct entry e;
    entry_begin(&e, "note");
    entry_add(&e, "text", "%*s", ENTRY_BODY_MAX, "long");
    entry_add(&e, "text", "short");
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(journal_append(c->store, &e, &s, 1), KR_E_TOO_LONG);
    store_rollback(c->store);
    entry_free(&e);
}

static void entries_read_back_as_written_before_and_after_closing(void **state)
{
    struct test_centre *c = *state;
    uint64_t seq = centre_write(c, "exception", "kate custodian, carol supervisor",
                                "text \xE7\xA0\x81\xE5\x8D\x95 was torn\ntext decided to go on");
    for (int i = 0; i < 2; i++) {
        struct entry e;
        char value[64];
        assert_int_equal(journal_read(c->store, seq, &e), KR_OK);
        assert_string_equal(e.kind, "exception");
        assert_int_equal(e.signer_count, 2);
        assert_int_equal(entry_get(&e, "text", 1, value, sizeof value), KR_OK);
        assert_string_equal(value, "decided to go on");
        entry_free(&e);
        assert_int_equal(journal_read(c->store, seq + 1, &e), KR_E_NOT_FOUND);
        centre_close(c);
        assert_int_equal(centre_open(c, false), KR_OK);
        assert_int_equal(journal_size(c->store), seq + 1);
    }
}

static void size_and_root_are_the_same_with_and_without_checkpoints(void **state)
{
    struct test_centre *c = *state;
    for (int i = 0; i < 12; i++) {
        uint8_t before[32], after[32];
        centre_write(c, "note", "kate custodian", NULL);
        uint64_t unsealed = journal_unsealed(c->store);
        if (i % 5 == 4) {
            assert_int_equal(centre_checkpoint(c, "carol", NULL, 0), KR_OK);
            unsealed = 0;
        }
        assert_int_equal(journal_root(c->store, before), KR_OK);
        centre_close(c);
        assert_int_equal(centre_open(c, false), KR_OK);
        assert_int_equal(journal_root(c->store, after), KR_OK);
        assert_memory_equal(before, after, 32);
        assert_int_equal(journal_unsealed(c->store), unsealed);
    }
}

static void a_checkpoint_verifies_for_the_log_and_the_person(void **state)
{
    struct test_centre *c = *state;
    char text[CHECKPOINT_MAX], last[CHECKPOINT_MAX], name[160];
    uint8_t key[32];
    assert_int_equal(checkpoint_last(c->store, last, sizeof last), KR_E_NOT_FOUND);
    assert_int_equal(centre_checkpoint(c, "carol", text, 20), KR_E_TOO_LONG);
    assert_int_equal(centre_checkpoint(c, "eve", text, sizeof text), KR_E_PERSON_UNKNOWN);
    assert_int_equal(centre_checkpoint(c, "carol", text, sizeof text), KR_OK);
    assert_int_equal(checkpoint_last(c->store, last, sizeof last), KR_OK);
    assert_string_equal(text, last);
    size_t len = strlen(text);
    const char *origin = c->slots.centre.origin;
    assert_int_equal(checkpoint_verify(text, len, origin, 0x01, c->slots.log_public, NULL), KR_OK);
    assert_int_equal(people_public_key(c->store, "carol", key), KR_OK);
    assert_int_equal(checkpoint_person_name(origin, "carol", name, sizeof name), KR_OK);
    uint64_t time = 0;
    assert_int_equal(checkpoint_verify(text, len, name, 0x04, key, &time), KR_OK);
    assert_true(time > 1700000000);
}

static void opening_refuses_a_tail_that_was_altered(void **state)
{
    struct test_centre *c = *state;
    assert_int_equal(centre_checkpoint(c, NULL, NULL, 0), KR_OK);
    centre_ceremony(c, "ROOT-2026-001");
    struct entry e;
    struct verify_report r;
    uint64_t seq = CENTRE_FOUNDING + 3;
    assert_int_equal(journal_read(c->store, seq, &e), KR_OK);
    e.mono_ms++;
    centre_replace(c, seq, &e);
    entry_free(&e);
    centre_close(c);
    assert_int_not_equal(centre_open(c, false), KR_OK);
    /* The auditor gets in, to name the entry. */
    assert_int_equal(centre_open(c, true), KR_OK);
    assert_int_equal(store_verify(c->store, NULL, NULL, &r), KR_OK);
    assert_int_equal(r.problem, KR_E_SIGNATURE);
    assert_int_equal(r.bad_seq, seq);
}

static void opening_refuses_a_checkpoint_that_does_not_fit_its_tree(void **state)
{
    struct test_centre *c = *state;
    assert_int_equal(centre_checkpoint(c, NULL, NULL, 0), KR_OK);
    centre_tamper(c, "UPDATE checkpoints SET tree = zeroblob(8 + 64)", NULL, 0);
    centre_close(c);
    assert_int_not_equal(centre_open(c, false), KR_OK);
}

/* ---- Two threads on one store ---- */

static void *write_fifty(void *arg)
{
    for (int i = 0; i < 50; i++) {
        centre_write(arg, "note", "kate custodian", "text from one of two threads");
    }
    return NULL;
}

static void two_threads_write_one_sound_journal(void **state)
{
    struct test_centre *c = *state;
    pthread_t other;
    struct verify_report r;
    assert_int_equal(pthread_create(&other, NULL, write_fifty, c), 0);
    write_fifty(c);
    pthread_join(other, NULL);
    assert_int_equal(store_verify(c->store, NULL, NULL, &r), KR_OK);
    assert_int_equal(r.problem, KR_OK);
    assert_int_equal(r.entries, CENTRE_FOUNDING + 100);
}

/* The wall clock as the tests have it, in place of the C library's. */
static long set_back_s;

int clock_gettime(clockid_t which, struct timespec *t)
{
    int rc = (int)syscall(SYS_clock_gettime, which, t);
    if (which == CLOCK_REALTIME)
        t->tv_sec -= set_back_s;
    return rc;
}

/* What the newest entry says of the clock: the time of the one before, "" for nothing. */
static void written_clock_back(struct test_centre *c, char value[64])
{
    struct entry e;
    uint64_t seq = centre_write(c, "note", "kate custodian", NULL);
    assert_int_equal(journal_read(c->store, seq, &e), KR_OK);
    if (entry_get(&e, "clock-back", 0, value, 64) != KR_OK)
        value[0] = '\0';
    entry_free(&e);
}

static void time_of_newest(struct test_centre *c, char value[64])
{
    struct entry e;
    assert_int_equal(journal_read(c->store, journal_size(c->store) - 1, &e), KR_OK);
    snprintf(value, 64, "%lld.%03d", (long long)(e.time_ms / 1000), (int)(e.time_ms % 1000));
    entry_free(&e);
}

static void a_clock_that_was_set_back_goes_unsaid(void **state)
{
    struct test_centre *c = *state;
    char said[64], before[64];
    for (int reopened = 0; reopened < 2; reopened++) {
        set_back_s = 0;
        written_clock_back(c, said);
        written_clock_back(c, said);
        assert_string_equal(said, "");
        time_of_newest(c, before);
        if (reopened) {
            centre_close(c);
            assert_int_equal(centre_open(c, false), KR_OK);
        }
        set_back_s = 3600;
        written_clock_back(c, said);
        assert_string_equal(said, before);
        written_clock_back(c, said);
        assert_string_equal(said, "");
    }
    set_back_s = 0;
}

static void a_clock_that_is_kept_right_by_small_steps_is_called_set_back(void **state)
{
    char said[64];
    set_back_s = 0;
    written_clock_back(*state, said);
    set_back_s = 1;
    written_clock_back(*state, said);
    assert_string_equal(said, "");
    set_back_s = 0;
}

static void a_clock_set_back_in_an_entry_that_was_rolled_back_goes_unsaid_in_the_next(void **state)
{
    struct test_centre *c = *state;
    char said[64];
    written_clock_back(c, said);
    set_back_s = 3600;
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "note", "kate custodian", NULL), KR_OK);
    store_rollback(c->store);
    written_clock_back(c, said);
    assert_string_not_equal(said, "");
    set_back_s = 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_may_not_sign_is_refused_before_anything_is_written),
        TEST(entries_that_lack_what_the_format_demands_are_refused),
        TEST(two_ids_with_one_key_are_refused),
        TEST(the_revoked_sign_no_more_and_may_be_enrolled_again),
        TEST(a_rolled_back_enrolment_is_forgotten),
        TEST(a_signature_that_does_not_fit_the_enrolled_key_is_not_recorded),
        TEST(an_entry_with_a_line_that_did_not_fit_is_not_recorded),
        TEST(entries_read_back_as_written_before_and_after_closing),
        TEST(size_and_root_are_the_same_with_and_without_checkpoints),
        TEST(a_checkpoint_verifies_for_the_log_and_the_person),
        TEST(opening_refuses_a_tail_that_was_altered),
        TEST(opening_refuses_a_checkpoint_that_does_not_fit_its_tree),
        TEST(a_clock_that_was_set_back_goes_unsaid),
        TEST(a_clock_that_is_kept_right_by_small_steps_is_called_set_back),
        TEST(a_clock_set_back_in_an_entry_that_was_rolled_back_goes_unsaid_in_the_next),
        TEST(two_threads_write_one_sound_journal),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
