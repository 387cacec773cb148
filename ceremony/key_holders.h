/*
 * Where a key goes beyond the vault: the card layouts that take it, as it is or diversified, and
 * how many cards of each the inventory has. Derived from the layouts, which name for each key of a
 * card the key of the centre that it is made from.
 */
#ifndef KEYRITE_CEREMONY_KEY_HOLDERS_H
#define KEYRITE_CEREMONY_KEY_HOLDERS_H

#include "../cardio/layout.h"
#include "session.h"

#define KEY_HOLDERS_MAX 48
#define KEY_MAP_MAX     512
struct key_holder {
    char source[24]; /* the key of the centre, and its group */
    int group;
    char layout[LAYOUT_ID_MAX];
    char plastic[12];
    char name[24];    /* as the card calls it: "BMPK" */
    bool diverse;     /* another value than the key itself, and not the same on every card */
    bool washed;      /* there from washing on, else from issuing on */
    bool later;       /* its next holder loads it: may not be there yet */
    uint64_t cards;   /* that are in use and bear it */
    uint64_t spoiled; /* out of use, and not known to be destroyed */
};
/* One for each layout and name of a key. A card may have got another version of the key than the
 * one that serves now. KR_E_TOO_LONG, KR_E_MEMORY. */
enum kr_error key_holders(struct session *s, const char *kind, int group, struct key_holder *out,
                          size_t room, size_t *count);
/* The same for all keys at once, by key, layout and name. room: KEY_MAP_MAX. */
enum kr_error key_map(struct session *s, struct key_holder *out, size_t room, size_t *count);
/* Kinds of keys that cards derive from this one, themselves or from one another ("BMPK" and "MPK"
 * from "GMPK"), in the order in which they follow; the kind itself is not among them. */
#define KEY_OFFSPRING_MAX 32
enum kr_error key_offspring(struct session *s, const char *kind, char out[KEY_OFFSPRING_MAX][24],
                            size_t *count);

#endif
