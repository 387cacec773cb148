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

#include "../../cardio/deck.h"
#include "../../crypto/harden.h"
#include "bare_commits.h"
#include "card_room.h"
#include "figures.h"
#include "holding.h"
#include "replay.h"
#include "steady_vcard.h"

#define CARDS         "20" /* as in PAPER */
#define CARDS_WASHED  20
#define ROUNDS_QUICK  5
#define ROUNDS_PACED  1
#define PACE_MS       20
#define COMMITS_A_ACT 3
#define PAPER         "tests/bench/centre.yaml"

enum work_kind { WASHING, ISSUING_RAKC, ISSUING_RMKC, WORK_KINDS, READING_BACK = WORK_KINDS };
struct work { /* seconds a card */
    struct samples engine, bare, more;
};
struct bench {
    struct card_room room;
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

/* ---- Cards in readers ---- */

static bool is_washing(const struct request *r)
{
    return strncmp(r->key, "wash", 4) == 0;
}

/* Washing is done in the right reader; the copy waits in the left one. Issuing needs both. */
static void lay_for(struct bench *b, const struct request *r)
{
    char card[16], copy[DECK_NAME_MAX];
    if (is_washing(r)) {
        snprintf(card, sizeof card, "mother-%02u", b->washed);
        snprintf(copy, sizeof copy, "copy-%s", card);
        room_feed(&b->room, 0, copy);
        room_feed(&b->room, 1, card);
    } else
        room_lay(&b->room, "mother-01", "mother-02");
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
    sample_add(&b->work[kind].engine, engine);
    sample_add(&b->work[kind].bare, bare);
    sample_add(&b->work[kind].more, engine - bare);
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
        room_lay(&b->room, "copy-mother-01", "copy-mother-02");
    const struct replay_how how = {.swap = is_washing(r)};
    must_hold(bare_replay(act, &how, &b->replayed), "the copy of a card answers something else");
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
        sample_add(&b->commit, bare_commit(b->commits));
}

static void hold_both(struct bench *b)
{
    const struct session_options o = {.store_dir = b->room.store,
                                      .scripts_dir = "ceremony/scripts",
                                      .layouts_dir = "cardio/layouts",
                                      .readers = READER_PCSC,
                                      .deck = b->room.deck,
                                      .rehearsal = true};
    struct holding h = {.quantity = CARDS, .before = before, .after = after, .ctx = b};
    room_restore(&b->room);
    b->act = b->washed = 0;
    b->engine = b->bare = 0;
    must(session_start(&o, &h.session), "a session");
    must(hold_begin(&h, "wang"), "signing in");
    must(hold(&h, "ceremony/scripts/card-wash.yaml"), "card-wash");
    must(hold(&h, "ceremony/scripts/issue-rmkc.yaml"), "issue-rmkc");
    session_end(&h.session);
    if (b->replaying)
        sample_add(&b->ratio, b->engine / b->bare);
}

/* ---- Figures ---- */

static bool tell_paced(struct bench *b)
{
    double ratio = samples_median(&b->ratio);
    printf("cards at %d ms a command: washing and issuing %.2f s, bare replay %.2f s: ratio %.3f "
           "(target <= 1.05) %s\n",
           PACE_MS, b->engine, b->bare, ratio, verdict(ratio <= 1.05));
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
        engine[i] = samples_median(&b->work[i].engine) * 1e3;
        bare[i] = samples_median(&b->work[i].bare) * 1e3;
        more[i] = samples_median(&b->work[i].more) * 1e3;
    }
    double allowed = 2 * samples_median(&b->commit) * 1e3 + 1, above = a_card(more);
    printf("cards at full speed: %.2f ms a card, bare replay %.2f ms, above it %.2f ms (washing "
           "%.2f, issuing RAKC %.2f, RMKC %.2f); two bare commits + 1 ms %.2f ms: ratio %.2f "
           "(target <= 1.00) %s\n",
           a_card(engine), a_card(bare), above, more[WASHING], more[ISSUING_RAKC],
           more[ISSUING_RMKC], allowed, above / allowed, verdict(above <= allowed));
    return above <= allowed;
}

static int measure(const char *folder, const char *memory, unsigned pace_ms)
{
    static struct bench b;
    room_find(&b.room, folder, memory);
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

static int both_rooms(const char *where)
{
    static const char *const ceremonies[] = {"site-init", "root-generate", "seed-generate",
                                             "card-intake", NULL};
    struct card_room room;
    room_make(&room, where);
    room_found(&room, PAPER, ceremonies);
    room_keep(&room);
    int status = room_enter(&room, 0, "");
    if (status <= 1)
        status |= room_enter(&room, PACE_MS, "");
    room_end(&room);
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
    if (argc == 5)
        return measure(argv[1], argv[2], (unsigned)strtoul(argv[3], NULL, 10));
    return both_rooms(argc > 1 ? argv[1] : "/var/tmp");
}
