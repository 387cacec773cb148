/* Which card of a deck a person would take for a request that wants one. */
#ifndef KEYRITE_UI_REACH_H
#define KEYRITE_UI_REACH_H

#include "../cardio/deck.h"
#include "../ceremony/engine.h"

/* Whether the card is of the plastic and in the state that the request names; by the number on it
 * and the inventory. */
bool reach_suits(struct session *s, const struct request *r, const struct deck_card *card);

#endif
