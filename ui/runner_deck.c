#include "runner_deck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CARDS_MAX 128

/* The script step that asks: its id stands at the front of the request's key. */
static const struct script_step *asking_step(const struct runner *r)
{
    const struct script *script = ceremony_script(r->ceremony);
    size_t len = strcspn(r->request.key, ".[");

    for (size_t i = 0; i < script->steps_count; i++)
        if (strlen(script->steps[i].id) == len &&
            strncmp(script->steps[i].id, r->request.key, len) == 0)
            return &script->steps[i];
    return NULL;
}

/* What the inventory says of the card whose number is written on it; "" for none. */
static void inventory_state(struct console *c, const struct deck_card *card, char state[24])
{
    struct card_record record;
    char number[sizeof record.number] = "";
    size_t at = 0;

    for (const char *p = card->looks; *p && at + 1 < sizeof number; p++)
        if (*p >= '0' && *p <= '9')
            number[at++] = *p;
    number[at] = '\0';
    state[0] = '\0';
    if (at > 0 && session_store(c->session) &&
        cards_by_number(session_store(c->session), number, &record) == KR_OK)
        memcpy(state, record.state, sizeof record.state);
}

static bool suits(struct console *c, const struct script_step *step, const struct deck_card *card)
{
    char state[24], kind[32];

    if (strcmp(step->kind, "manufacturer-card") == 0)
        return strcmp(card->kind, "manufacturer") == 0;
    snprintf(kind, sizeof kind, "blank-%.20s", step->card ? step->card : "");
    if (strncmp(card->kind, kind, strlen(kind)) != 0)
        return false;
    inventory_state(c, card, state);
    if (strcmp(step->kind, "wash") == 0)
        return strcmp(state, "authenticated") == 0;
    if (strcmp(step->kind, "issue") == 0)
        return strcmp(state, "washed") == 0;
    return card->looks[0] == '\0';
}

static size_t deck_cards(struct console *c, struct deck_card **cards)
{
    const struct session_options *o = session_options(c->session);
    size_t count = 0;

    *cards = o->deck && o->readers == READER_SIM ? calloc(CARDS_MAX, sizeof **cards) : NULL;
    if (*cards && deck_list(o->deck, *cards, CARDS_MAX, &count) != KR_OK)
        count = 0;
    return count < CARDS_MAX ? count : CARDS_MAX;
}

void runner_deck_reach(struct console *c, const struct runner *r, char name[DECK_NAME_MAX])
{
    const struct script_step *step = asking_step(r);
    struct deck_card *cards = NULL;
    const char *hint = r->request.card_hint;

    name[0] = '\0';
    if (r->request.kind != REQUEST_CARD || !step)
        return;
    size_t count = deck_cards(c, &cards);
    for (size_t i = 0; i < count && !name[0]; i++)
        if (hint[0] ? cards[i].looks[0] && strcmp(cards[i].looks, hint) == 0
                    : suits(c, step, &cards[i]))
            memcpy(name, cards[i].name, DECK_NAME_MAX);
    free(cards);
}

void runner_deck_label(struct console *c, const struct runner *r)
{
    const struct script_step *step = asking_step(r);
    const char *part = strchr(r->request.key, '.');
    struct deck_card *cards = NULL;

    if (!step || !part || strncmp(part, ".label", 6) != 0 || r->request.fact_count == 0)
        return;
    size_t count = deck_cards(c, &cards);
    for (size_t i = 0; i < count; i++)
        if (cards[i].slot >= 0 && cards[i].slot == step->reader - 1)
            deck_label(session_options(c->session)->deck, cards[i].name, r->request.facts[0].value);
    free(cards);
}
