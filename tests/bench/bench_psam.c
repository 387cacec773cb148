/*
 * 1,000 PSAMs washed in one batch through a real pcscd, each read back, journal included: what a
 * card costs above the very same commands in a bare SCardTransmit loop on identical copies, what
 * the processes' memory does from card 10 to card 1,000, a shorter batch at a real card's pace, and
 * how long the real console takes to answer a key meanwhile.
 *   bench_psam [FOLDER [CARDS]]   (default /var/tmp, 1000; FOLDER on the disk that the store will
 * lie on) Exit 1 when a target is missed.
 *
 * A short batch is kept untimed to know the commands (replay.h); the bare client says them to
 * copies before the long batch and after it, so that what else the machine does meanwhile falls on
 * both. The PSAMs come as from a feeding machine (card_room.h): pcscd would take half a second to
 * notice each. In the console's part they are inserted and pulled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../cardio/deck.h"
#include "../../crypto/harden.h"
#include "bare_commits.h"
#include "batch_console.h"
#include "card_room.h"
#include "figures.h"
#include "holding.h"
#include "replay.h"
#include "steady_vcard.h"

#define PAPER            "tests/bench/psams.yaml"
#define CARDS            1000
#define CARDS_KEPT       40
#define CARDS_PACED      4
#define CARDS_CONSOLE    25
#define PACE_MS          20
#define COMMITS_EVERY    10   /* cards */
#define EARLY            10   /* memory is looked at after so many cards, and at the end */
#define TARGET_GROWTH    1024 /* KiB */
#define TARGET_ANSWER_MS 50.0

enum { ENGINE, VAULT, CARD_PROCESS, PROCESSES };
struct bench {
    struct card_room room;
    struct acts acts;
    bool keeping;
    unsigned cards; /* of this batch so far */
    pid_t pids[PROCESSES];
    long early[PROCESSES], late[PROCESSES]; /* KiB */
    struct bare_commits *commits;
    struct samples engine, bare, commit; /* seconds */
};

static bool is_psam(const struct request *r)
{
    return strcmp(r->key, "wash") == 0;
}

static void psam_name(char out[24], unsigned n)
{
    snprintf(out, 24, "psam-%02u", n);
}

/* RMKC opened by RAKC, then one PSAM after the other beside it. */
static void before(void *ctx, const struct request *r)
{
    struct bench *b = ctx;
    char name[24];
    psam_name(name, b->cards + 1);
    if (is_psam(r))
        room_feed(&b->room, 1, name);
    else
        room_lay(&b->room, "mother-01", "mother-02");
    must_hold(!b->keeping || keep_mark(), "a mark");
}

static void look_at_memory(const struct bench *b, long kib[PROCESSES])
{
    for (size_t i = 0; i < PROCESSES; i++)
        kib[i] = resident_kib(b->pids[i]);
}

static void after(void *ctx, const struct request *r, double seconds)
{
    struct bench *b = ctx;
    if (!is_psam(r))
        return;
    b->cards++;
    if (b->keeping)
        return;
    sample_add(&b->engine, seconds);
    if (b->cards == EARLY)
        look_at_memory(b, b->early);
    if (b->cards % COMMITS_EVERY == 0)
        sample_add(&b->commit, bare_commit(b->commits));
}

static void begin(struct holding *h, const struct card_room *room, const char *store,
                  enum reader_kind readers)
{
    const struct session_options o = {.store_dir = store,
                                      .scripts_dir = "ceremony/scripts",
                                      .layouts_dir = "cardio/layouts",
                                      .readers = readers,
                                      .deck = room->deck,
                                      .rehearsal = true};
    must(session_start(&o, &h->session), "a session");
    must(hold_begin(h, "wang"), "signing in");
}

/* until NULL: the whole ceremony, so many PSAMs. */
static void wash(struct bench *b, unsigned cards, const char *until)
{
    char quantity[16];
    struct holding h = {
        .quantity = quantity, .until = until, .before = before, .after = after, .ctx = b};
    snprintf(quantity, sizeof quantity, "%u", cards);
    room_restore(&b->room);
    b->cards = 0;
    begin(&h, &b->room, b->room.store, READER_PCSC);
    b->pids[ENGINE] = getpid();
    b->pids[VAULT] = vault_pid(session_vault(h.session));
    b->pids[CARD_PROCESS] = readers_pid(session_readers(h.session));
    must(hold(&h, "ceremony/scripts/psam-wash.yaml"), "psam-wash");
    look_at_memory(b, b->late);
    session_end(&h.session);
}

