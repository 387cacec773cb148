/* The engine with people who answer as they would, and as they should not. */
#include "../../store/data_rows.h"
#include "hall.h"

static struct ceremony *running(struct hall *h)
{
    return h->ceremony;
}

/* ---- Whole ceremonies ---- */

static void a_root_is_generated_approved_kept_and_closed(void **state)
{
    struct hall *h = hall_open(hall_founded);
    struct key_record rec;
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "");
    assert_int_equal(keys_find(session_store(h->session), "GMPK", 1, &rec), KR_OK);
    assert_int_equal(rec.components, 2);
    assert_string_equal(rec.kcv, "B8FB3A");
    assert_int_equal(hall_count(h, "open", "parameter", "groups 1"), 1);
    assert_int_equal(hall_count(h, "component", "component", "GMPK/1/1"), 2);
    assert_int_equal(hall_count(h, "approval", "covers", "keep"), 1);
    assert_int_equal(hall_count(h, "outcome", "key", "GMPK 1 1"), 1);
    assert_int_equal(hall_count(h, "outcome", "key", "B8FB3A"), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void nothing_sealed_and_no_typed_component_outlives_its_ceremony(void **state)
{
    struct hall *h = hall_open(hall_founded);
    uint8_t blob[VAULT_BLOB_MAX];
    char *text = NULL, id[40];
    size_t len = sizeof blob;
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "combine.kcv[1]");
    assert_int_equal(state_text(running(h), &text), KR_OK);
    for (size_t n = 0; n < 2; n++)
        for (size_t at = 0; at + 8 <= 32; at += 4) { /* no eight digits of a component anywhere */
            char part[9];
            snprintf(part, sizeof part, "%.8s", hall_components[0][n] + at);
            assert_null(strstr(text, part));
        }
    free(text);
    snprintf(id, sizeof id, "%s", ceremony_id(running(h)));
    assert_int_equal(sealed_get(session_store(h->session), id, "component/GMPK/1/1", blob, &len),
                     KR_OK);
    hall_walk_to(h, "");
    len = sizeof blob;
    assert_int_equal(sealed_get(session_store(h->session), id, "component/GMPK/1/1", blob, &len),
                     KR_E_NOT_FOUND);
    hall_close(h);
}

static void every_group_and_every_number_of_components_makes_its_own_key(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_say(h, "groups", "2,5");
    hall_walk_to(h, "");
    assert_false(key_exists(running(h), "GMPK", 1));
    assert_true(key_exists(running(h), "GMPK", 2));
    assert_true(key_exists(running(h), "GMPK", 5));
    assert_journal_clean(h);
    hall_close(h);
}

/* ---- Components ---- */

static void a_wrong_check_letter_marks_its_block_and_the_entry_is_not_taken(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_say(h, "sheets", "letters");
    hall_walk_to(h, "component[1.1]");
    uint8_t digits[4] = {0, 1, 2, 3};
    char typed[8];
    char letter = component_check_letter(0, digits);
    snprintf(typed, sizeof typed, "0123%c", letter == 'G' ? 'H' : 'G');
    assert_int_equal(hall_type(h, typed), KR_OK);
    hall_next(h);
    assert_int_equal(h->r.secret_state.state[0], BLOCK_WRONG);
    assert_int_equal(hall_give(h, ANSWER_OK, ""), KR_OK);
    hall_next(h);
    assert_problem(h, KR_E_ENTRY_INCOMPLETE);
    assert_string_equal(h->r.key, "component[1.1]");
    hall_close(h);
}

static void a_second_typing_that_differs_is_located_by_block(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "component[1.1]");
    hall_step(h);
    assert_true(h->r.second_typing);
    hall_reply(h, "0123456789ABCDEFFEDC0A9876543211");
    assert_problem(h, KR_E_ENTRY_TWICE);
    assert_true(h->r.second_typing);
    assert_int_equal(h->r.secret_state.state[5], BLOCK_WRONG);
    assert_int_equal(h->r.secret_state.state[4], BLOCK_GOOD);
    hall_close(h);
}

