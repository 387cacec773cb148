#include "runner_deck.h"

#include "reach.h"

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
    struct deck_card *cards = NULL;
    const char *hint = r->request.card_hint;

    name[0] = '\0';
    if (r->request.kind != REQUEST_CARD)
        return;
    size_t count = deck_cards(c, &cards);
    for (size_t i = 0; i < count && !name[0]; i++)
        if (hint[0] ? cards[i].looks[0] && strcmp(cards[i].looks, hint) == 0
                    : reach_suits(c->session, &r->request, &cards[i]))
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
