/*
 * What a ceremony needs of the centre before it can be held: keys in the vault, cards in a state.
 * Each step kind says what it needs, and what it makes for the steps after it. Home shows it, and
 * the opening is refused while something is missing.
 */
#ifndef KEYRITE_CEREMONY_PREREQUISITES_H
#define KEYRITE_CEREMONY_PREREQUISITES_H

#include "session.h"
#include "script.h"

enum need_kind {
    NEED_KEY,   /* the centre has no such key */
    NEED_CARDS, /* fewer cards in that state than wanted */
    NEED_NEW,   /* the key that is to be made is there already */
    NEED_WAY,   /* the centre holds its keys in another way than the script is for */
};
struct need {
    enum need_kind kind;
    char what[24];  /* key, or kind of card (a layout, for one that is issued) */
    char state[16]; /* of the cards */
    unsigned wanted, there;
};
#define NEEDS_MAX 16
struct needs {
    struct need list[NEEDS_MAX];
    size_t count; /* what is missing, at most NEEDS_MAX of it */
};
/* cards: how many a batch is to make; 0: not known yet, one is counted. The store is open. KR_OK
 * also where something is missing; errors are the store's, and KR_E_LAYOUT, KR_E_FILE for a layout
 * that cannot be read. */
enum kr_error prerequisites(struct session *s, const struct script *script, unsigned cards,
                            struct needs *out);
/* How many cards of that kind are in that state, counted up to wanted (at least 1). */
enum kr_error cards_there(struct store *s, const char *kind, const char *state, size_t wanted,
                          size_t *there);
/* "key kIctlR", "2 × washed mother card (there: 0)", separated by commas; in the current language.
 */
void needs_text(const struct needs *n, char *out, size_t room);

#endif
