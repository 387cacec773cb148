/* One entry proved by itself: what is shown beside it must be true. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../store/entry_proof.h"
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

static void prove(struct test_centre *c, uint64_t seq, struct entry_proof *proof)
{
    struct entry e;
    assert_int_equal(journal_prove(c->store, seq, &e, proof), KR_OK);
    entry_free(&e);
}

static void every_entry_under_a_checkpoint_is_proved_and_none_after_it(void **state)
{
    struct test_centre *c = *state;
    struct entry_proof proof;
    uint64_t sealed[3];
    for (size_t i = 0; i < 3; i++) {
        centre_ceremony(c, i == 0 ? "A-1" : i == 1 ? "A-2" : "A-3");
        assert_int_equal(centre_checkpoint(c, i == 1 ? "carol" : NULL, NULL, 0), KR_OK);
        sealed[i] = journal_size(c->store);
    }
    centre_write(c, "note", "kate custodian", "text after all of them\n");
    for (uint64_t seq = 0; seq < sealed[2]; seq++) {
        size_t i = seq < sealed[0] ? 0 : seq < sealed[1] ? 1 : 2;
        prove(c, seq, &proof);
        assert_true(proof.sealed);
        assert_int_equal(proof.included, KR_OK);
        assert_int_equal(proof.allowed, KR_OK);
        assert_int_equal(proof.signatures[0], KR_OK);
        assert_int_equal(proof.checkpoint.size, sealed[i]);
        assert_int_equal(proof.cosigners, i == 1);
    }
    prove(c, sealed[2], &proof);
    assert_false(proof.sealed);
}

static void an_entry_put_in_the_place_of_another_is_not_under_the_checkpoint(void **state)
{
    struct test_centre *c = *state;
    struct entry_proof proof;
    struct entry other;
    uint64_t seq = centre_write(c, "note", "kate custodian", "text what was said\n");
    assert_int_equal(centre_checkpoint(c, NULL, NULL, 0), KR_OK);
    assert_int_equal(journal_read(c->store, seq, &other), KR_OK);
    other.time_ms++;
    centre_replace(c, seq, &other);
    entry_free(&other);
    prove(c, seq, &proof);
    assert_int_equal(proof.signatures[0], KR_E_SIGNATURE);
    assert_int_equal(proof.included, KR_E_CHECKPOINT);
    prove(c, seq - 1, &proof); /* in whose proof it stands */
    assert_int_equal(proof.signatures[0], KR_OK);
    assert_int_equal(proof.included, KR_E_CHECKPOINT);
}

static void what_was_signed_before_somebody_was_revoked_stays_valid(void **state)
{
    struct test_centre *c = *state;
    struct entry_proof proof;
    uint64_t seq = centre_write(c, "note", "kate custodian", "text still here\n");
    centre_write(c, "revoke", "adam administrator, carol supervisor", "person kate\n");
    prove(c, seq, &proof);
    assert_int_equal(proof.signatures[0], KR_OK);
    uint64_t after = centre_forge(c, "note", "kate custodian", "text no longer here\n");
    prove(c, after, &proof);
    assert_int_equal(proof.signatures[0], KR_E_PERSON_REVOKED);
    assert_int_equal(proof.allowed, KR_E_PERSON_REVOKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_entry_under_a_checkpoint_is_proved_and_none_after_it,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            an_entry_put_in_the_place_of_another_is_not_under_the_checkpoint, begin, end),
        cmocka_unit_test_setup_teardown(what_was_signed_before_somebody_was_revoked_stays_valid,
                                        begin, end),
    };
    return cmocka_run_group_tests_name("entry_proof", tests, NULL, NULL);
}
