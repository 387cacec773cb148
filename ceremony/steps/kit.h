/*
 * What a step puts on its cards: the layout and the keys it names, loaded into the vault.
 */
#ifndef KEYRITE_CEREMONY_KIT_H
#define KEYRITE_CEREMONY_KIT_H

#include "steps.h"

/* What the step's layout puts on a card. Read from the store before the intent. */
struct piece_kit {
    struct layout layout;
    struct layout_value values[LAYOUT_KEYS_MAX];
    size_t count;
    vault_handle old_control; /* kMprd; 0 when the centre has none or it is not wanted */
};
/* Always to be dropped, also after an error. */
enum kr_error piece_kit_load(struct ceremony *c, bool with_adf, bool with_old,
                             struct piece_kit *kit);
void piece_kit_drop(struct ceremony *c, struct piece_kit *kit);

#endif
