/* The hands of a rehearsal: which card goes into which reader. */
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "language.h"
#include "reach.h"
#include "rehearse_run.h"

#define SEEN_POLL_MS 10
#define SEEN_WAIT_MS 5000
#define SETTLE_MS    1000

static const struct deck_card *named(const struct deck_card *cards, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(cards[i].name, name) == 0)
            return &cards[i];
    return NULL;
}

static const struct script_step *asking_step(const struct rehearsal *r)
{
    const struct script *script = ceremony_script(r->ceremony);
    size_t len = strcspn(r->request.key, ".[");

    for (size_t i = 0; i < script->steps_count; i++)
        if (strlen(script->steps[i].id) == len &&
            strncmp(script->steps[i].id, r->request.key, len) == 0)
            return &script->steps[i];
    return NULL;
}

static bool was_drawn(const struct rehearsal *r, const char *name)
{
    for (size_t i = 0; i < r->drawn_count; i++)
        if (strcmp(r->drawn[i], name) == 0)
            return true;
    return false;
}

/* A remade card is one that nobody has labelled or taken yet. */
static bool suits(struct rehearsal *r, const struct deck_card *card)
{
    if (!reach_suits(r->session, &r->request, card))
        return false;
    return card->looks[0] || !was_drawn(r, card->name);
}

/* The card labelled as the request says; else one that suits, before all the one that lies in the
 * reader already. */
static const struct deck_card *reach_for(struct rehearsal *r, const struct deck_card *cards,
                                         size_t count, int slot)
{
    const char *hint = r->request.card_hint;
    const struct deck_card *found = NULL;

    for (size_t i = 0; hint[0] && i < count; i++)
        if (cards[i].looks[0] && strcmp(hint, cards[i].looks) == 0)
            return &cards[i];
    for (size_t i = 0; i < count; i++) {
        if (cards[i].slot == slot && suits(r, &cards[i]))
            return &cards[i];
        if (!found && cards[i].slot < 0 && suits(r, &cards[i]))
            found = &cards[i];
    }
    return found;
}

static uint32_t changes_of(const struct rehearsal *r, size_t reader, bool *present)
{
    struct reader_status status[READERS_MAX];
    enum kr_error problem;
    size_t count = readers_status(session_readers(r->session), status, READERS_MAX, &problem);

    *present = reader < count && status[reader].present;
    return reader < count ? status[reader].changes : 0;
}

/* Until the reader shows a card (or none) and, with before, has changed since. A reader that never
 * does is the ceremony's to complain about. */
