/*
 * The inventory as people look at it: a page at a time in the order of the numbers, whatever its
 * size, and what the journal says of one card.
 */
#ifndef KEYRITE_STORE_INVENTORY_H
#define KEYRITE_STORE_INVENTORY_H

#include "store.h"

#define FILTER_TERMS 3
#define FILTER_WORDS 6
/* What a card must match: every term. The first word of a term is looked for anywhere in number,
 * kind, chip, state, layout, pair, ceremony and label, ASCII letters of either case; instead of it
 * one of the others may be the card's kind or state, as a whole. */
struct card_filter {
    char words[FILTER_TERMS][FILTER_WORDS]
              [48]; /* "" for none; a term without a first word matches all */
};
enum card_order {
    CARDS_BY_NUMBER,  /* the rightmost 16 digits: by series, then as they were given out */
    CARDS_BY_ARRIVAL, /* the newest piece first */
};
/* The first rows that match after a card, or before it, in that order; from NULL: from the
 * beginning, or from the end when backwards. Rows come in the order of the list either way. */
struct card_page {
    const struct card_filter *filter;
    enum card_order order;
    const struct card_record *from;
    bool backwards;
};
enum kr_error inventory_page(struct store *s, const struct card_page *page, struct card_record *out,
                             size_t room, size_t *count);
/* How many match. */
enum kr_error inventory_count(struct store *s, const struct card_filter *filter, uint64_t *count);

/* How many cards of a layout are in a state. */
struct card_tally {
    char layout[24], state[24];
    uint64_t count;
};
/* All of them, by layout and state. KR_E_TOO_LONG. */
enum kr_error inventory_tally(struct store *s, struct card_tally *out, size_t room, size_t *count);
/* Cards of a layout that are in use (issued, verified, received or delivered; also: those that are
 * washed), by their numbers; at most room of them. */
enum kr_error inventory_in_use(struct store *s, const char *layout, bool washed,
                               struct card_record *out, size_t room, size_t *count);

/* True when a card that is not spoiled bears this number (20 digits), or another one with the same
 * rightmost 16 digits and therefore the same keys. */
enum kr_error inventory_number_taken(struct store *s, const char *number, bool *taken);

/* Numbers of the entries from before - many to before - 1 that name the number or the chip, the
 * newest first. room must be many. A word of "" names nothing. */
enum kr_error journal_naming(struct store *s, const char *number, const char *chip, uint64_t before,
                             uint64_t many, uint64_t *seqs, size_t *count);

#endif
