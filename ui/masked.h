/*
 * A secret being typed, as it may be seen: dots, and what the vault says about each block. The
 * bytes themselves go from the keyboard to the vault; nothing here ever has them.
 */
#ifndef KEYRITE_UI_MASKED_H
#define KEYRITE_UI_MASKED_H

#include "draw.h"
#include "../crypto/vault.h"

/* Columns: the label takes MASKED_LABEL, each block MASKED_BLOCK; demonstration sheets use the
 * same, so that they lie under the blocks they belong to. */
#define MASKED_LABEL 9
#define MASKED_BLOCK 7

void masked_draw(struct pane *p, const struct secret_entry_spec *spec,
                 const struct secret_entry_state *state);
/* Digits of a component typed so far (check letters not counted). */
size_t masked_digits(const struct secret_entry_state *state);
/* The first wrong block, 1-based; 0 for none. */
size_t masked_wrong(const struct secret_entry_state *state);

#endif