static void keep(struct bench *b, unsigned cards)
{
    must_hold(keep_begin(), "the record");
    b->keeping = true;
    wash(b, cards, NULL);
    b->keeping = false;
    must_hold(keep_end(&b->acts), "the record");
}

/* The acts: RMKC seen, RAKC seen, RMKC opened by the PIN; from then on it stays open. */
static void replay(struct bench *b, unsigned cards)
{
    const size_t opened = 2;
    struct replay_how how = {.swap = false};
    double seconds;
    char name[24], copy[32];
    room_restore(&b->room);
    must_hold(b->acts.count == opened + 1 + cards, "another number of acts than was kept");
    room_lay(&b->room, "copy-mother-01", "copy-mother-02");
    for (size_t i = 0; i < b->acts.count; i++) {
        how.stays_open[0] = i >= opened;
        if (i > opened) {
            psam_name(name, (unsigned)(i - opened));
            snprintf(copy, sizeof copy, "copy-%s", name);
            room_feed(&b->room, 1, copy);
        }
        must_hold(bare_replay(&b->acts.list[i], &how, &seconds),
                  "the copy of a card answers something else");
        if (i > opened)
            sample_add(&b->bare, seconds);
    }
    bare_leave();
}

/* ---- Figures ---- */

static double sum(const struct samples *s)
{
    double all = 0;
    for (size_t i = 0; i < s->count; i++)
        all += s->value[i];
    return all;
}

static bool tell_quick(struct bench *b, unsigned cards)
{
    double engine = samples_median(&b->engine) * 1e3, bare = samples_median(&b->bare) * 1e3;
    double allowed = 2 * samples_median(&b->commit) * 1e3 + 1, above = engine - bare;
    printf("PSAMs at full speed: %u in one batch, %zu commands each, %.2f ms a card, bare replay "
           "%.2f ms, above it %.2f ms; two bare commits + 1 ms %.2f ms: ratio %.2f (target <= "
           "1.00) %s\n",
           cards, b->acts.list[b->acts.count - 1].count, engine, bare, above, allowed,
           above / allowed, verdict(above <= allowed));
    return above <= allowed;
}

static bool tell_memory(const struct bench *b, unsigned cards)
{
    long growth = 0;
    for (size_t i = 0; i < PROCESSES; i++)
        growth += b->late[i] - b->early[i];
    printf("PSAMs, memory at card %d and at card %u: engine %ld and %ld KiB, vault %ld and %ld, "
           "card process %ld and %ld: grown by %ld KiB (target <= %d) %s\n",
           EARLY, cards, b->early[ENGINE], b->late[ENGINE], b->early[VAULT], b->late[VAULT],
           b->early[CARD_PROCESS], b->late[CARD_PROCESS], growth, TARGET_GROWTH,
           verdict(growth <= TARGET_GROWTH));
    return growth <= TARGET_GROWTH;
}

static bool tell_paced(const struct bench *b)
{
    double engine = sum(&b->engine), bare = sum(&b->bare), ratio = engine / bare;
    printf("PSAMs at %d ms a command: %d cards %.2f s, bare replay %.2f s: ratio %.3f (target <= "
           "1.05) %s\n",
           PACE_MS, CARDS_PACED, engine, bare, ratio, verdict(ratio <= 1.05));
    return ratio <= 1.05;
}

static bool quick(struct bench *b, unsigned cards)
{
    unsigned kept = cards < CARDS_KEPT ? cards : CARDS_KEPT;
    keep(b, kept);
    replay(b, kept);
    wash(b, cards, NULL);
    replay(b, kept);
    bool good = tell_quick(b, cards);
    return tell_memory(b, cards) && good;
}

static bool paced(struct bench *b)
{
    keep(b, CARDS_PACED);
    wash(b, CARDS_PACED, NULL);
    replay(b, CARDS_PACED);
    return tell_paced(b);
}