static void a_check_value_that_differs_can_be_typed_again_or_the_component_can(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "component.kcv[1.1]");
    hall_reply(h, "00 00 01");
    assert_problem(h, KR_E_KCV_DIFFERS);
    assert_string_equal(h->r.key, "component.differs[1.1]");
    hall_reply(h, "kcv");
    hall_reply(h, "00 00 02");
    hall_reply(h, "component");
    assert_string_equal(h->r.key, "component[1.1]");
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "refusal", "error", "kcv-differs"), 2);
    assert_int_equal(hall_count(h, "component", "component", "GMPK/1/1 1"), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void a_component_of_zeros_and_a_weak_one_are_refused_and_journalled(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    for (int second = 0; second < 2; second++)
        hall_say(h, "component[1.1]", "00000000000000000000000000000000");
    for (int second = 0; second < 2; second++)
        hall_say(h, "component[1.1]", "01010101010101010101010101010101");
    hall_walk_to(h, "component[1.1]");
    hall_step(h);
    hall_step(h);
    assert_problem(h, KR_E_KEY_ZERO);
    hall_step(h);
    hall_step(h);
    assert_problem(h, KR_E_KEY_WEAK);
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "refusal", "error", "key-zero"), 1);
    assert_int_equal(hall_count(h, "refusal", "error", "key-weak"), 1);
    hall_close(h);
}

/* Both typings, and the check value printed on that sheet. */
static void say_component(struct hall *h, const char *index, const char *hex)
{
    char key[64], kcv[160];
    snprintf(key, sizeof key, "component[%s]", index);
    hall_say(h, key, hex);
    hall_say(h, key, hex);
    hall_kcv_of(hex, kcv);
    snprintf(key, sizeof key, "component.kcv[%s]", index);
    hall_say(h, key, kcv);
}

static void equal_components_are_refused_and_typed_anew(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    say_component(h, "2.1", hall_components[0][0]);
    hall_walk_to(h, "combine.wrong[1]");
    assert_problem(h, KR_E_COMPONENT_EQUAL);
    hall_reply(h, "retype");
    assert_string_equal(h->r.key, "component[1.1]");
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "component", NULL, NULL), 4);
    assert_journal_clean(h);
    hall_close(h);
}

static void components_that_make_a_weak_key_are_refused(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    say_component(h, "2.1", "0022446688AACCEEFFDDBB9977553310"); /* sum: 01 in each byte */
    hall_walk_to(h, "combine.wrong[1]");
    assert_problem(h, KR_E_KEY_WEAK);
    hall_close(h);
}

static void that_the_sheets_carry_no_combined_value_is_said_and_not_left_to_silence(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "combine.kcv[1]");
    hall_reply(h, "");
    assert_string_equal(h->r.key, "combine.unprinted[1]");
    assert_int_equal(hall_count(h, "note", "key", "GMPK"), 0);
    hall_reply(h, "type");
    assert_string_equal(h->r.key, "combine.kcv[1]");
    hall_reply(h, "");
    hall_reply(h, "none");
    assert_int_equal(hall_count(h, "note", "text", "not on the sheets"), 1);
    hall_walk_to(h, "");
    assert_journal_clean(h);
    hall_close(h);
}

static void retyping_one_group_leaves_the_others_as_they_are(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_say(h, "groups", "1-2");
    hall_say(h, "combine.kcv[1]", "00 00 01");
    hall_walk_to(h, "combine.wrong[1]");
    assert_problem(h, KR_E_KCV_DIFFERS);
    hall_reply(h, "retype");
    hall_walk_to(h, "component[2.1]");
    hall_walk_to(h, "combine.kcv[1]");
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "component", "component", "GMPK/1/1"), 4);
    assert_int_equal(hall_count(h, "component", "component", "GMPK/2/1"), 2);
    assert_journal_clean(h);
    hall_close(h);
}

static void a_combined_key_that_another_group_has_is_refused(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_say(h, "groups", "1-2");
    say_component(h, "1.2", hall_components[0][0]);
    say_component(h, "2.2", hall_components[0][1]);
    hall_walk_to(h, "combine.wrong[2]");
    assert_problem(h, KR_E_KEY_SAME);
    assert_non_null(strstr(h->r.problem, "GMPK.1"));
    hall_close(h);
}

