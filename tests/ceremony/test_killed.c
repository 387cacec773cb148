/* Ceremonies that are killed at one moment after another, and gone on with by another process: what
 * comes out must be what comes out when nobody interrupts. */
#include "hall.h"

#include <spawn.h>
#include <time.h>

#include "../../store/database.h"

#define ANSWERS_MAX 128
#define TELLING_MAX 16384
/* The part of this program that is killed: HOLD DIR SCRIPT ANSWER MICROSECONDS. */
#define HOLD "hold"

#ifdef KEYRITE_SANITIZED
#define RARER 4 /* as much again takes that many times as long */
#else
#define RARER 1
#endif

extern char **environ;

/* A ceremony as it goes when nobody interrupts it. */
struct course {
    const char *script, *from;
    /* The first answer to be killed at: the approval where another course is killed before that. */
    size_t first;
    size_t answers;
    int64_t began[ANSWERS_MAX + 1]; /* microseconds; that of the last answer plus one: the end */
    char telling[TELLING_MAX];
};

/* A machine that is busy with other things sees fewer moments. */
#define MOMENTS_UNTIL_US (45 * INT64_C(1000000))
static int64_t began_us;

/* Said when a test fails. */
static char killed_at[96];

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- What a store tells ---- */

static void tell_keys(struct store *store, FILE *out)
{
    struct key_record *keys = calloc(64, sizeof *keys);
    size_t count = 0;
    assert_int_equal(keys_list(store, keys, 64, &count), KR_OK);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "key %s %d %d %s %s %d %s\n", keys[i].kind, keys[i].group, keys[i].version,
                keys[i].kcv, keys[i].state, keys[i].components, keys[i].ceremony);
    free(keys);
}

static int by_number(const void *a, const void *b)
{
    return strcmp(((const struct card_record *)a)->number, ((const struct card_record *)b)->number);
}

/* Which piece of plastic got a number may differ: people may have taken another card after the
 * interruption. */
static void tell_cards(struct store *store, FILE *out)
{
    struct card_record *cards = calloc(32, sizeof *cards);
    size_t count = 0;
    assert_int_equal(cards_list(store, NULL, NULL, cards, 32, &count), KR_OK);
    qsort(cards, count, sizeof *cards, by_number);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "card %s %s %s %s %s %s\n", cards[i].number, cards[i].kind, cards[i].state,
                cards[i].layout, cards[i].pair, cards[i].ceremony);
    free(cards);
}

static void tell_rows(struct store *store, const char *sql, const char *label, FILE *out)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        fprintf(out, "%s %s\n", label, (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
}

/* Every entry in order but those that say that people came back. */
static void tell_journal(struct store *store, FILE *out)
{
    for (uint64_t seq = 0; seq < journal_size(store); seq++) {
        struct entry e;
        char ceremony[40] = "", step[64] = "", result[128] = "";
        assert_int_equal(journal_read(store, seq, &e), KR_OK);
        (void)entry_get(&e, "ceremony", 0, ceremony, sizeof ceremony);
        (void)entry_get(&e, "step", 0, step, sizeof step);
        (void)entry_get(&e, "result", 0, result, sizeof result);
        if (strcmp(e.kind, "resume") != 0 && strcmp(e.kind, "sign-in") != 0)
            fprintf(out, "entry %s %s %s %s\n", e.kind, ceremony, step, result);
        entry_free(&e);
    }
}

static void tell(struct hall *h, char telling[TELLING_MAX])
{
    struct store *store = session_store(h->session);
    FILE *out = fmemopen(telling, TELLING_MAX, "w");
    assert_non_null(out);
    tell_keys(store, out);
    tell_cards(store, out);
    tell_rows(store, "SELECT series || ' ' || last FROM series ORDER BY series", "last", out);
    tell_rows(store, "SELECT id || ' ' || status FROM ceremonies ORDER BY id", "ceremony", out);
    tell_rows(store, "SELECT ceremony || ' ' || name FROM sealed", "sealed", out);
    tell_journal(store, out);
    assert_int_equal(fclose(out), 0);
    assert_true(strlen(telling) < TELLING_MAX - 1);
}

/* The first line that differs says more than both tellings. */
static void assert_told_alike(const char *telling, const char *wanted)
{
    while (*telling != '\0' || *wanted != '\0') {
        size_t len = strcspn(telling, "\n"), wanted_len = strcspn(wanted, "\n");
        if (len != wanted_len || strncmp(telling, wanted, len) != 0)
            fail_msg("“%.*s” instead of “%.*s”", (int)len, telling, (int)wanted_len, wanted);
        telling += len + (telling[len] != '\0');
        wanted += wanted_len + (wanted[wanted_len] != '\0');
    }
}

/* Each intent has exactly one outcome, and that names the intent. */
static void assert_one_outcome_each(struct hall *h)
{
    struct store *store = session_store(h->session);
    unsigned char outcomes[512] = {0};
    uint64_t size = journal_size(store);
    assert_true(size <= sizeof outcomes);
    for (uint64_t seq = size; seq-- > 0;) {
        struct entry e;
        char intent[24] = "";
        assert_int_equal(journal_read(store, seq, &e), KR_OK);
        if (strcmp(e.kind, "outcome") == 0) {
            assert_int_equal(entry_get(&e, "intent", 0, intent, sizeof intent), KR_OK);
            uint64_t named = strtoull(intent, NULL, 10);
            assert_true(named < seq);
            outcomes[named]++;
        } else {
            assert_int_equal(outcomes[seq], strcmp(e.kind, "intent") == 0 ? 1 : 0);
        }
        entry_free(&e);
    }
}

/* ---- Halls ---- */

static struct hall *hall_at(const char *dir)
{
    struct hall *h = calloc(1, sizeof *h);
    assert_non_null(h);
    snprintf(h->dir, sizeof h->dir, "%s", dir);
    snprintf(h->store, sizeof h->store, "%s/store", dir);
    snprintf(h->deck, sizeof h->deck, "%s/deck", dir);
    hall_session(h);
    return h;
}

static void copy_of(const char *from, char dir[64])
{
    assert_true(folder_make(dir, "hall"));
    hall_shell("cp -r %s/. %s", from, dir);
}

static bool was_held(struct store *store, const char *script)
{
    char ids[8][40];
    size_t count = 0;
    bool held = false;
    assert_int_equal(ceremonies_list(store, "closed", ids, 8, &count), KR_OK);
    for (size_t i = 0; i < count; i++) {
        struct ceremony_record record;
        assert_int_equal(ceremonies_get(store, ids[i], &record), KR_OK);
        held = held || strcmp(record.script, script) == 0;
        ceremony_record_free(&record);
    }
    return held;
}

/* Goes on with what is open; what has not been saved yet begins anew. False when it is closed
 * already. */
static bool begin_or_resume(struct hall *h, const char *script)
{
    char ids[4][40];
    size_t count = 0;
    hall_say(h, "groups", "1-2");
    hall_sign_in(h, "wang");
    if (was_held(session_store(h->session), script))
        return false;
    assert_int_equal(ceremonies_list(session_store(h->session), "open", ids, 4, &count), KR_OK);
    if (count == 0)
        hall_begin(h, script);
    else
        hall_resume(h);
    return true;
}

/* ---- The one who is killed ---- */

static void die(void)
{
    (void)kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static void die_later(long us)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    struct itimerspec when = {.it_value = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000}};
    timer_t timer;
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    assert_int_equal(timer_settime(timer, 0, &when, NULL), 0);
}

