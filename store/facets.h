/*
 * What entries are looked for by: derived from them when they are appended, in the same
 * transaction, so that a list of a million answers at once (journal_filter.h). Nothing is proved by
 * these tables; what they lack is derived anew when the store is opened. Inside the store floor.
 *
 * facets: one row for each value that occurs. facet_sets: for each value and each stretch of
 * FACET_STRETCH entries that it occurs in, which of them: FACET_BITS bytes are a bitmap, the lowest
 * bit of the first byte for the first entry; fewer are numbers within the stretch, ascending, two
 * bytes each, big-endian. facet_tail: of the entries not yet in sets, and of the newest one at
 * least, the ids of their values, four bytes each, big-endian.
 */
#ifndef KEYRITE_STORE_FACETS_H
#define KEYRITE_STORE_FACETS_H

#include "database.h"
#include "journal_filter.h"

#define FACET_STRETCH 1024
#define FACET_BITS    (FACET_STRETCH / 8)
#define FACET_ID      4 /* bytes of an id in facet_tail */

/* Takes in the entry, which was inserted just before. Inside a transaction. */
enum kr_error facets_append(struct store *s, const struct entry *e);
/* At opening: takes in the entries that the tables lack, in transactions of its own (all of them in
 * a store made before there were these tables). */
enum kr_error facets_catch_up(struct store *s);

uint32_t facet_id_read(const uint8_t bytes[FACET_ID]);

#endif