static void a_combined_key_that_exists_already_is_refused(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_hold(h, "root-generate");
    hall_begin(h, "root-generate");
    hall_say(h, "groups", "2");
    hall_say(h, "seat-custodian[1]", "chen");
    say_component(h, "1.2", hall_components[0][0]);
    say_component(h, "2.2", hall_components[0][1]);
    hall_walk_to(h, "combine.wrong[2]");
    assert_problem(h, KR_E_KEY_SAME);
    assert_non_null(strstr(h->r.problem, "GMPK/1/1"));
    hall_close(h);
}

static void keys_that_were_drawn_once_are_not_drawn_again(void **state)
{
    struct hall *h = hall_open(hall_founded);
    char few[PATH_ROOM + 16];
    (void)state;
    snprintf(few, sizeof few, "%s/few.yaml", h->dir);
    hall_shell("sed 's/keys: .*/keys: [kIctlR, kMaintR]/' ceremony/scripts/seed-generate.yaml > %s",
               few);
    hall_hold(h, few);
    hall_begin(h, "seed-generate");
    hall_walk_to(h, "generate");
    assert_int_equal(h->r.fact_count, 5);
    assert_int_equal(hall_count(h, "intent", "text", "generate kMaintR"), 1);
    assert_int_equal(hall_count(h, "intent", "text", "generate RAK"), 1);
    hall_step(h);
    struct step_line lines[8];
    size_t current = 0;
    assert_true(ceremony_steps(h->ceremony, lines, 8, &current) > 3);
    assert_string_equal(lines[3].fact, "5 keys");
    hall_walk_to(h, "");
    size_t intents = hall_count(h, "intent", NULL, NULL);
    hall_begin(h, "seed-generate");
    hall_walk_to(h, "open.stuck");
    assert_problem(h, KR_E_KEY_EXISTS);
    assert_int_equal(hall_count(h, "intent", NULL, NULL), intents);
    assert_journal_clean(h);
    hall_close(h);
}

static void a_group_that_exists_is_found_out_before_anyone_types(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_hold(h, "root-generate");
    hall_begin(h, "root-generate");
    hall_walk_to(h, "groups");
    hall_step(h);
    for (int i = 0; strcmp(h->r.key, "groups") != 0 && i < 20; i++)
        hall_step(h);
    assert_string_equal(h->r.key, "groups");
    assert_problem(h, KR_E_KEY_EXISTS);
    assert_int_equal(hall_count(h, "open", NULL, NULL), 1);
    hall_close(h);
}

/* ---- People ---- */

static void whoever_is_present_is_offered_a_seat_first(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_sign_in(h, "hua"); /* enrolled after wang */
    hall_begin(h, "root-generate");
    hall_walk_to(h, "seat-supervisor");
    assert_string_equal(h->r.options[0].word, "hua");
    assert_string_equal(h->r.options[1].word, "wang");
    hall_close(h);
}

static void nobody_takes_two_seats_and_nobody_a_seat_of_another_role(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "seat-supervisor");
    hall_reply(h, "chen");
    assert_problem(h, KR_E_ROLE);
    hall_walk_to(h, "seat-custodian[1]");
    hall_walk_to(h, "seat-custodian[2]");
    hall_reply(h, "chen");
    assert_problem(h, KR_E_SAME_PERSON);
    hall_reply(h, "nobody-at-all");
    assert_problem(h, KR_E_PERSON_UNKNOWN);
    hall_close(h);
}

static void whoever_is_revoked_takes_no_seat_and_does_not_sign_in(void **state)
{
    struct hall *h = hall_open(hall_founded);
    struct person *li;
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "seat-custodian[2]");
    li = (struct person *)slots_find(session_slots(h->session), "li");
    li->revoked = true;
    hall_reply(h, "li");
    assert_problem(h, KR_E_PERSON_REVOKED);
    assert_string_equal(h->r.key, "seat-custodian[2]");
    for (size_t i = 0; i < h->r.option_count; i++)
        assert_string_not_equal(h->r.options[i].word, "li");
    hall_close(h);
}

