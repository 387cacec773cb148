/* Rows of a running ceremony that somebody altered who holds the database key: the ceremony is not
 * gone on with. */
#include "hall.h"

#include "../../store/database.h"

/* A root being generated, paused before its approval by the process being left. */
static struct hall *before_approval(char id[40])
{
    struct hall *h = hall_open(hall_founded);
    hall_begin(h, "root-generate");
    hall_walk_to(h, "approve");
    snprintf(id, 40, "%s", ceremony_id(h->ceremony));
    hall_again(h);
    hall_sign_in(h, "wang");
    return h;
}

/* Puts with in the place of the text from one mark up to another, in a copy. */
static char *replaced(const char *text, const char *from, const char *to, const char *with)
{
    const char *a = strstr(text, from);
    assert_non_null(a);
    const char *b = strstr(a, to);
    assert_non_null(b);
    size_t room = strlen(text) + strlen(with) + 1;
    char *out = malloc(room);
    assert_non_null(out);
    snprintf(out, room, "%.*s%s%s", (int)(a - text), text, with, b);
    return out;
}

static void put(struct hall *h, const char *id, char *state, char *script)
{
    struct ceremony_record rec;
    assert_ok(ceremonies_get(session_store(h->session), id, &rec));
    if (state != NULL) {
        free(rec.state);
        rec.state = state;
    }
    if (script != NULL) {
        free(rec.script_text);
        rec.script_text = script;
    }
    assert_ok(store_begin(session_store(h->session)));
    assert_ok(ceremonies_put(session_store(h->session), &rec));
    assert_ok(store_commit(session_store(h->session)));
    ceremony_record_free(&rec);
}

static void assert_not_resumed(struct hall *h, const char *id, enum kr_error why)
{
    struct ceremony *c = NULL;
    enum kr_error err = ceremony_resume(h->session, id, &c);
    if (err != why)
        fail_msg("%s (%s) instead of %s", kr_name(err), kr_detail(), kr_name(why));
    assert_null(c);
}

static void a_state_row_that_goes_past_the_approval_is_not_believed(void **state)
{
    char id[40], current[32], step[48];
    struct ceremony_record rec;
    unsigned at;
    struct hall *h = before_approval(id);
    (void)state;
    assert_ok(ceremonies_get(session_store(h->session), id, &rec));
    const char *line = strstr(rec.state, "current ");
    assert_int_equal(sscanf(line, "current %u", &at), 1);
    snprintf(current, sizeof current, "current %u", at + 1);
    char *moved = replaced(rec.state, "current ", "\n", current);
    snprintf(step, sizeof step, "step %u 1 ", at); /* is current */
    char *done = replaced(moved, step, "\n", "");
    size_t len = strlen(done);
    char *whole = malloc(len + 96);
    assert_non_null(whole);
    snprintf(whole, len + 96, "%sstep %u 2 0 wang \nstep %u 1 0 - \n", done, at, at + 1);
    free(moved);
    free(done);
    ceremony_record_free(&rec);
    put(h, id, whole, NULL);
    assert_not_resumed(h, id, KR_E_STORE_ROW);
    assert_non_null(strstr(kr_detail(), "step approve is not in the journal"));
    hall_close(h);
}

static void nothing_left_out_is_believed_either(void **state)
{
    char id[40], step[48];
    struct ceremony_record rec;
    unsigned at;
    struct hall *h = before_approval(id);
    (void)state;
    assert_ok(ceremonies_get(session_store(h->session), id, &rec));
    assert_int_equal(sscanf(strstr(rec.state, "current "), "current %u", &at), 1);
    snprintf(step, sizeof step, "step %u 2 ", at - 1); /* is done */
    char skipped[48];
    snprintf(skipped, sizeof skipped, "step %u 3 0 - ", at - 1);
    char *altered = replaced(rec.state, step, "\n", skipped);
    ceremony_record_free(&rec);
    put(h, id, altered, NULL);
    assert_not_resumed(h, id, KR_E_STORE_ROW);
    hall_close(h);
}

static void somebody_else_in_a_seat_than_at_the_opening_is_not_believed(void **state)
{
    char id[40];
    struct ceremony_record rec;
    struct hall *h = before_approval(id);
    (void)state;
    assert_ok(ceremonies_get(session_store(h->session), id, &rec));
    char *altered =
        replaced(rec.state, "var seat.supervisor.1 ", "\n", "var seat.supervisor.1 hua");
    ceremony_record_free(&rec);
    put(h, id, altered, NULL);
    assert_not_resumed(h, id, KR_E_STORE_ROW);
    hall_close(h);
}

static void an_intent_that_the_journal_does_not_know_is_not_believed(void **state)
{
    char id[40];
    struct ceremony_record rec;
    struct hall *h = before_approval(id);
    (void)state;
    assert_ok(ceremonies_get(session_store(h->session), id, &rec));
    char *altered = replaced(rec.state, "var open-entry ", "var open-entry ", "var intent 3\n");
    ceremony_record_free(&rec);
    put(h, id, altered, NULL);
    assert_not_resumed(h, id, KR_E_STORE_ROW);
    assert_non_null(strstr(kr_detail(), "intent"));
    hall_close(h);
}

/* The opening entry is found by the ceremony's id: a state that does not name it is of no use. */
static void a_patched_script_is_not_resumed_whatever_the_state_says(void **state)
{
    char id[40];
    struct ceremony_record rec;
    struct hall *h = before_approval(id);
    (void)state;
    assert_ok(ceremonies_get(session_store(h->session), id, &rec));
    char *altered = replaced(rec.state, "var open-entry ", "\n", "var no-entry 1");
    char *script = replaced(rec.script_text, "Root generation", " ", "root");
    ceremony_record_free(&rec);
    put(h, id, altered, script);
    assert_not_resumed(h, id, KR_E_SCRIPT_CHANGED);
    hall_close(h);
}

