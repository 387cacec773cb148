/*
 * The kit of the step that goes on, kept in the vault between its cards: loading it for each one
 * would cost more than half of all that the vault does for a card. It is dropped when the step
 * ends, and when the ceremony pauses, ends or is aborted.
 */
#ifndef KEYRITE_CEREMONY_KIT_HELD_H
#define KEYRITE_CEREMONY_KIT_HELD_H

#include "kit.h"

/* The current step's kit, loaded unless it is there already. The pointer is good until the next
 * kit_held() or kit_release(). */
enum kr_error kit_held(struct ceremony *c, bool with_adf, bool with_old,
                       const struct piece_kit **kit);

#endif