/* The ceremony is begun here and gone on with in the console. */
static bool screen(struct bench *b)
{
    static struct samples answers;
    wash(b, CARDS_CONSOLE, "wash.mother");
    batch_console(&b->room, CARDS_CONSOLE, &answers);
    double worst = samples_worst(&answers) * 1e3, middle = samples_median(&answers) * 1e3;
    double within = samples_within(&answers, TARGET_ANSWER_MS / 1e3);
    printf("PSAMs in the console: %d cards, %zu keys pressed meanwhile, answered in %.1f ms "
           "(median), %.1f ms at worst, %.1f %% within %.0f ms: ratio %.2f (target: all) %s\n",
           CARDS_CONSOLE, answers.count, middle, worst, within * 100, TARGET_ANSWER_MS,
           worst / TARGET_ANSWER_MS, verdict(worst <= TARGET_ANSWER_MS));
    return worst <= TARGET_ANSWER_MS;
}

/* ---- The room ---- */

static int measure(char **argv)
{
    static struct bench b;
    unsigned cards = (unsigned)strtoul(argv[4], NULL, 10);
    bool good;
    room_find(&b.room, argv[1], argv[2]);
    must_hold(bare_open(), "pcscd");
    b.commits = bare_commits_open(b.room.folder);
    if (strcmp(argv[3], "0") != 0)
        good = paced(&b);
    else
        good = cards ? quick(&b, cards) : screen(&b);
    bare_commits_close(&b.commits);
    acts_free(&b.acts);
    bare_close();
    return good ? 0 : 1;
}

struct delivery {
    const char *deck;
    unsigned cards;
};

static void next_blank(void *ctx, const struct request *r)
{
    struct delivery *d = ctx;
    char name[24];
    psam_name(name, ++d->cards);
    must(deck_eject(d->deck, (int)r->reader), name);
    must(deck_insert(d->deck, name, (int)r->reader), name);
}

/* The PSAMs are taken in without pcscd: that is not measured. */
static void take_in(const struct card_room *room)
{
    char quantity[16];
    struct delivery d = {.deck = room->deck};
    struct holding h = {.quantity = quantity, .before = next_blank, .ctx = &d};
    snprintf(quantity, sizeof quantity, "%d", CARDS);
    for (int i = 0; i < DECK_SLOTS; i++)
        must(deck_eject(room->deck, i), "the deck");
    begin(&h, room, room->founding, READER_SIM);
    must(hold(&h, "ceremony/scripts/card-intake.yaml"), "card-intake");
    session_end(&h.session);
}

static int all_rooms(const char *where, const char *cards)
{
    static const char *const ceremonies[] = {"site-init", "root-generate", "seed-generate",
                                             "seed-psam", "delivery-psam", "card-intake",
                                             "card-wash", "issue-rmkc",    NULL};
    struct card_room room;
    char first[DECK_NAME_MAX];
    room_make(&room, where);
    room_found(&room, PAPER, ceremonies);
    must(deck_new(room.deck, "blank-psam", CARDS, first), "PSAMs");
    take_in(&room);
    room_keep(&room);
    int status = room_enter(&room, 0, cards);
    if (status <= 1)
        status |= room_enter(&room, PACE_MS, "0");
    if (status <= 1)
        status |= room_enter(&room, 0, "0");
    room_end(&room);
    return status;
}

int main(int argc, char **argv)
{
    const struct child_role roles[] = {vault_role, {"@cards", recorded_cards_serve}, watch_role};
    char cards[16];
    int status = 0;
    if (child_dispatch(argc, argv, roles, sizeof roles / sizeof roles[0], &status))
        return status;
    if (argc > 1 && strcmp(argv[1], "--deck") == 0)
        return steady_vcard(argc - 1, argv + 1);
    must(harden_process(), "this process");
    if (argc == 5)
        return measure(argv);
    snprintf(cards, sizeof cards, "%s", argc > 2 ? argv[2] : "");
    if (!cards[0])
        snprintf(cards, sizeof cards, "%d", CARDS);
    return all_rooms(argc > 1 ? argv[1] : "/var/tmp", cards);
}
