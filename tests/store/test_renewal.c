/* People come and go: the roster with keys that are replaced, and the slot file that an entry of
 * the journal puts in force, with a power cut at each instant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "centre.h"
#include "fixture.h"
#include "../../crypto/hash.h"
#include "../../crypto/seal.h"
#include "../../store/roster.h"
#include "../../store/slot_format.h"

#define BOTH "adam administrator, carol supervisor"

static int begin(void **state)
{
    struct test_centre *c = calloc(1, sizeof *c);
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

/* ---- Keys that are replaced ---- */

static struct secret *second_seed(void)
{
    struct secret *seed = secret_new(32);
    memset(seed->bytes, 0x5E, 32);
    return seed;
}

static enum kr_error sign_by_second(void *ctx, const char *person, const uint8_t *message,
                                    size_t len, uint8_t sig[64])
{
    (void)ctx;
    (void)person;
    struct secret *seed = second_seed();
    enum kr_error error = sign_make(seed, message, len, sig);
    secret_free(&seed);
    return error;
}

static void key_id_of(struct test_centre *c, const char *person, char hex[9])
{
    uint8_t key[32], id[4];
    assert_int_equal(people_public_key(c->store, person, key), KR_OK);
    assert_int_equal(roster_key_id(key, id), KR_OK);
    hex_encode(id, 4, hex);
}

/* kate's lines with another key, and what it replaces. */
static void second_lines(char lines[512], const char *replaces)
{
    uint8_t key[32];
    char hex[65];
    struct secret *seed = second_seed();
    assert_int_equal(sign_public(seed, key), KR_OK);
    secret_free(&seed);
    hex_encode(key, 32, hex);
    snprintf(lines, 512, "person kate\nname kate\nroles custodian\npublic-key %s%s%s", hex,
             replaces ? "\nreplaces " : "", replaces ? replaces : "");
}

static enum kr_error enrol(struct test_centre *c, const char *lines)
{
    assert_int_equal(store_begin(c->store), KR_OK);
    enum kr_error error = centre_append(c, "enrol", BOTH, lines);
    if (error == KR_OK)
        error = store_commit(c->store);
    else
        store_rollback(c->store);
    return error;
}

static enum kr_error note_by_second(struct test_centre *c)
{
    struct entry e;
    const struct signer kate = {.person = "kate", .role = "custodian", .sign = sign_by_second};
    assert_int_equal(store_begin(c->store), KR_OK);
    entry_begin(&e, "sign-in");
    enum kr_error error = journal_append(c->store, &e, &kate, 1);
    entry_free(&e);
    if (error == KR_OK)
        error = store_commit(c->store);
    else
        store_rollback(c->store);
    return error;
}

static enum kr_error count(void *ctx, const struct entry *e)
{
    (void)e;
    ++*(unsigned *)ctx;
    return KR_OK;
}

static void a_key_is_replaced_only_by_an_entry_that_names_it(void **state)
{
    struct test_centre *c = *state;
    char lines[512], id[9], other[9];
    key_id_of(c, "kate", id);
    key_id_of(c, "kurt", other);
    second_lines(lines, NULL);
    assert_int_equal(enrol(c, lines), KR_E_ARGUMENT);
    second_lines(lines, other);
    assert_int_equal(enrol(c, lines), KR_E_ARGUMENT);
    second_lines(lines, id);
    assert_int_equal(enrol(c, lines), KR_OK);
}

static void what_was_signed_by_the_replaced_key_stays_proved_and_nothing_more_is(void **state)
{
    struct test_centre *c = *state;
    struct verify_report report;
    char lines[512], id[9];
    unsigned entries = 0;
    centre_ceremony(c, "ROOT-2026-001");
    centre_write(c, "sign-in", "kate custodian", NULL);
    key_id_of(c, "kate", id);
    second_lines(lines, id);
    assert_int_equal(enrol(c, lines), KR_OK);
    assert_int_equal(journal_course(c->store, "ROOT-2026-001", count, &entries), KR_OK);
    assert_int_equal(entries, 8);
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "sign-in", "kate custodian", NULL), KR_E_SIGNATURE);
    store_rollback(c->store);
    assert_int_equal(note_by_second(c), KR_OK);
    entries = 0;
    assert_int_equal(journal_course(c->store, "ROOT-2026-001", count, &entries), KR_OK);
    assert_int_equal(entries, 8);
    /* the slots still hold the old one: nobody but a ceremony changes both */
    assert_int_equal(store_verify(c->store, NULL, NULL, &report), KR_OK);
    assert_int_equal(report.problem, KR_E_SLOTS);
}