static void an_untouched_state_is_gone_on_with(void **state)
{
    char id[40];
    struct hall *h = before_approval(id);
    (void)state;
    assert_ok(ceremony_resume(h->session, id, &h->ceremony));
    hall_walk_to(h, "");
    assert_journal_clean(h);
    hall_close(h);
}

/* ---- Card layouts ---- */

/* A hall whose layouts are a copy that the test may alter. */
static struct hall *with_own_layouts(void)
{
    struct hall *h = hall_open(hall_washed);
    hall_leave(h);
    hall_shell("cp -r cardio/layouts %s/layouts", h->dir);
    return h;
}

static void begin_with_layouts(struct hall *h, const char *script)
{
    char dir[PATH_ROOM];
    snprintf(dir, sizeof dir, "%s/layouts", h->dir);
    const struct session_options o = {.store_dir = h->store,
                                      .scripts_dir = "ceremony/scripts",
                                      .layouts_dir = dir,
                                      .readers = READER_SIM,
                                      .deck = h->deck,
                                      .rehearsal = true,
                                      .scripted = true};
    assert_ok(session_start(&o, &h->session));
    hall_sign_in(h, "wang");
    if (script != NULL)
        hall_begin(h, script);
}

/* The words that are read aloud when a ceremony is held with these layouts. */
static void words_of(struct hall *h, char out[REQUEST_FACTS_MAX][64], size_t *count)
{
    begin_with_layouts(h, "issue-rmkc");
    hall_walk_to(h, "script");
    *count = h->r.fact_count;
    for (size_t i = 0; i < *count; i++)
        snprintf(out[i], 64, "%.63s", h->r.facts[i].value);
}

static void a_layout_that_was_altered_sounds_otherwise(void **state)
{
    static char genuine[REQUEST_FACTS_MAX][64], altered[REQUEST_FACTS_MAX][64];
    size_t count = 0, again = 0, same = 0;
    struct hall *h = with_own_layouts();
    (void)state;
    words_of(h, genuine, &count);
    hall_leave(h);
    hall_shell("echo '# one more line' >> %s/layouts/rmkc.yaml", h->dir);
    words_of(h, altered, &again);
    assert_int_equal(count, 4);
    assert_int_equal(again, 4);
    for (size_t i = 0; i < count; i++)
        same += strcmp(genuine[i], altered[i]) == 0;
    assert_true(same < 4);
    hall_step(h);
    assert_string_equal(h->r.key, "script.heard"); /* which shows no words to compare with */
    assert_int_equal(h->r.fact_count, 0);
    hall_close(h);
}

/* After the opening the file on the disk counts no more: the ceremony goes on with what was read
 * aloud. */
static void a_ceremony_goes_on_with_the_layouts_it_was_opened_with(void **state)
{
    char id[40];
    struct layout l;
    struct hall *h = with_own_layouts();
    (void)state;
    begin_with_layouts(h, "issue-rmkc");
    hall_walk_to(h, "approve");
    snprintf(id, sizeof id, "%s", ceremony_id(h->ceremony));
    assert_int_equal(hall_count(h, "open", "layout", "rmkc "), 1);
    hall_leave(h);
    hall_shell("echo 'this is no layout' > %s/layouts/rmkc.yaml", h->dir);
    begin_with_layouts(h, NULL);
    assert_ok(ceremony_resume(h->session, id, &h->ceremony));
    assert_ok(layout_for(h->ceremony, "rmkc", &l));
    assert_int_equal(layout_for(h->ceremony, "psam", &l), KR_E_LAYOUT); /* not in this script */
    hall_walk_to(h, "");
    assert_journal_clean(h);
    hall_close(h);
}

static void a_layout_altered_in_the_store_is_named_and_not_gone_on_with(void **state)
{
    char id[40];
    struct verify_report r;
    struct hall *h = with_own_layouts();
    (void)state;
    begin_with_layouts(h, "issue-rmkc");
    hall_walk_to(h, "approve");
    snprintf(id, sizeof id, "%s", ceremony_id(h->ceremony));
    hall_leave(h);
    begin_with_layouts(h, NULL);
    struct store *store = session_store(h->session);
    assert_int_equal(sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(store->db,
                                  "UPDATE layouts SET text = CAST(text || x'0A' AS BLOB)", NULL,
                                  NULL, NULL),
                     SQLITE_OK);
    assert_not_resumed(h, id, KR_E_STORE_ROW);
    assert_ok(store_verify(store, NULL, NULL, &r));
    assert_int_equal(r.problem, KR_E_STORE_ROW);
    assert_non_null(strstr(r.what, "layouts "));
    hall_close(h);
}

int main(int argc, char **argv)
{
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    hall_make_founded();
    hall_make_rooted();
    hall_make_stocked();
    hall_make_washed();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_row_that_goes_past_the_approval_is_not_believed),
        cmocka_unit_test(nothing_left_out_is_believed_either),
        cmocka_unit_test(somebody_else_in_a_seat_than_at_the_opening_is_not_believed),
        cmocka_unit_test(an_intent_that_the_journal_does_not_know_is_not_believed),
        cmocka_unit_test(a_patched_script_is_not_resumed_whatever_the_state_says),
        cmocka_unit_test(an_untouched_state_is_gone_on_with),
        cmocka_unit_test(a_layout_that_was_altered_sounds_otherwise),
        cmocka_unit_test(a_ceremony_goes_on_with_the_layouts_it_was_opened_with),
        cmocka_unit_test(a_layout_altered_in_the_store_is_named_and_not_gone_on_with),
    };
    return cmocka_run_group_tests_name("evidence", tests, NULL, hall_stages_end);
}
