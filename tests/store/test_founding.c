/* Slot file and people altered by somebody who has a slot, and with it the database key: neither
 * console nor auditor believe them. */
#include "centre.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../../crypto/hash.h"
#include "../../crypto/slot.h"

#define OLGA_ENROLLED 4

static int begin(void **state)
{
    struct test_centre *c = calloc(1, sizeof *c);
    assert_non_null(c);
    centre_found(c);
    assert_int_equal(centre_checkpoint(c, NULL, NULL, 0), KR_OK);
    *state = c;
    return 0;
}

static int end(void **state)
{
    centre_end(*state);
    free(*state);
    return 0;
}

/* The MAC fits: whoever has a slot can make it. */
static void rewrite_slots(struct test_centre *c)
{
    centre_close(c);
    assert_int_equal(slots_write(c->dir, &c->slots, c->key), KR_OK);
}

static void assert_refused(struct test_centre *c, enum kr_error why, const char *detail)
{
    struct verify_report r;
    enum kr_error error = centre_open(c, false);
    if (error != why || !strstr(kr_detail(), detail))
        fail_msg("%s (%s) instead of %s (%s)", kr_name(error), kr_detail(), kr_name(why), detail);
    assert_int_equal(centre_open(c, true), KR_OK);
    assert_int_equal(store_verify(c->store, NULL, NULL, &r), KR_OK);
    assert_int_equal(r.problem, why);
    assert_non_null(strstr(r.what, detail));
    centre_close(c);
}

static void a_rehearsal_store_cannot_be_made_a_real_one(void **state)
{
    struct test_centre *c = *state;
    c->slots.centre.rehearsal = false;
    rewrite_slots(c);
    assert_refused(c, KR_E_SLOTS, "rehearsal");
}

static void every_word_about_the_centre_is_that_of_the_founding(void **state)
{
    struct test_centre *c = *state;
    const struct slots genuine = c->slots;
    snprintf(c->slots.centre.name, sizeof c->slots.centre.name, "Another centre");
    rewrite_slots(c);
    assert_refused(c, KR_E_SLOTS, "centre");
    c->slots = genuine;
    c->slots.centre.tier = TIER_MEMBER;
    rewrite_slots(c);
    assert_refused(c, KR_E_SLOTS, "tier");
    c->slots = genuine;
    snprintf(c->slots.centre.suite, sizeof c->slots.centre.suite, "sm4");
    rewrite_slots(c);
    assert_refused(c, KR_E_SLOTS, "suite");
    c->slots = genuine;
    c->slots.centre.identifier[7] = 1;
    rewrite_slots(c);
    assert_refused(c, KR_E_SLOTS, "identifier");
    c->slots = genuine;
    c->slots.quorum = 9;
    rewrite_slots(c);
    assert_refused(c, KR_E_SLOTS, "quorum");
    c->slots = genuine;
    snprintf(c->slots.centre.card_control_policy, 16, "batch");
    rewrite_slots(c);
    assert_refused(c, KR_E_SLOTS, "card-control");
    c->slots = genuine;
    rewrite_slots(c);
    assert_int_equal(centre_open(c, false), KR_OK);
}

static struct person *olga(struct test_centre *c)
{
    return (struct person *)(uintptr_t)slots_find(&c->slots, "olga");
}

static void another_role_in_the_slot_file_alone_is_refused(void **state)
{
    struct test_centre *c = *state;
    olga(c)->roles = ROLE_SUPERVISOR;
    rewrite_slots(c);
    assert_refused(c, KR_E_SLOTS, "olga");
}

static void somebody_whom_nobody_enrolled_is_refused(void **state)
{
    struct test_centre *c = *state;
    struct person *p = &c->slots.people[c->slots.count++];
    *p = *olga(c);
    snprintf(p->slot.person, sizeof p->slot.person, "mallory");
    rewrite_slots(c);
    assert_refused(c, KR_E_SLOTS, "mallory");
}

/* Her enrolment, her row and the slot file say supervisor; the entry lies below the checkpoint. */
static void an_operator_who_enrols_herself_as_supervisor_is_refused(void **state)
{
    struct test_centre *c = *state;
    struct entry e, altered;
    char hex[65];
    assert_int_equal(journal_read(c->store, OLGA_ENROLLED, &e), KR_OK);
    altered = e;
    altered.body = NULL;
    altered.body_len = 0;
    hex_encode(olga(c)->slot.public_key, 32, hex);
    entry_add(&altered, "person", "olga");
    entry_add(&altered, "name", "olga");
    entry_add(&altered, "roles", "supervisor");
    entry_add(&altered, "public-key", "%s", hex);
    centre_replace(c, OLGA_ENROLLED, &altered);
    centre_tamper(c, "UPDATE people SET roles = 4 WHERE person = 'olga'", NULL, 0);
    olga(c)->roles = ROLE_SUPERVISOR;
    entry_free(&altered);
    entry_free(&e);
    rewrite_slots(c);
    assert_int_equal(centre_open(c, false), KR_E_SIGNATURE);
    assert_int_equal(centre_open(c, true), KR_OK);
}

/* Another founding, signed with keys of the attacker's own, in the place of the first entry. */
static void another_founding_is_refused_and_closes_every_slot(void **state)
{
    struct test_centre *c = *state;
    struct entry e;
    struct slot slot = slots_find(&c->slots, "carol")->slot;
    struct secret *text = NULL, *key = NULL;
    char passphrase[64];
    int len = snprintf(passphrase, sizeof passphrase, CENTRE_PASSPHRASE, "carol");
    text = secret_from(passphrase, (size_t)len);
    assert_int_equal(slot_database_key(&slot, text, &key), KR_OK);
    secret_free(&key);
    assert_int_equal(journal_read(c->store, 0, &e), KR_OK);
    e.time_ms++;
    centre_replace(c, 0, &e);
    centre_close(c);
    assert_int_equal(centre_open(c, false), KR_E_SLOTS);
    assert_string_equal(kr_detail(), "founding");
    /* Bound to the other one, the slot file is of no use to anybody else. */
    assert_int_equal(entry_leaf_hash(&e, slot.founding), KR_OK);
    assert_int_equal(slot_database_key(&slot, text, &key), KR_E_PASSPHRASE);
    entry_free(&e);
    secret_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_rehearsal_store_cannot_be_made_a_real_one, begin, end),
        cmocka_unit_test_setup_teardown(every_word_about_the_centre_is_that_of_the_founding, begin,
                                        end),
        cmocka_unit_test_setup_teardown(another_role_in_the_slot_file_alone_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(somebody_whom_nobody_enrolled_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(an_operator_who_enrols_herself_as_supervisor_is_refused,
                                        begin, end),
        cmocka_unit_test_setup_teardown(another_founding_is_refused_and_closes_every_slot, begin,
                                        end),
    };
    return cmocka_run_group_tests_name("founding", tests, NULL, NULL);
}
