/*
 * When a key went from one state to another, as the journal says: read from the entries that name
 * it, which the tables for looking find (journal_filter.h); each can be proved by itself.
 */
#ifndef KEYRITE_STORE_KEY_DATES_H
#define KEYRITE_STORE_KEY_DATES_H

#include "store.h"

struct key_date {
    char state[24]; /* that it had from then on */
    int64_t time_ms;
    uint64_t seq;
    char ceremony[40];
};
/* The oldest first. KR_E_TOO_LONG. */
enum kr_error key_dates(struct store *s, const struct key_record *k, struct key_date *out,
                        size_t room, size_t *count);

#endif