/* Dies as soon as that answer has been given (us 0), or us after beginning to give it and before
 * the next one. */
static void hold_until(struct hall *h, size_t answer, long us)
{
    while (h->answered <= answer) {
        hall_next(h);
        if (h->r.kind == REQUEST_FINISHED || h->answered == answer)
            die();
        if (h->answered + 1 == answer && us > 0)
            die_later(us);
        assert_int_equal(hall_answer(h), KR_OK);
        if (h->answered == answer && us == 0)
            die();
    }
}

static int hold_main(char **argv)
{
    struct hall *h = hall_at(argv[2]);
    assert_true(begin_or_resume(h, argv[3]));
    hold_until(h, strtoul(argv[4], NULL, 10), strtol(argv[5], NULL, 10));
    return 1;
}

static void have_killed(const char *dir, const struct course *course, size_t answer, long us)
{
    char number[24], delay[24];
    char *argv[] = {(char *)(uintptr_t) "test_killed",
                    HOLD,
                    (char *)(uintptr_t)dir,
                    (char *)(uintptr_t)course->script,
                    number,
                    delay,
                    NULL};
    pid_t pid;
    int status;
    snprintf(number, sizeof number, "%zu", answer);
    snprintf(delay, sizeof delay, "%ld", us);
    snprintf(killed_at, sizeof killed_at, "%s, answer %zu of %zu, %ld us into it", course->script,
             answer, course->answers, us);
    assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* ---- The course of a ceremony, with and without interruption ---- */

static void walk_timed(struct hall *h, struct course *course)
{
    int64_t first = now_us();
    for (;;) {
        hall_next(h);
        assert_true(h->answered < ANSWERS_MAX);
        course->began[h->answered] = now_us() - first;
        if (h->r.kind == REQUEST_FINISHED)
            break;
        if (course->first == 0 && strcmp(h->r.key, "approve") == 0)
            course->first = h->answered + 1;
        assert_int_equal(hall_answer(h), KR_OK);
    }
    assert_true(course->first > 0);
    course->answers = h->answered;
}

/* dir: where it leaves its store, for the next ceremony. */
static void uninterrupted(struct course *course, char dir[64])
{
    copy_of(course->from, dir);
    struct hall *h = hall_at(dir);
    assert_true(begin_or_resume(h, course->script));
    walk_timed(h, course);
    tell(h, course->telling);
    assert_null(strstr(course->telling, "\nsealed"));
    hall_leave(h);
    free(h);
}

static void killed_and_gone_on_with(const struct course *course, size_t answer, long us)
{
    static char telling[TELLING_MAX];
    char dir[64];
    copy_of(course->from, dir);
    have_killed(dir, course, answer, us);
    struct hall *h = hall_at(dir);
    if (begin_or_resume(h, course->script))
        hall_walk_to(h, "");
    tell(h, telling);
    assert_told_alike(telling, course->telling);
    assert_one_outcome_each(h);
    assert_journal_clean(h);
    hall_close(h);
    killed_at[0] = '\0';
}

static void killed_after_answers(struct course *course, size_t every)
{
    for (size_t n = course->first; n <= course->answers; n += every * RARER)
        killed_and_gone_on_with(course, n, 0);
}

/* Moments spread evenly over the time that the ceremony takes, each a little off its place. */
static void killed_at_moments(struct course *course, size_t moments)
{
    int64_t first = course->began[course->first - 1];
    size_t answer = course->first;
    moments /= RARER;
    int64_t slice = (course->began[course->answers] - first) / (int64_t)moments;
    srand((unsigned)getpid());
    for (size_t i = 0; i < moments && now_us() - began_us < MOMENTS_UNTIL_US; i++) {
        int64_t at = first + slice * (int64_t)i + slice * (rand() % 1000) / 1000;
        while (answer < course->answers && course->began[answer] <= at)
            answer++;
        killed_and_gone_on_with(course, answer, (long)(at - course->began[answer - 1]) + 1);
    }
}

static struct course root = {.script = "root-generate", .first = 1},
                     intake = {.script = "card-intake"}, wash = {.script = "card-wash"},
                     issue = {.script = "issue-rmkc"};
static char issued[64];

static void a_root_killed_after_any_answer_is_neither_lost_nor_made_twice(void **state)
{
    (void)state;
    killed_after_answers(&root, 1);
}

static void a_root_killed_at_any_moment_is_neither_lost_nor_made_twice(void **state)
{
    (void)state;
    killed_at_moments(&root, 6);
}

static void cards_taken_in_keep_their_numbers_whatever_answer_is_the_last(void **state)
{
    (void)state;
    killed_after_answers(&intake, 2);
}

static void cards_taken_in_keep_their_numbers_whatever_moment_is_the_last(void **state)
{
    (void)state;
    killed_at_moments(&intake, 5);
}

static void a_wash_killed_after_any_answer_leaves_each_card_washed_once(void **state)
{
    (void)state;
    killed_after_answers(&wash, 1);
}

static void a_wash_killed_at_any_moment_leaves_each_card_washed_once(void **state)
{
    (void)state;
    killed_at_moments(&wash, 7);
}

static void cards_issued_are_proved_whatever_answer_is_the_last(void **state)
{
    (void)state;
    assert_non_null(strstr(issue.telling, " rmkc verified rmkc "));
    assert_non_null(strstr(issue.telling, " rakc verified rakc "));
    killed_after_answers(&issue, 2);
}

static void cards_issued_are_proved_whatever_moment_is_the_last(void **state)
{
    (void)state;
    killed_at_moments(&issue, 8);
}

static int courses(void **state)
{
    static const char *const seeds[] = {"seed-generate", NULL};
    static char rooted[64];
    (void)state;
    began_us = now_us();
    hall_make_founded();
    root.from = hall_founded;
    uninterrupted(&root, rooted);
    hall_stage(rooted, hall_rooted, seeds);
    hall_shell("rm -rf %s", rooted);
    intake.from = hall_rooted;
    uninterrupted(&intake, hall_stocked);
    wash.from = hall_stocked;
    uninterrupted(&wash, hall_washed);
    issue.from = hall_washed;
    uninterrupted(&issue, issued);
    return 0;
}

static int courses_end(void **state)
{
    if (issued[0] != '\0')
        hall_shell("rm -rf %s", issued);
    return hall_stages_end(state);
}

static int say_when(void **state)
{
    (void)state;
    if (killed_at[0] != '\0')
        print_error("the kill was in %s\n", killed_at);
    killed_at[0] = '\0';
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_root_killed_after_any_answer_is_neither_lost_nor_made_twice,
                                  say_when),
        cmocka_unit_test_teardown(a_root_killed_at_any_moment_is_neither_lost_nor_made_twice,
                                  say_when),
        cmocka_unit_test_teardown(cards_taken_in_keep_their_numbers_whatever_answer_is_the_last,
                                  say_when),
        cmocka_unit_test_teardown(cards_taken_in_keep_their_numbers_whatever_moment_is_the_last,
                                  say_when),
        cmocka_unit_test_teardown(a_wash_killed_after_any_answer_leaves_each_card_washed_once,
                                  say_when),
        cmocka_unit_test_teardown(a_wash_killed_at_any_moment_leaves_each_card_washed_once,
                                  say_when),
        cmocka_unit_test_teardown(cards_issued_are_proved_whatever_answer_is_the_last, say_when),
        cmocka_unit_test_teardown(cards_issued_are_proved_whatever_moment_is_the_last, say_when),
    };
    int status;
    if (hall_child(argc, argv, &status))
        return status;
    if (argc == 6 && strcmp(argv[1], HOLD) == 0)
        return hold_main(argv);
    return cmocka_run_group_tests_name("killed", tests, courses, courses_end);
}
