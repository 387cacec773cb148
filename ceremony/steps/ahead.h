/*
 * Cards of a data file: their numbers are known before the first is drawn, so the vault derives the
 * keys of those to come in bulk, on every core, and a card's turn finds its own ready.
 */
#ifndef KEYRITE_CEREMONY_AHEAD_H
#define KEYRITE_CEREMONY_AHEAD_H

#include "kit.h"

/* Has the keys of the rows that come next in this step derived, as many as fit, unless *until says
 * that those of the row whose turn it is are there. *until: the last row that was thought of, 0
 * with a new kit. Dropping the kit wipes them. Nothing depends on it: what is not there is derived
 * when its card is made. */
void ahead_prepare(struct ceremony *c, const struct piece_kit *kit, unsigned *until);

#endif