static bool wait_until(const struct rehearsal *r, size_t reader, int ms, bool wanted,
                       const uint32_t *before)
{
    struct timespec pause = {.tv_nsec = SEEN_POLL_MS * 1000000L};
    bool present;

    for (int waited = 0; waited < ms; waited += SEEN_POLL_MS) {
        uint32_t changes = changes_of(r, reader, &present);
        if (present == wanted && (!before || changes != *before))
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

/* Lies there already and the reader sees it; after a problem a person takes it out and puts it
 * back. */
static bool lies_well(const struct rehearsal *r, const struct deck_card *card, const char *lying)
{
    if (!card || strcmp(lying, card->name) != 0)
        return !card && !lying[0];
    return !r->request.problem[0] && wait_until(r, r->request.reader, SETTLE_MS, true, NULL);
}

/* What a person laid into another reader and what is not there now, after a problem, goes back too:
 * of two cards that work together the question names one. */
static enum kr_error put_back_other(struct rehearsal *r)
{
    enum kr_error rc = KR_OK;
    for (int slot = 0; rc == KR_OK && slot < DECK_SLOTS; slot++) {
        char lying[DECK_NAME_MAX];
        uint32_t before;
        bool present;
        if (slot == (int)r->request.reader || !r->request.problem[0] || !r->laid[slot][0])
            continue;
        rc = deck_in_slot(r->deck, slot, lying);
        if (rc != KR_OK || lying[0])
            continue;
        before = changes_of(r, (size_t)slot, &present);
        rc = deck_insert(r->deck, r->laid[slot], slot);
        if (rc == KR_OK)
            (void)wait_until(r, (size_t)slot, SEEN_WAIT_MS, true, &before);
    }
    return rc;
}

static void remember_laid(struct rehearsal *r, const struct deck_card *card, int slot)
{
    for (int other = 0; card && other < DECK_SLOTS; other++)
        if (strcmp(r->laid[other], card->name) == 0)
            r->laid[other][0] = '\0';
    snprintf(r->laid[slot], sizeof r->laid[slot], "%s", card ? card->name : "");
}

/* card NULL: the reader is emptied. */
static enum kr_error move_card(struct rehearsal *r, const struct deck_card *card, int slot)
{
    char lying[DECK_NAME_MAX];
    bool present;
    enum kr_error rc = put_back_other(r);

    if (rc == KR_OK)
        rc = deck_in_slot(r->deck, slot, lying);
    if (rc == KR_OK)
        remember_laid(r, card, slot);
    if (rc != KR_OK || lies_well(r, card, lying))
        return rc;
    uint32_t before = changes_of(r, r->request.reader, &present);
    if (card && card->slot >= 0 && card->slot != slot)
        rc = deck_eject(r->deck, card->slot);
    if (rc == KR_OK && lying[0])
        rc = deck_eject(r->deck, slot);
    if (rc == KR_OK && lying[0] && present)
        (void)wait_until(r, r->request.reader, SEEN_WAIT_MS, false, &before);
    before = changes_of(r, r->request.reader, &present);
    if (rc == KR_OK && card)
        rc = deck_insert(r->deck, card->name, slot);
    if (rc == KR_OK && card)
        (void)wait_until(r, r->request.reader, SEEN_WAIT_MS, true, &before);
    return rc;
}

static enum kr_error find_and_move(struct rehearsal *r, const char *value,
                                   const struct deck_card *cards, size_t count)
{
    int slot = (int)r->request.reader;
    bool reach = strcmp(value, "auto") == 0;
    const struct deck_card *card =
        reach ? reach_for(r, cards, count, slot) : named(cards, count, value);

    if (!card && reach && r->request.card_hint[0])
        return kr_fail(KR_E_DECK_CARD, "%s", r->request.card_hint);
    if (!card && reach)
        return kr_fail(KR_E_DECK_NONE, "%s", r->request.key);
    if (!card)
        return kr_fail(KR_E_DECK_CARD, "%s (%s)", value, r->request.key);
    if (!was_drawn(r, card->name) && r->drawn_count < DECK_CARDS_ROOM)
        snprintf(r->drawn[r->drawn_count++], DECK_NAME_MAX, "%s", card->name);
    enum kr_error rc = KR_OK;
    if (reach && r->request.card_write[0])
        rc = deck_label(r->deck, card->name, r->request.card_write);
    return rc == KR_OK ? move_card(r, card, slot) : rc;
}

enum kr_error rehearse_card(struct rehearsal *r, const char *value)
{
    size_t count = 0;

    if (strcmp(value, "keep") == 0)
        return KR_OK;
    if (strcmp(value, "none") == 0)
        return move_card(r, NULL, (int)r->request.reader);
    struct deck_card *cards = calloc(DECK_CARDS_ROOM, sizeof *cards);
    if (!cards)
        return KR_E_MEMORY;
    enum kr_error rc = deck_list(r->deck, cards, DECK_CARDS_ROOM, &count);
    if (rc == KR_OK)
        rc = find_and_move(r, value, cards, count);
    free(cards);
    return rc;
}

/* ---- Labels ---- */

static enum kr_error lying_card(struct rehearsal *r, struct deck_card *lying)
{
    const struct script_step *step = asking_step(r);
    struct deck_card *cards = calloc(DECK_CARDS_ROOM, sizeof *cards);
    size_t count = 0;

    memset(lying, 0, sizeof *lying);
    if (!cards)
        return KR_E_MEMORY;
    enum kr_error rc = deck_list(r->deck, cards, DECK_CARDS_ROOM, &count);
    for (size_t i = 0; rc == KR_OK && step && i < count; i++)
        if (cards[i].slot >= 0 && cards[i].slot == step->reader - 1)
            *lying = cards[i];
    free(cards);
    return rc;
}

enum kr_error rehearse_label(struct rehearsal *r)
{
    struct deck_card lying;
    const char *part = strchr(r->request.key, '.');

    if (!part || strncmp(part, ".label", 6) != 0 || r->request.fact_count == 0)
        return KR_OK;
    enum kr_error rc = lying_card(r, &lying);
    if (rc == KR_OK && lying.name[0])
        rc = deck_label(r->deck, lying.name, r->request.facts[0].value);
    return rc;
}

enum kr_error rehearse_void(struct rehearsal *r)
{
    struct deck_card lying;
    enum kr_error rc = lying_card(r, &lying);

    if (rc != KR_OK || !lying.name[0])
        return rc;
    return deck_label(r->deck, lying.name, "spoiled");
}

enum kr_error rehearse_gone(struct rehearsal *r)
{
    const char *hint = r->request.card_hint;
    struct deck_card *cards = calloc(DECK_CARDS_ROOM, sizeof *cards);
    size_t count = 0;

    if (!cards)
        return KR_E_MEMORY;
    enum kr_error rc = deck_list(r->deck, cards, DECK_CARDS_ROOM, &count);
    for (size_t i = 0; rc == KR_OK && i < count; i++)
        if (strcmp(cards[i].looks, hint) == 0)
            rc = deck_label(r->deck, cards[i].name, "spoiled");
    free(cards);
    return rc;
}

enum kr_error rehearse_deck(struct rehearsal *r)
{
    struct stat st;
    char first[DECK_NAME_MAX];
    unsigned count;
    const char *kind;

    if (stat(r->deck, &st) == 0)
        return S_ISDIR(st.st_mode) ? KR_OK : kr_fail(KR_E_DECK, "%s", r->deck);
    enum kr_error rc = deck_make(r->deck);
    for (size_t n = 0; rc == KR_OK && (kind = answers_deck(r->answers, n, &count)) != NULL; n++)
        rc = deck_new(r->deck, kind, count, first);
    return rc;
}
