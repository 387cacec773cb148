/*
 * Work on one piece of plastic, the same for washing and issuing: ask for the card, admit it,
 * signed intent, act, outcome. After a kill or a torn command the same card is asked for again and
 * looked at; it is completed, or voided and remade with the same number (R3). act() must therefore
 * be able to go on from whatever state it finds. A card that failed before the first command that
 * changes it was only looked at: it is asked for again and is not in doubt. One that does not come
 * back is voided by word.
 */
#ifndef KEYRITE_CEREMONY_PIECE_H
#define KEYRITE_CEREMONY_PIECE_H

#include "kit_held.h"

struct piece_work {
    const char *doing;       /* N_() text for the intent and the progress line */
    const char *state_after; /* inventory state */
    const char *(*state_before)(const struct ceremony *c); /* of the cards that are asked for */
    bool with_adf; /* the keys of the layout's ADF are wanted too */
    /* Does this card fit? Fills rec (the inventory's row, or a new one with piece 0 for a remake).
     */
    enum kr_error (*admit)(struct ceremony *c, struct card *card, const char *chip,
                           struct card_record *rec);
    enum kr_error (*act)(struct ceremony *c, struct card *card, struct card_record *rec,
                         const struct piece_kit *kit, const struct card_values *values);
    /* After the outcome, before the commit: count, go on to the next card or end the step. rec's
     * state is "spoiled" for one that was set aside. */
    enum kr_error (*finish)(struct ceremony *c, const struct card_record *rec);
    bool batch; /* a number may be set aside: the step goes on with the next one */
};
/* PIECE_OWN: free for the step that uses this. The order is that of saved states. */
enum { PIECE_CARD, PIECE_BACK, PIECE_TROUBLE, PIECE_STOPPED, PIECE_OWN, PIECE_GONE };
/* A card is asked for, and what works on it has to be ready. */
bool piece_wants_card(const struct ceremony *c);

enum kr_error piece_ask(struct ceremony *c, struct request *r, const struct piece_work *work);
enum kr_error piece_take(struct ceremony *c, const struct answer *a, const struct piece_work *work);
#endif
