/* The checkpoint on paper stands before every ceremony, and two people answer for one that is lost.
 */
#include "hall.h"
#include "../../store/paper.h"

/* The store was opened again after somebody had taken the checkpoint of its last ceremony down. */
static struct hall *opened_again(void)
{
    struct hall *h = hall_open(hall_founded);
    hall_sign_in(h, "wang");
    assert_false(session_paper_due(h->session));
    assert_ok(paper_remember(session_store(h->session), 1));
    hall_again(h);
    return h;
}

static enum kr_error begin(struct hall *h)
{
    ceremony_end(&h->ceremony);
    return ceremony_begin(h->session, "ceremony/scripts/root-generate.yaml", &h->ceremony);
}

static void no_ceremony_begins_before_the_paper_is_shown(void **state)
{
    (void)state;
    struct hall *h = opened_again();
    char form[CHECKPOINT_SHORT_MAX];
    hall_sign_in(h, "wang");
    assert_true(session_paper_due(h->session));
    assert_int_equal(begin(h), KR_E_PAPER_DUE);
    session_paper_form(h->session, form);
    assert_int_equal(session_paper_shown(h->session, "12 AAAA-BBBB-CCCC-DDDD"), KR_E_CHECKPOINT);
    assert_int_equal(begin(h), KR_E_PAPER_DUE);
    assert_ok(session_paper_shown(h->session, form));
    assert_ok(begin(h));
    hall_close(h);
}

static void no_ceremony_opens_that_was_chosen_before_anybody_signed_in(void **state)
{
    (void)state;
    struct hall *h = opened_again();
    assert_ok(begin(h));
    for (int n = 0; n < 40 && session_store(h->session) == NULL; n++) {
        hall_next(h);
        assert_ok(hall_answer(h));
    }
    assert_true(session_paper_due(h->session));
    for (int n = 0; n < 40 && h->r.problem[0] == '\0'; n++) {
        hall_next(h);
        if (h->r.problem[0] == '\0')
            assert_ok(hall_answer(h));
    }
    assert_problem(h, KR_E_PAPER_DUE);
    assert_int_equal(hall_count(h, "open", NULL, NULL), 0);
    hall_close(h);
}

static void what_was_interrupted_does_not_go_on_before_the_paper_is_shown(void **state)
{
    (void)state;
    struct hall *h = hall_open(hall_founded);
    char ids[1][40];
    size_t count;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "script.heard");
    assert_ok(paper_remember(session_store(h->session), 1));
    hall_again(h);
    hall_sign_in(h, "wang");
    assert_ok(ceremonies_list(session_store(h->session), "open", ids, 1, &count));
    assert_int_equal(ceremony_resume(h->session, ids[0], &h->ceremony), KR_E_PAPER_DUE);
    hall_close(h);
}

static enum kr_error says_lost(struct hall *h, const char *person, const char *passphrase)
{
    struct secret_entry_spec spec = {.kind = ENTRY_PASSPHRASE};
    struct secret_entry_state state;
    vault_handle entry = 0;
    bool done;
    char right[160];
    hall_passphrase(person, right);
    assert_ok(vault_entry_open(session_vault(h->session), &spec, &entry));
    assert_ok(vault_entry_type(session_vault(h->session), entry,
                               passphrase == NULL ? right : passphrase, &state));
    enum kr_error err = session_paper_lost(h->session, person, entry, &done);
    assert_int_equal(done, err == KR_OK && !session_paper_due(h->session));
    return err;
}

static void one_person_answers_for_a_lost_paper_in_two_names(void **state)
{
    (void)state;
    struct hall *h = opened_again();
    hall_sign_in(h, "wang");
    hall_sign_in(h, "chen");
    hall_sign_in(h, "li");
    hall_sign_in(h, "qian");
    assert_ok(says_lost(h, "wang", NULL));
    assert_int_equal(says_lost(h, "wang", NULL), KR_E_SAME_PERSON);
    assert_int_equal(says_lost(h, "qian", NULL), KR_E_TWO_PEOPLE);
    assert_int_equal(says_lost(h, "zhao", NULL), KR_E_NOT_SIGNED_IN);
    assert_int_equal(says_lost(h, "chen", "the passphrase of wang"), KR_E_PASSPHRASE);
    assert_int_equal(hall_count(h, "refusal", "person", "chen"), 1);
    assert_int_equal(hall_count(h, "exception", NULL, NULL), 0);
    session_paper_lost_forget(h->session);
    assert_ok(says_lost(h, "chen", NULL));
    assert_int_equal(says_lost(h, "li", NULL), KR_E_TWO_PEOPLE);
    assert_int_equal(hall_count(h, "exception", NULL, NULL), 0);
    assert_int_equal(begin(h), KR_E_PAPER_DUE);
    hall_close(h);
}

static void two_people_answer_and_it_goes_on_and_is_not_asked_again(void **state)
{
    (void)state;
    struct hall *h = opened_again();
    struct entry e;
    hall_sign_in(h, "wang");
    hall_sign_in(h, "chen");
    assert_ok(says_lost(h, "chen", NULL));
    assert_ok(says_lost(h, "wang", NULL));
    assert_ok(
        journal_read(session_store(h->session), journal_size(session_store(h->session)) - 1, &e));
    assert_string_equal(e.kind, "exception");
    assert_int_equal(e.signer_count, 2);
    assert_string_equal(e.signers[0].role, "custodian");
    assert_string_equal(e.signers[1].role, "supervisor");
    entry_free(&e);
    assert_ok(begin(h));
    hall_again(h);
    hall_sign_in(h, "wang");
    assert_false(session_paper_due(h->session));
    assert_journal_clean(h);
    hall_close(h);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_ceremony_begins_before_the_paper_is_shown),
        cmocka_unit_test(no_ceremony_opens_that_was_chosen_before_anybody_signed_in),
        cmocka_unit_test(what_was_interrupted_does_not_go_on_before_the_paper_is_shown),
        cmocka_unit_test(one_person_answers_for_a_lost_paper_in_two_names),
        cmocka_unit_test(two_people_answer_and_it_goes_on_and_is_not_asked_again),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("paper shown", tests, hall_stages_founded, hall_stages_end);
}