static void knowledge_of_a_key_never_expires_and_the_refusal_cites_its_entry(void **state)
{
    struct hall *h = hall_open(hall_founded);
    struct knowledge rows[4];
    size_t count;
    char cited[32];
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "component[2.1]"); /* chen knows component A now */
    assert_int_equal(hall_give(h, ANSWER_ABORT, "the sheet of B is missing"), KR_OK);
    assert_int_equal(ceremony_next(h->ceremony, &h->r), KR_E_ABORTED);
    assert_int_equal(knowledge_of(session_store(h->session), "GMPK/1/1", rows, 4, &count), KR_OK);
    assert_int_equal(count, 1);
    hall_again(h);
    hall_begin(h, "root-generate");
    hall_say(h, "seat-custodian[1]", "li");
    hall_say(h, "seat-custodian[2]", "chen");
    hall_walk_to(h, "component.replace[2.1]");
    assert_problem(h, KR_E_KNOWLEDGE);
    snprintf(cited, sizeof cited, "entry %llu", (unsigned long long)rows[0].seq);
    assert_non_null(strstr(h->r.problem, cited));
    hall_reply(h, "li"); /* sits there already */
    assert_problem(h, KR_E_SAME_PERSON);
    hall_reply(h, "wang");
    assert_problem(h, KR_E_ROLE);
    hall_reply(h, "zhao");
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "note", "text", "zhao takes seat.custodian.2 instead of chen"),
                     1);
    assert_int_equal(hall_count(h, "refusal", "error", "knowledge"), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void a_supervisor_who_holds_a_component_does_not_approve(void **state)
{
    struct hall *h = hall_open(hall_founded);
    struct knowledge k = {.key = "GMPK/1/1", .component = 1, .person = "wang", .seq = 3};
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "approve");
    assert_int_equal(store_begin(session_store(h->session)), KR_OK);
    assert_int_equal(knowledge_put(session_store(h->session), &k), KR_OK);
    assert_int_equal(store_commit(session_store(h->session)), KR_OK);
    hall_step(h);
    assert_problem(h, KR_E_CONFLICT);
    assert_string_equal(h->r.key, "approve");
    assert_non_null(strstr(h->r.problem, "entry 3"));
    assert_int_equal(hall_count(h, "approval", NULL, NULL), 0);
    assert_int_equal(hall_count(h, "refusal", "error", "conflict"), 1);
    hall_close(h);
}

static void a_wrong_passphrase_is_journalled_as_a_refusal(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "sign-in[wang]");
    hall_reply(h, "not the passphrase"); /* nobody is present: waits for the first who signs in */
    assert_problem(h, KR_E_PASSPHRASE);
    hall_reply(h, "not this one either");
    hall_walk_to(h, "sign-in[chen]");
    assert_int_equal(hall_count(h, "refusal", "person", "wang"), 1);
    assert_int_equal(hall_count(h, "refusal", "text", "2 times"), 1);
    hall_reply(h, "nor is this"); /* wang is present and signs at once */
    assert_problem(h, KR_E_PASSPHRASE);
    assert_int_equal(hall_count(h, "refusal", "person", "chen"), 1);
    hall_walk_to(h, "approve.passphrase");
    hall_reply(h, "not the passphrase");
    assert_problem(h, KR_E_PASSPHRASE);
    assert_string_equal(h->r.key, "approve");
    assert_int_equal(hall_count(h, "approval", NULL, NULL), 0);
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "approval", NULL, NULL), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void signing_out_in_the_middle_brings_the_person_back_to_the_keyboard(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "component[2.1]");
    assert_int_equal(hall_type(h, "2233"), KR_OK);
    assert_int_equal(session_sign_out(h->session, "chen"), KR_OK);
    hall_next(h);
    assert_string_equal(h->r.key, "sign-in[chen]");
    assert_int_equal(h->r.secret.kind, ENTRY_PASSPHRASE); /* not the component that was begun */
    assert_int_equal(h->r.secret_state.typed, 0);
    hall_step(h);
    assert_string_equal(h->r.key, "component[2.1]");
    assert_int_equal(h->r.secret_state.typed, 0);
    hall_walk_to(h, "");
    assert_journal_clean(h);
    hall_close(h);
}

/* ---- Beside the answers ---- */

