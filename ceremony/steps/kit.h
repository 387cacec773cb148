/*
 * What a step puts on its cards: the layout, and the centre's keys that its keys are made from.
 */
#ifndef KEYRITE_CEREMONY_KIT_H
#define KEYRITE_CEREMONY_KIT_H

#include "../card_values.h"
#include "steps.h"

/* Read from the store before the intent, the same for every card of the step. */
struct piece_kit {
    struct layout layout;
    bool with_adf; /* the keys of the layout's ADF are wanted too */
    struct key_roots roots;
    vault_handle old_control; /* kMprd; 0 when the centre has none or it is not wanted */
};
/* Always to be dropped, also after an error. */
enum kr_error piece_kit_load(struct ceremony *c, bool with_adf, bool with_old,
                             struct piece_kit *kit);
void piece_kit_drop(struct ceremony *c, struct piece_kit *kit);
/* The keys of the card with that number ("" where it has none); to be dropped with
 * card_values_drop(). */
enum kr_error kit_values(struct ceremony *c, const struct piece_kit *kit, const char *number,
                         struct card_values *values);
/* Looks at the card with the old and the new (first key of the layout) control key. */
enum kr_error kit_probe(struct card *card, const struct piece_kit *kit,
                        const struct card_values *values, enum card_condition *condition);
/* Washes from whatever is found; the layout's MF part. */
enum kr_error kit_wash(struct card *card, const struct piece_kit *kit,
                       const struct card_values *values, const struct card_audit *audit);

#endif
