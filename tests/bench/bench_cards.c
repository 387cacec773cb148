/*
 * What a card costs through keyrite, as ratios within one run: washing a batch and issuing RAKC and
 * RMKC through a real pcscd, journal included, against the very same commands in a bare
 * SCardTransmit loop on identical copies of the cards, in turns.
 *   bench_cards [FOLDER]   (default /var/tmp; should lie on the disk that the store will lie on)
 * Exit 1 when a target is missed.
 *
 * One holding is kept untimed to know the commands (replay.h). In every timed one the engine works
 * on a card, then the bare client on that card's copy. The cards' challenges are always the same
 * (steady_vcard.h), so a copy answers exactly what the card answered; an answer that differs ends
 * the run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../cardio/deck.h"
#include "../../crypto/harden.h"
#include "bare_commits.h"
#include "holding.h"
#include "replay.h"
#include "steady_vcard.h"

#define ROOM          1024 /* of a path */
#define CARDS         "20" /* as in PAPER */
#define CARDS_WASHED  20
#define ROUNDS_QUICK  5
#define ROUNDS_PACED  2
#define PACE_MS       20
#define COMMITS_A_ACT 3
#define SAMPLES_MAX   1024
#define PAPER         "tests/bench/centre.yaml"

struct samples {
    double value[SAMPLES_MAX];
    size_t count;
};
enum work_kind { WASHING, ISSUING_RAKC, ISSUING_RMKC, WORK_KINDS, READING_BACK = WORK_KINDS };
struct work { /* seconds a card */
    struct samples engine, bare, more;
};
struct bench {
    const char *folder, *deck;
    bool replaying;
    struct acts acts;
    size_t round;
    size_t act;          /* of this holding */
    unsigned washed;     /* in this holding */
    double replayed;     /* seconds of this act */
    double engine, bare; /* seconds of this holding */
    struct bare_commits *commits;
    struct samples commit; /* seconds */
    struct work work[WORK_KINDS];
    struct samples ratio; /* whole time */
};

static void must(enum kr_error err, const char *what)
{
    char text[512];
    if (err == KR_OK)
        return;
    fprintf(stderr, "bench_cards: %s: %s\n", what, kr_explain(err, NULL, text, sizeof text));
    exit(2);
}

static void must_hold(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_cards: %s\n", what);
    exit(2);
}