static void a_note_and_an_exception_sheet_are_signed_and_the_request_stays(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "groups");
    assert_int_equal(hall_give(h, ANSWER_NOTE, "too early"), KR_OK);
    hall_next(h);
    assert_problem(h, KR_E_ANSWER);
    hall_walk_to(h, "component[1.1]");
    char sheet[1400] = "";
    for (size_t i = 0; i < 3 * 150; i++)
        memcpy(sheet + 3 * i, "印", 4);
    assert_int_equal(hall_give(h, ANSWER_EXCEPTION, sheet), KR_OK);
    assert_int_equal(hall_count(h, "exception", "text", sheet), 1);
    assert_int_equal(hall_give(h, ANSWER_NOTE, "信封有咖啡渍"), KR_OK);
    assert_int_equal(hall_give(h, ANSWER_EXCEPTION, "expected sealed; was open; two witnesses"),
                     KR_OK);
    assert_int_equal(hall_give(h, ANSWER_NOTE, "half a character: \xE4\xBF"), KR_OK);
    hall_next(h);
    assert_problem(h, KR_E_ANSWER);
    assert_string_equal(h->r.key, "component[1.1]");
    assert_int_equal(hall_count(h, "note", "text", "信封有咖啡渍"), 1);
    assert_int_equal(hall_count(h, "exception", "text", "two witnesses"), 1);
    hall_walk_to(h, "");
    assert_journal_clean(h);
    hall_close(h);
}

static void a_paused_ceremony_goes_on_where_it_was(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "component[2.1]");
    assert_int_equal(hall_give(h, ANSWER_PAUSE, ""), KR_OK);
    assert_int_equal(ceremony_next(h->ceremony, &h->r), KR_E_PAUSED);
    hall_again(h);
    hall_sign_in(h, "wang");
    hall_resume(h);
    hall_next(h);
    while (strncmp(h->r.key, "sign-in", 7) == 0)
        hall_step(h);
    assert_string_equal(h->r.key, "component[2.1]");
    assert_int_equal(hall_count(h, "pause", NULL, NULL), 1);
    assert_int_equal(hall_count(h, "resume", NULL, NULL), 1);
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "component", NULL, NULL), 2);
    assert_journal_clean(h);
    hall_close(h);
}

static void names_from_a_data_file_do_not_outlive_the_ceremony_that_read_them(void **state)
{
    const struct data_row_record row = {"6200000000000000001", "Zhang San"};
    unsigned count = 9;
    (void)state;
    for (int abort = 0; abort < 2; abort++) {
        struct hall *h = hall_open(hall_founded);
        char id[40];
        hall_begin(h, "root-generate");
        hall_walk_to(h, "combine.kcv[1]");
        struct store *store = session_store(h->session);
        snprintf(id, sizeof id, "%s", ceremony_id(running(h)));
        assert_int_equal(store_begin(store), KR_OK);
        assert_int_equal(data_rows_put(store, id, 1, &row), KR_OK);
        assert_int_equal(store_commit(store), KR_OK);
        if (abort)
            assert_int_equal(hall_give(h, ANSWER_ABORT, "not today"), KR_OK);
        else
            hall_walk_to(h, "");
        assert_int_equal(data_rows_count(store, id, &count), KR_OK);
        assert_int_equal(count, 0);
        hall_close(h);
    }
}

static void an_aborted_ceremony_is_over_and_its_components_are_gone(void **state)
{
    struct hall *h = hall_open(hall_founded);
    uint8_t blob[VAULT_BLOB_MAX];
    size_t len = sizeof blob;
    char id[40];
    struct ceremony *c = NULL;
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "combine.kcv[1]");
    snprintf(id, sizeof id, "%s", ceremony_id(running(h)));
    assert_int_equal(hall_give(h, ANSWER_ABORT, "the second sheet is not wanted"), KR_OK);
    assert_int_equal(ceremony_next(h->ceremony, &h->r), KR_E_ABORTED);
    assert_int_equal(sealed_get(session_store(h->session), id, "component/GMPK/1/1", blob, &len),
                     KR_E_NOT_FOUND);
    assert_int_equal(hall_count(h, "abort", "text", "not wanted"), 1);
    assert_int_equal(ceremony_resume(h->session, id, &c), KR_E_ABORTED);
    assert_journal_clean(h);
    hall_close(h);
}

static void what_is_closed_cannot_be_aborted_any_more(void **state)
{
    struct hall *h = hall_open(hall_founded);
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "close");
    assert_int_equal(hall_give(h, ANSWER_ABORT, "second thoughts"), KR_OK);
    hall_next(h);
    assert_problem(h, KR_E_ANSWER);
    hall_walk_to(h, "");
    assert_int_equal(hall_count(h, "abort", NULL, NULL), 0);
    hall_close(h);
}

