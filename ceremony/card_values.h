/*
 * The keys that go on one card: from the centre's vault, diversified there, or given by the mother
 * card that lies opened in the other reader. What is the same for every card of a step is loaded
 * once (the roots); what differs by card is made for each.
 */
#ifndef KEYRITE_CEREMONY_CARD_VALUES_H
#define KEYRITE_CEREMONY_CARD_VALUES_H

#include "run.h"

/* The centre's own keys that a layout's keys are, or are made from. */
struct key_root {
    char name[24];
    int group;
    vault_handle handle;
};
struct key_roots {
    struct key_root list[LAYOUT_KEYS_MAX * 2];
    size_t count;
};
struct card_values {
    struct layout_value values[LAYOUT_KEYS_MAX * 2];
    struct mother_key mothers[LAYOUT_KEYS_MAX * 2];
    size_t count;
    vault_handle made[LAYOUT_KEYS_MAX * 2]; /* for this card alone */
    size_t made_count;
};

/* Keys that the centre does not hold are left out: whether they are needed shows when a card's
 * values are made. Always to be dropped, also after an error. */
enum kr_error roots_load(struct ceremony *c, const struct layout *l, bool with_adf,
                         struct key_roots *roots);
/* The root of that key of the layout, NULL when the centre does not hold it. */
const struct key_root *root_of(const struct key_roots *roots, const struct layout_key *k);
void roots_drop(struct ceremony *c, struct key_roots *roots);
/* The values for the card of that number ("" where it has none yet: what its number diversifies is
 * left out then). KR_E_KEY_MISSING for a key that is not optional and comes from nowhere; the
 * roots and the layout must outlive it. Always to be dropped. */
enum kr_error card_values_make(struct ceremony *c, const struct layout *l, bool with_adf,
                               const struct key_roots *roots, const char *number,
                               struct card_values *out);
void card_values_drop(struct ceremony *c, struct card_values *v);
/* 8 bytes: region or bank identifier (a parameter of the ceremony, else the centre's own), or the
 * rightmost 8 bytes of the number. KR_E_IDENTIFIER. */
enum kr_error factor_bytes(const struct ceremony *c, enum key_factor factor, const char *number,
                           uint8_t out[8]);

#endif
