/* The hands of a rehearsal: which card goes into which reader. */
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "rehearse_run.h"

#define SEEN_POLL_MS 10
#define SEEN_WAIT_MS 5000

static const struct deck_card *named(const struct deck_card *cards, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(cards[i].name, name) == 0)
            return &cards[i];
    return NULL;
}

/* Deck kind of the cards that the step asks for, "" where any will do. */
static void wanted_kind(const struct rehearsal *r, char kind[24])
{
    const struct script *script = ceremony_script(r->ceremony);
    size_t len = strcspn(r->request.key, ".[");

    kind[0] = '\0';
    for (size_t i = 0; i < script->steps_count; i++) {
        const struct script_step *step = &script->steps[i];
        if (strlen(step->id) != len || strncmp(step->id, r->request.key, len) != 0 || !step->card)
            continue;
        bool maker = strcmp(step->card, "manufacturer") == 0;
        snprintf(kind, 24, "%s%.16s", maker ? "" : "blank-", step->card);
    }
}

static bool was_drawn(const struct rehearsal *r, const char *name)
{
    for (size_t i = 0; i < r->drawn_count; i++)
        if (strcmp(r->drawn[i], name) == 0)
            return true;
    return false;
}

static bool is_fresh(const struct rehearsal *r, const struct deck_card *card, const char *kind)
{
    if (strcmp(card->kind, kind) != 0)
        return false;
    return strcmp(kind, "manufacturer") == 0 || (!card->looks[0] && !was_drawn(r, card->name));
}

/* The card a person would reach for: the one labelled as the request says; else a fresh one of the
 * kind, before all the one that lies in the reader already. */
static const struct deck_card *reach_for(const struct rehearsal *r, const struct deck_card *cards,
                                         size_t count, int slot)
{
    char kind[24];
    const char *hint = r->request.card_hint;

    for (size_t i = 0; hint[0] && i < count; i++)
        if (cards[i].looks[0] && strstr(hint, cards[i].looks))
            return &cards[i];
    wanted_kind(r, kind);
    for (size_t i = 0; i < count; i++)
        if (cards[i].slot == slot && is_fresh(r, &cards[i], kind))
            return &cards[i];
    for (size_t i = 0; i < count; i++)
        if (cards[i].slot < 0 && is_fresh(r, &cards[i], kind))
            return &cards[i];
    return NULL;
}

static uint32_t changes_of(const struct rehearsal *r, bool *present)
{
    struct reader_status status[READERS_MAX];
    enum kr_error problem;
    size_t count = readers_status(session_readers(r->session), status, READERS_MAX, &problem);
    size_t reader = r->request.reader;

    *present = reader < count && status[reader].present;
    return reader < count ? status[reader].changes : 0;
}

/* A reader that never shows the card is the ceremony's to complain about. */
static void wait_until_seen(const struct rehearsal *r, bool wanted, uint32_t before)
{
    struct timespec pause = {.tv_nsec = SEEN_POLL_MS * 1000000L};
    bool present;

    for (int waited = 0; waited < SEEN_WAIT_MS; waited += SEEN_POLL_MS) {
        if (changes_of(r, &present) != before && present == wanted)
            return;
        nanosleep(&pause, NULL);
    }
}

static enum kr_error move_card(struct rehearsal *r, const struct deck_card *card, int slot)
{
    char lying[DECK_NAME_MAX];
    bool present;
    uint32_t before = changes_of(r, &present);
    enum kr_error rc = deck_in_slot(r->deck, slot, lying);

    if (rc != KR_OK || (card && strcmp(lying, card->name) == 0) || (!card && !lying[0]))
        return rc;
    if (card && card->slot >= 0)
        rc = deck_eject(r->deck, card->slot);
    if (rc == KR_OK && lying[0])
        rc = deck_eject(r->deck, slot);
    if (rc == KR_OK && lying[0]) {
        wait_until_seen(r, false, before);
        before = changes_of(r, &present);
    }
    if (rc == KR_OK && card)
        rc = deck_insert(r->deck, card->name, slot);
    if (rc == KR_OK && card)
        wait_until_seen(r, true, before);
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
    if (!card)
        return kr_fail(KR_E_DECK_CARD, "%s (%s)", value, r->request.key);
    if (!was_drawn(r, card->name) && r->drawn_count < DECK_CARDS_ROOM)
        snprintf(r->drawn[r->drawn_count++], DECK_NAME_MAX, "%s", card->name);
    return move_card(r, card, slot);
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