static void a_hundred_entries_are_sealed_by_a_checkpoint_of_their_own(void **state)
{
    struct hall *h = hall_open(hall_founded);
    char text[CHECKPOINT_MAX];
    struct checkpoint head;
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "component[1.1]");
    for (int i = 0; i < CHECKPOINT_EVERY; i++)
        assert_int_equal(hall_give(h, ANSWER_NOTE, "one more"), KR_OK);
    assert_true(journal_unsealed(session_store(h->session)) < CHECKPOINT_EVERY);
    assert_int_equal(checkpoint_last(session_store(h->session), text, sizeof text), KR_OK);
    assert_int_equal(checkpoint_parse(text, strlen(text), &head), KR_OK);
    assert_true(head.size >= CHECKPOINT_EVERY);
    assert_int_equal(head.size, journal_size(session_store(h->session)) -
                                    journal_unsealed(session_store(h->session)));
    assert_journal_clean(h);
    hall_close(h);
}

/* ---- Scripts that change, and work that cannot be done ---- */

static void a_script_changed_in_the_store_is_not_resumed(void **state)
{
    struct hall *h = hall_open(hall_founded);
    struct ceremony_record rec;
    struct ceremony *c = NULL;
    char id[40];
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "component[1.1]");
    snprintf(id, sizeof id, "%s", ceremony_id(running(h)));
    ceremony_end(&h->ceremony);
    assert_int_equal(ceremonies_get(session_store(h->session), id, &rec), KR_OK);
    char *word = strstr(rec.script_text, "Root generation");
    assert_non_null(word);
    word[0] = 'r';
    assert_int_equal(store_begin(session_store(h->session)), KR_OK);
    assert_int_equal(ceremonies_put(session_store(h->session), &rec), KR_OK);
    assert_int_equal(store_commit(session_store(h->session)), KR_OK);
    ceremony_record_free(&rec);
    assert_int_equal(ceremony_resume(h->session, id, &c), KR_E_SCRIPT_CHANGED);
    assert_null(c);
    hall_close(h);
}

