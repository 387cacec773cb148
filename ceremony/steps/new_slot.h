/* The steps in which somebody gets a new slot: the passphrase is typed twice, and then all of it
 * takes effect in one act. */
#ifndef KEYRITE_CEREMONY_NEW_SLOT_H
#define KEYRITE_CEREMONY_NEW_SLOT_H

#include "../people.h"
#include "steps.h"

/* Phases of these steps. */
enum { SLOT_LOOK, SLOT_OLD, SLOT_NEW, SLOT_AGAIN };

/* The facts, and one way on, with these words. */
void slot_look_ask(struct ceremony *c, struct request *r, const char *go);
/* SLOT_NEW and SLOT_AGAIN, for whoever the ceremony is about. After an interruption, when the first
 * typing is gone, SLOT_NEW. */
enum kr_error slot_passphrase_ask(struct ceremony *c, struct request *r);
enum kr_error slot_passphrase_take(struct ceremony *c, const struct answer *a);
/* "wait" stays, "go" goes on to that phase. */
enum kr_error slot_look_take(struct ceremony *c, const struct answer *a, int next);

#endif
