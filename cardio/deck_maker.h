/* The maker of a deck's cards: its keys (DECK/factory) and the sheets it sends with the cards.
 * Inner header of cardio/. */
#ifndef KEYRITE_CARDIO_DECK_MAKER_H
#define KEYRITE_CARDIO_DECK_MAKER_H

#include "sim/cos.h"

/* Where the deck has no maker yet: takes over other's factory file, or draws a new one (NULL), and
 * writes the sheets. */
enum kr_error deck_maker_settle(const char *deck, const char *other);
/* The caller frees. */
enum kr_error deck_maker_factory(const char *deck, struct sim_factory *factory);
void deck_maker_factory_free(struct sim_factory *factory);

#endif