static void work_that_cannot_be_done_says_why_and_can_be_tried_again_or_aborted(void **state)
{
    struct hall *h = hall_open(hall_founded);
    struct ceremony *first = NULL;
    (void)state;
    hall_begin(
        h, "root-generate"); /* two ceremonies for the same group: the slower one cannot keep it */
    hall_walk_to(h, "approve");
    first = h->ceremony;
    h->ceremony = NULL;
    hall_begin(h, "root-generate");
    hall_say(h, "seat-custodian[1]", "chen");
    say_component(h, "1.1", hall_components[1][0]);
    say_component(h, "2.1", hall_components[1][1]);
    hall_walk_to(h, "");
    ceremony_end(&h->ceremony);
    h->ceremony = first;
    hall_walk_to(h, "keep.stuck[1]");
    assert_problem(h, KR_E_KEY_EXISTS);
    hall_step(h); /* Enter tries again */
    assert_string_equal(h->r.key, "keep.stuck[1]");
    assert_problem(h, KR_E_KEY_EXISTS);
    assert_int_equal(hall_give(h, ANSWER_ABORT, "made elsewhere"), KR_OK);
    assert_int_equal(ceremony_next(h->ceremony, &h->r), KR_E_ABORTED);
    assert_int_equal(hall_count(h, "outcome", "result", "abandoned"), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void production_takes_no_simulated_cards(void **state)
{
    struct hall *h = hall_open(NULL);
    struct session *s = NULL;
    (void)state;
    struct session_options o = *session_options(h->session);
    o.rehearsal = false;
    assert_int_equal(session_start(&o, &s), KR_E_STORE_REHEARSAL);
    assert_null(s);
    hall_close(h);
}

/* ---- The vault dies ---- */

static void kill_vault(struct hall *h)
{
    assert_int_equal(kill(vault_pid(session_vault(h->session)), SIGKILL), 0);
}

/* Killed when that request stands there; everybody signs in again and the ceremony ends as ever. */
static void vault_dies_at(const char *key)
{
    struct hall *h = hall_open(hall_founded);
    size_t signed_in = 0;
    hall_begin(h, "root-generate");
    hall_walk_to(h, key);
    kill_vault(h);
    for (int i = 0; i < 3; i++) { /* what is typed or answered now meets a dead vault */
        enum kr_error err = hall_answer(h);
        if (err != KR_OK)
            assert_int_equal(err, KR_E_VAULT_GONE);
        hall_next(h);
        signed_in += strncmp(h->r.key, "sign-in", 7) == 0;
    }
    hall_walk_to(h, "");
    assert_true(signed_in > 0);
    assert_int_equal(hall_count(h, "component", NULL, NULL), 2);
    assert_int_equal(hall_count(h, "approval", NULL, NULL), 1);
    assert_journal_clean(h);
    hall_close(h);
}

static void when_the_vault_dies_people_sign_in_again_and_it_goes_on(void **state)
{
    static const char *const at[] = {"script", "component[1.1]", "component.kcv[1.1]",
                                     "approve.passphrase"};
    (void)state;
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++)
        vault_dies_at(at[i]);
}

/* The vault dies just before somebody signs: nothing counts as done that has no entry. */
static void an_approval_that_could_not_be_signed_is_no_approval(void **state)
{
    struct hall *h = hall_open(hall_founded);
    struct answer approve = {.kind = ANSWER_OK};
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "approve.passphrase");
    assert_int_equal(hall_type(h, "the passphrase of wang"), KR_OK);
    /* the passphrase is right, but who should sign is gone */
    struct vault_presence p;
    assert_int_equal(vault_sign_out(session_vault(h->session), "wang", &p), KR_OK);
    enum kr_error err = ceremony_answer(h->ceremony, &approve);
    if (err == KR_OK) { /* approver_ready() alone suffices: an approver need not be signed in */
        assert_int_equal(hall_count(h, "approval", NULL, NULL), 1);
    } else {
        hall_next(h);
        assert_string_equal(h->r.key, "approve.passphrase");
        assert_int_equal(hall_count(h, "approval", NULL, NULL), 0);
    }
    hall_close(h);
}

static void an_entry_that_could_not_be_signed_leaves_the_step_undone(void **state)
{
    struct hall *h = hall_open(hall_founded);
    struct vault_presence p;
    (void)state;
    hall_begin(h, "root-generate");
    hall_walk_to(h, "component.kcv[1.1]");
    assert_int_equal(vault_sign_out(session_vault(h->session), "chen", &p), KR_OK);
    assert_int_not_equal(hall_answer(h), KR_OK);
    assert_int_equal(hall_count(h, "component", NULL, NULL), 0);
    struct step_line lines[32];
    size_t current, count = ceremony_steps(h->ceremony, lines, 32, &current);
    assert_true(count > 3);
    assert_int_equal(lines[current].state, STEP_CURRENT);
    assert_non_null(strstr(lines[current].title, "Component A"));
    hall_close(h);
}

/* ---- What other threads see ---- */

static void *looks_on(void *ctx)
{
    struct hall *h = ctx;
    struct step_line *lines = calloc(64, sizeof *lines);
    struct seat_line seats[16];
    struct trace_line trace[64];
    struct ceremony_progress progress;
    struct present_person present[8];
    while (!__atomic_load_n(&h->dir[63], __ATOMIC_ACQUIRE)) {
        size_t current;
        size_t count = ceremony_steps(h->ceremony, lines, 64, &current);
        for (size_t i = 0; i < count; i++)
            if (memchr(lines[i].title, '\0', sizeof lines[i].title) == NULL)
                abort();
        ceremony_seats(h->ceremony, seats, 16);
        ceremony_progress(h->ceremony, &progress);
        ceremony_trace(h->ceremony, trace, 64);
        session_present(h->session, present, 8);
    }
    free(lines);
    return NULL;
}

