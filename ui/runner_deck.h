/* The hands of a ceremony on simulated cards: which card of the drawer suits what is asked for, and
 * the pen that writes a number on it. Nothing here is done for real cards, where people have hands
 * of their own. */
#ifndef KEYRITE_UI_RUNNER_DECK_H
#define KEYRITE_UI_RUNNER_DECK_H

#include "runner.h"
#include "../cardio/deck.h"

/* Name of a card that suits the request, "" when none does: the drawer then opens on it. */
void runner_deck_reach(struct console *c, const struct runner *r, char name[DECK_NAME_MAX]);
/* The request shows a number that is to be written on the card in the reader: done. */
void runner_deck_label(struct console *c, const struct runner *r);

#endif
