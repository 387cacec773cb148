/*
 * What the rows must be once the whole journal is read: for each fact its digest and the entry that
 * said it last. About 70 bytes a fact, found by its key in one step. Inside the store floor.
 */
#ifndef KEYRITE_STORE_EXPECTED_H
#define KEYRITE_STORE_EXPECTED_H

#include "database.h"
#include "rows.h"

struct expectation {
    uint32_t key; /* where it lies in the keys */
    uint32_t nth; /* among those of its fact, from 1 */
    uint64_t seq; /* the entry that said it last */
    uint8_t digest[16];
    uint8_t fact;
    uint8_t state; /* of a key: enum key_state */
    bool ended;    /* of a status: no longer open; of a card: was spoiled once; of sealed material:
                      dropped; of a key: destroyed */
    bool seen;     /* the row was there */
};
struct expected {
    struct expectation *list; /* in the order in which they were first said */
    size_t count, room;
    char *keys;
    size_t keys_len, keys_room;
    uint32_t *places; /* hash table of positions in list, plus 1 */
    size_t places_room;
    uint32_t counts[FACTS];
    int64_t series[SERIES_COUNT]; /* the last number of each that was given to a card */
};
void expected_free(struct expected *x);
/* NULL when nothing was said. The pointer is good until the next expected_add(). */
struct expectation *expected_find(const struct expected *x, enum fact fact, const char *key);
/* A new one, for a key that expected_find() does not know. KR_E_MEMORY, KR_E_TOO_LONG past 2^32
 * bytes of keys. */
enum kr_error expected_add(struct expected *x, enum fact fact, const char *key,
                           struct expectation **out);
const char *expected_key(const struct expected *x, const struct expectation *one);

/* Takes in what an entry says; every entry in order. KR_E_ENTRY_FORMAT when its lines are not as
 * the format says or contradict an earlier entry. s: whose centre's card numbers count. */
enum kr_error expected_take(struct expected *x, const struct store *s, const struct entry *e);
/* Completes a card's row by what follows from all its entries together. */
void expected_card(const struct expectation *one, struct row *r);

#endif