static void the_screen_may_look_on_while_an_answer_is_worked_on(void **state)
{
    struct hall *h = hall_open(hall_founded);
    pthread_t thread;
    (void)state;
    hall_begin(h, "root-generate");
    hall_next(h);
    assert_int_equal(pthread_create(&thread, NULL, looks_on, h), 0);
    hall_walk_to(h, "");
    __atomic_store_n(&h->dir[63], 1, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    h->dir[63] = '\0';
    hall_close(h);
}

static void texts_are_cut_between_characters(void **state)
{
    char out[8];
    (void)state;
    text_put(out, sizeof out, "%s", "主控母卡");
    assert_string_equal(out, "主控");
    text_put(out, sizeof out, "%s", "abcdefgh");
    assert_string_equal(out, "abcdefg");
    text_put(out, sizeof out, "%s", "ab\xF0\x9F\x94\x91\xF0\x9F\x94\x91");
    assert_string_equal(out, "ab\xF0\x9F\x94\x91");
    assert_true(text_is_utf8("王 Wang"));
    assert_false(text_is_utf8("\xE7\x8E"));
    assert_false(text_is_utf8("\xC0\xAF"));
    assert_false(text_is_utf8("\xED\xA0\x80"));
    assert_false(text_is_utf8("\xF5\x80\x80\x80"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_is_generated_approved_kept_and_closed),
        cmocka_unit_test(nothing_sealed_and_no_typed_component_outlives_its_ceremony),
        cmocka_unit_test(names_from_a_data_file_do_not_outlive_the_ceremony_that_read_them),
        cmocka_unit_test(every_group_and_every_number_of_components_makes_its_own_key),
        cmocka_unit_test(a_wrong_check_letter_marks_its_block_and_the_entry_is_not_taken),
        cmocka_unit_test(a_second_typing_that_differs_is_located_by_block),
        cmocka_unit_test(a_check_value_that_differs_can_be_typed_again_or_the_component_can),
        cmocka_unit_test(a_component_of_zeros_and_a_weak_one_are_refused_and_journalled),
        cmocka_unit_test(equal_components_are_refused_and_typed_anew),
        cmocka_unit_test(components_that_make_a_weak_key_are_refused),
        cmocka_unit_test(that_the_sheets_carry_no_combined_value_is_said_and_not_left_to_silence),
        cmocka_unit_test(retyping_one_group_leaves_the_others_as_they_are),
        cmocka_unit_test(a_combined_key_that_another_group_has_is_refused),
        cmocka_unit_test(a_combined_key_that_exists_already_is_refused),
        cmocka_unit_test(keys_that_were_drawn_once_are_not_drawn_again),
        cmocka_unit_test(a_group_that_exists_is_found_out_before_anyone_types),
        cmocka_unit_test(whoever_is_present_is_offered_a_seat_first),
        cmocka_unit_test(nobody_takes_two_seats_and_nobody_a_seat_of_another_role),
        cmocka_unit_test(whoever_is_revoked_takes_no_seat_and_does_not_sign_in),
        cmocka_unit_test(knowledge_of_a_key_never_expires_and_the_refusal_cites_its_entry),
        cmocka_unit_test(a_supervisor_who_holds_a_component_does_not_approve),
        cmocka_unit_test(a_wrong_passphrase_is_journalled_as_a_refusal),
        cmocka_unit_test(signing_out_in_the_middle_brings_the_person_back_to_the_keyboard),
        cmocka_unit_test(a_note_and_an_exception_sheet_are_signed_and_the_request_stays),
        cmocka_unit_test(a_paused_ceremony_goes_on_where_it_was),
        cmocka_unit_test(an_aborted_ceremony_is_over_and_its_components_are_gone),
        cmocka_unit_test(what_is_closed_cannot_be_aborted_any_more),
        cmocka_unit_test(a_hundred_entries_are_sealed_by_a_checkpoint_of_their_own),
        cmocka_unit_test(a_script_changed_in_the_store_is_not_resumed),
        cmocka_unit_test(work_that_cannot_be_done_says_why_and_can_be_tried_again_or_aborted),
        cmocka_unit_test(production_takes_no_simulated_cards),
        cmocka_unit_test(when_the_vault_dies_people_sign_in_again_and_it_goes_on),
        cmocka_unit_test(an_approval_that_could_not_be_signed_is_no_approval),
        cmocka_unit_test(an_entry_that_could_not_be_signed_leaves_the_step_undone),
        cmocka_unit_test(the_screen_may_look_on_while_an_answer_is_worked_on),
        cmocka_unit_test(texts_are_cut_between_characters),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("engine", tests, hall_stages_founded, hall_stages_end);
}