static void add(struct samples *s, double value)
{
    if (s->count < SAMPLES_MAX)
        s->value[s->count++] = value;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(struct samples *s)
{
    must_hold(s->count > 0, "nothing was measured");
    qsort(s->value, s->count, sizeof *s->value, by_value);
    return s->value[s->count / 2];
}

/* In the shell, with the folder as $F and the deck as $D. */
static void shell(const char *folder, const char *deck, const char *line)
{
    must_hold(setenv("F", folder, 1) == 0 && setenv("D", deck, 1) == 0 && system(line) == 0, line);
}

static void path_in(char out[ROOM], const char *folder, const char *name)
{
    int n = snprintf(out, ROOM, "%s/%s", folder, name);
    must_hold(n > 0 && n < ROOM, name);
}

/* ---- Cards in readers ---- */

/* Names of the cards in the two readers, "" for none. */
static void lay(struct bench *b, const char *left, const char *right)
{
    const char *const wanted[2] = {left, right};
    char lying[2][DECK_NAME_MAX];
    for (int i = 0; i < 2; i++) {
        must(deck_in_slot(b->deck, i, lying[i]), "the deck");
        if (strcmp(lying[i], wanted[i]) != 0)
            must(deck_eject(b->deck, i), "the deck");
    }
    for (int i = 0; i < 2; i++)
        if (strcmp(lying[i], wanted[i]) != 0)
            must_hold(bare_wait(i, false), "a card is not seen to go");
    for (int i = 0; i < 2; i++)
        if (wanted[i][0] && strcmp(lying[i], wanted[i]) != 0)
            must(deck_insert(b->deck, wanted[i], i), "the deck");
    for (int i = 0; i < 2; i++)
        must_hold(!wanted[i][0] || bare_wait(i, true), "a card is not seen to come");
}

static bool is_washing(const struct request *r)
{
    return strncmp(r->key, "wash", 4) == 0;
}

/* Washing is done in the right reader; the copy waits in the left one. Issuing needs both. */
static void lay_for(struct bench *b, const struct request *r)
{
    char card[DECK_NAME_MAX], copy[DECK_NAME_MAX];
    if (is_washing(r)) {
        snprintf(card, sizeof card, "mother-%02u", b->washed);
        snprintf(copy, sizeof copy, "copy-%02u", b->washed);
        lay(b, copy, card);
    } else
        lay(b, "mother-01", "mother-02");
}

/* ---- One holding ---- */

/* Whoever comes first finds pcscd and the cards' programs asleep, so each does in every other act.
 */
static bool bare_first(const struct bench *b)
{
    return (b->act + b->round) % 2 == 0;
}

static enum work_kind kind_of(const struct request *r)
{
    if (is_washing(r))
        return WASHING;
    if (strcmp(r->key, "rakc") == 0)
        return ISSUING_RAKC;
    return strcmp(r->key, "rmkc") == 0 ? ISSUING_RMKC : READING_BACK;
}

static void note(struct bench *b, const struct request *r, double engine, double bare)
{
    enum work_kind kind = kind_of(r);
    b->engine += engine;
    b->bare += bare;
    if (kind == READING_BACK)
        return;
    add(&b->work[kind].engine, engine);
    add(&b->work[kind].bare, bare);
    add(&b->work[kind].more, engine - bare);
}

/* The bare client's turn, on the copies. */
static void replay(struct bench *b, const struct request *r)
{
    must_hold(b->act < b->acts.count, "more acts than were kept");
    const struct act *act = &b->acts.list[b->act];
    b->replayed = 0;
    if (act->count == 0) /* a PIN that no card was asked about yet */
        return;
    if (!is_washing(r))
        lay(b, "copy-01", "copy-02");
    must_hold(bare_replay(act, is_washing(r), &b->replayed),
              "the copy of a card answers something else");
}

static void before(void *ctx, const struct request *r)
{
    struct bench *b = ctx;
    b->washed += is_washing(r) ? 1 : 0;
    if (is_washing(r))
        lay_for(b, r);
    if (b->replaying && bare_first(b))
        replay(b, r);
    if (!is_washing(r))
        lay_for(b, r);
    must_hold(b->replaying || keep_mark(), "a mark");
}

static void after(void *ctx, const struct request *r, double seconds)
{
    struct bench *b = ctx;
    if (!b->replaying)
        return;
    if (!bare_first(b))
        replay(b, r);
    if (b->acts.list[b->act++].count == 0)
        return;
    note(b, r, seconds, b->replayed);
    for (int i = 0; i < COMMITS_A_ACT; i++)
        add(&b->commit, bare_commit(b->commits));
}

/* The centre and its cards as they were before the first of them was washed. */
static void restore(struct bench *b)
{
    lay(b, "", "");
    shell(b->folder, b->deck,
          "rm -rf $F/store && cp -a $F/before/store $F/store && cp $F/before/deck/cards/* "
          "$D/cards/ && "
          "for c in $D/cards/mother-*.card; do cp $c $D/cards/copy-${c##*-}; done");
}

static void hold_both(struct bench *b)
{
    char store[ROOM];
    path_in(store, b->folder, "store");
    const struct session_options o = {.store_dir = store,
                                      .scripts_dir = "ceremony/scripts",
                                      .layouts_dir = "cardio/layouts",
                                      .readers = READER_PCSC,
                                      .deck = b->deck,
                                      .rehearsal = true};
    struct holding h = {.quantity = CARDS, .before = before, .after = after, .ctx = b};
    restore(b);
    b->act = b->washed = 0;
    b->engine = b->bare = 0;
    must(session_start(&o, &h.session), "a session");
    must(hold_begin(&h, "wang"), "signing in");
    must(hold(&h, "ceremony/scripts/card-wash.yaml"), "card-wash");
    must(hold(&h, "ceremony/scripts/issue-rmkc.yaml"), "issue-rmkc");
    session_end(&h.session);
    if (b->replaying)
        add(&b->ratio, b->engine / b->bare);
}

/* ---- Figures ---- */

static bool tell_paced(struct bench *b)
{
    double ratio = median(&b->ratio);
    printf("cards at %d ms a command: washing and issuing %.2f s, bare replay %.2f s: ratio %.3f "
           "(target <= 1.05) %s\n",
           PACE_MS, b->engine, b->bare, ratio, ratio <= 1.05 ? "ok" : "MISSED");
    return ratio <= 1.05;
}

/* Each kind's median, a card, in milliseconds, weighed by the number of cards. */
static double a_card(const double median_ms[WORK_KINDS])
{
    return (CARDS_WASHED * median_ms[WASHING] + median_ms[ISSUING_RAKC] + median_ms[ISSUING_RMKC]) /
           (CARDS_WASHED + 2);
}

static bool tell_quick(struct bench *b)
{
    double engine[WORK_KINDS], bare[WORK_KINDS], more[WORK_KINDS];
    for (int i = 0; i < WORK_KINDS; i++) {
        engine[i] = median(&b->work[i].engine) * 1e3;
        bare[i] = median(&b->work[i].bare) * 1e3;
        more[i] = median(&b->work[i].more) * 1e3;
    }
    double allowed = 2 * median(&b->commit) * 1e3 + 1, above = a_card(more);
    printf("cards at full speed: %.2f ms a card, bare replay %.2f ms, above it %.2f ms (washing "
           "%.2f, issuing RAKC %.2f, RMKC %.2f); two bare commits + 1 ms %.2f ms: ratio %.2f "
           "(target <= 1.00) %s\n",
           a_card(engine), a_card(bare), above, more[WASHING], more[ISSUING_RAKC],
           more[ISSUING_RMKC], allowed, above / allowed, above <= allowed ? "ok" : "MISSED");
    return above <= allowed;
}

static int measure(const char *folder, const char *deck, unsigned pace_ms)
{
    static struct bench b;
    b.folder = folder;
    b.deck = deck;
    must(harden_process(), "this process");
    must_hold(bare_open(), "pcscd");
    b.commits = bare_commits_open(folder);
    must_hold(keep_begin(), "the record");
    hold_both(&b);
    must_hold(keep_end(&b.acts), "the record");
    b.replaying = true;
    for (b.round = 0; b.round < (pace_ms ? ROUNDS_PACED : ROUNDS_QUICK); b.round++)
        hold_both(&b);
    bool good = pace_ms ? tell_paced(&b) : tell_quick(&b);
    bare_commits_close(&b.commits);
    acts_free(&b.acts);
    bare_close();
    return good ? 0 : 1;
}

/* ---- The room ---- */

/* Exit status of a command. */
static int run(char *const argv[])
{
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        execv(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    must_hold(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status), argv[0]);
    return WEXITSTATUS(status);
}

/* Folder of this program's folder. */
static void build_folder(char self[ROOM], char build[ROOM])
{
    ssize_t n = readlink("/proc/self/exe", self, ROOM - 1);
    must_hold(n > 0, "/proc/self/exe");
    self[n] = '\0';
    memcpy(build, self, (size_t)n + 1);
    for (int i = 0; i < 2; i++)
        *strrchr(build, '/') = '\0';
}

static void found_centre(const char *build, const char *folder, char *deck)
{
    char program[ROOM], store[ROOM];
    path_in(program, build, "keyrite");
    path_in(store, folder, "store");
    char *const argv[] = {program,         "rehearse",    "site-init", "root-generate",
                          "seed-generate", "card-intake", "--store",   store,
                          "--deck",        deck,          "--answers", PAPER,
                          "--quiet",       NULL};
    must_hold(run(argv) == 0, "the centre could not be founded");
    shell(folder, deck,
          "mkdir $F/before && cp -a $F/store $F/before/store && cp -a $D $F/before/deck");
}

static int in_room(char *self, char *folder, char *deck, char *pace)
{
    char programs[ROOM];
    path_in(programs, folder, "programs");
    char *const argv[] = {"tests/pcsc/with-pcscd",
                          "--deck",
                          deck,
                          "--build",
                          programs,
                          "--pace",
                          pace,
                          "--",
                          self,
                          folder,
                          deck,
                          pace,
                          NULL};
    return run(argv);
}

/* The cards' files in memory where it can be had: real cards wait for no disk. */
static void make_folders(const char *where, char folder[ROOM], char parent[ROOM])
{
    snprintf(folder, ROOM, "%.200s/keyrite-cards-XXXXXX", where);
    must_hold(mkdtemp(folder) != NULL, folder);
    snprintf(parent, ROOM, "/dev/shm/keyrite-cards-XXXXXX");
    if (!mkdtemp(parent))
        snprintf(parent, ROOM, "%s", folder);
}

static int both_rooms(const char *where)
{
    char self[ROOM], build[ROOM], folder[ROOM], parent[ROOM], deck[ROOM], programs[ROOM],
        vcard[ROOM];
    char quick[] = "0", paced[16];
    build_folder(self, build);
    make_folders(where, folder, parent);
    path_in(deck, parent, "deck");
    found_centre(build, folder, deck);
    path_in(programs, folder, "programs");
    path_in(vcard, folder, "programs/keyrite-vcard");
    must_hold(mkdir(programs, 0700) == 0 && symlink(self, vcard) == 0, programs);
    snprintf(paced, sizeof paced, "%d", PACE_MS);
    int status = in_room(self, folder, deck, quick);
    if (status <= 1)
        status |= in_room(self, folder, deck, paced);
    shell(folder, parent, "rm -rf $F $D");
    return status;
}

int main(int argc, char **argv)
{
    const struct child_role roles[] = {vault_role, {"@cards", recorded_cards_serve}, watch_role};
    int status = 0;
    if (child_dispatch(argc, argv, roles, sizeof roles / sizeof roles[0], &status))
        return status;
    if (argc > 1 && strcmp(argv[1], "--deck") == 0)
        return steady_vcard(argc - 1, argv + 1);
    if (argc == 4)
        return measure(argv[1], argv[2], (unsigned)strtoul(argv[3], NULL, 10));
    return both_rooms(argc > 1 ? argv[1] : "/var/tmp");
}