static void what_the_revoked_signed_before_stays_proved_and_nothing_after_it_is(void **state)
{
    struct test_centre *c = *state;
    unsigned entries = 0;
    centre_ceremony(c, "ROOT-2026-001");
    centre_write(c, "revoke", BOTH, "person kate");
    assert_int_equal(journal_course(c->store, "ROOT-2026-001", count, &entries), KR_OK);
    assert_int_equal(entries, 8);
    centre_forge(c, "note", "kate custodian", "ceremony ROOT-2026-001");
    assert_int_equal(journal_course(c->store, "ROOT-2026-001", count, &entries),
                     KR_E_PERSON_REVOKED);
    assert_string_equal(kr_detail(), "kate");
}

static void the_replaced_keys_signature_is_found_out_where_it_was_forged(void **state)
{
    struct test_centre *c = *state;
    struct verify_report report;
    char lines[512], id[9];
    key_id_of(c, "kate", id);
    second_lines(lines, id);
    assert_int_equal(enrol(c, lines), KR_OK);
    uint64_t forged = centre_forge(c, "sign-in", "kate custodian", NULL);
    assert_int_equal(store_verify(c->store, NULL, NULL, &report), KR_OK);
    assert_int_equal(report.problem, KR_E_PERSON_UNKNOWN);
    assert_int_equal(report.bad_seq, forged);
}

/* ---- The slot file ---- */

/* The next file: three of three in the place of two of two, and somebody renamed who is not in the
 * journal by that name would not do, so nothing else. */
static void prepare(struct test_centre *c, uint8_t digest[32])
{
    struct slots *next = malloc(sizeof *next);
    *next = *store_slots(c->store);
    next->quorum = 3;
    next->holders = 3;
    assert_int_equal(store_slots_prepare(c->store, next, c->key, digest), KR_OK);
    free(next);
}

static void decide(struct test_centre *c, const char *ceremony, const uint8_t digest[32])
{
    char hex[65], lines[256];
    hex_encode(digest, 32, hex);
    snprintf(lines, sizeof lines,
             "ceremony %s\nstep " CENTRE_STEP "\npolicy slots %s\npolicy quorum 3/3", ceremony,
             hex);
    uint64_t seq = journal_size(c->store);
    assert_int_equal(store_begin(c->store), KR_OK);
    assert_int_equal(centre_append(c, "policy", BOTH, lines), KR_OK);
    assert_int_equal(store_slots_decided(c->store, seq), KR_OK);
    assert_int_equal(store_commit(c->store), KR_OK);
}

static bool is_there(const struct test_centre *c, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", c->dir, name);
    return access(path, F_OK) == 0;
}

static void reopen(struct test_centre *c, unsigned quorum)
{
    struct verify_report report;
    centre_close(c);
    assert_int_equal(centre_open(c, true), KR_OK);
    assert_int_equal(store_slots(c->store)->quorum, quorum);
    assert_int_equal(store_verify(c->store, NULL, NULL, &report), KR_OK);
    assert_int_equal(report.problem, KR_OK);
    centre_close(c);
    assert_int_equal(centre_open(c, false), KR_OK);
    assert_int_equal(store_slots(c->store)->quorum, quorum);
    assert_false(is_there(c, "slots.next"));
}

static void a_power_cut_before_the_entry_leaves_the_slots_as_they_were(void **state)
{
    struct test_centre *c = *state;
    uint8_t digest[32];
    centre_open_covered(c, "QUORUM-2026-001");
    prepare(c, digest);
    assert_true(is_there(c, "slots.next"));
    reopen(c, 2);
}

static void a_power_cut_after_the_entry_leaves_the_new_slots_in_force(void **state)
{
    struct test_centre *c = *state;
    uint8_t digest[32];
    centre_open_covered(c, "QUORUM-2026-001");
    prepare(c, digest);
    decide(c, "QUORUM-2026-001", digest);
    reopen(c, 3);
    reopen(c, 3);
}

static void a_power_cut_between_the_two_copies_leaves_the_new_slots_in_force(void **state)
{
    struct test_centre *c = *state;
    uint8_t digest[32], bytes[SLOT_FILE_MAX];
    centre_open_covered(c, "QUORUM-2026-001");
    prepare(c, digest);
    decide(c, "QUORUM-2026-001", digest);
    size_t len = fixture_read(c->dir, "slots.next", bytes, sizeof bytes);
    fixture_write(c->dir, "slots.a", bytes, len);
    reopen(c, 3);
}

static void whoever_looks_at_the_slots_of_before_may_go_on_looking(void **state)
{
    struct test_centre *c = *state;
    uint8_t digest[32];
    const struct slots *before = store_slots(c->store);
    centre_open_covered(c, "QUORUM-2026-001");
    prepare(c, digest);
    decide(c, "QUORUM-2026-001", digest);
    assert_int_equal(store_slots_publish(c->store), KR_OK);
    assert_int_equal(before->quorum, 2);
    assert_int_equal(store_slots(c->store)->quorum, 3);
    assert_int_equal(store_slots(c->store)->founded_quorum, 2);
    assert_false(is_there(c, "slots.next"));
    reopen(c, 3);
}

static void slots_that_the_journal_has_replaced_do_not_come_back(void **state)
{
    struct test_centre *c = *state;
    uint8_t digest[32], bytes[SLOT_FILE_MAX];
    size_t len = fixture_read(c->dir, "slots.a", bytes, sizeof bytes);
    centre_open_covered(c, "QUORUM-2026-001");
    prepare(c, digest);
    decide(c, "QUORUM-2026-001", digest);
    assert_int_equal(store_slots_publish(c->store), KR_OK);
    centre_close(c);
    fixture_write(c->dir, "slots.a", bytes, len);
    fixture_write(c->dir, "slots.b", bytes, len);
    assert_int_equal(centre_open(c, false), KR_E_SLOTS);
    assert_int_equal(centre_open(c, true), KR_E_SLOTS);
}

static void what_was_withdrawn_is_gone(void **state)
{
    struct test_centre *c = *state;
    uint8_t digest[32];
    prepare(c, digest);
    store_slots_withdraw(c->store);
    assert_false(is_there(c, "slots.next"));
    assert_int_equal(store_slots_publish(c->store), KR_E_ARGUMENT);
    store_slots_withdraw(c->store);
    reopen(c, 2);
}

static void a_slot_file_as_founding_once_wrote_it_is_still_read(void **state)
{
    struct test_centre *c = *state;
    uint8_t bytes[SLOT_FILE_MAX];
    size_t len = 0;
    struct slots *old = malloc(sizeof *old), *read = malloc(sizeof *read);
    centre_close(c);
    *old = c->slots;
    old->format = SLOT_FOUNDING;
    assert_int_equal(slot_file_encode(old, c->key, bytes, &len), KR_OK);
    fixture_write(c->dir, "slots.a", bytes, len);
    fixture_write(c->dir, "slots.b", bytes, len);
    assert_int_equal(slots_read(c->dir, read), KR_OK);
    assert_int_equal(read->format, SLOT_FOUNDING);
    assert_int_equal(read->people[3].slot.box_len, 0);
    assert_int_equal(centre_open(c, false), KR_OK);
    free(old);
    free(read);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_replaced_only_by_an_entry_that_names_it),
        TEST(what_was_signed_by_the_replaced_key_stays_proved_and_nothing_more_is),
        TEST(what_the_revoked_signed_before_stays_proved_and_nothing_after_it_is),
        TEST(the_replaced_keys_signature_is_found_out_where_it_was_forged),
        TEST(a_power_cut_before_the_entry_leaves_the_slots_as_they_were),
        TEST(a_power_cut_after_the_entry_leaves_the_new_slots_in_force),
        TEST(a_power_cut_between_the_two_copies_leaves_the_new_slots_in_force),
        TEST(whoever_looks_at_the_slots_of_before_may_go_on_looking),
        TEST(slots_that_the_journal_has_replaced_do_not_come_back),
        TEST(what_was_withdrawn_is_gone),
        TEST(a_slot_file_as_founding_once_wrote_it_is_still_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
