/*
 * What entries are looked for by: derived from them, so that a list of a million answers at once
 * (journal_filter.h). Nothing is proved by these tables; what they lack is derived before they are
 * used. Inside the store floor.
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

#define FACET_LAG 256

/* After each entry, inside its transaction: every FACET_LAG entries takes in those that the tables
 * lack. One by one they would make a commit of one entry slower by a third. */
enum kr_error facets_appended(struct store *s);
/* Takes in the entries that the tables lack, when there are that many at least, in transactions of
 * its own. All of them in a store made before there were these tables. */
enum kr_error facets_catch_up(struct store *s, uint64_t least);
/* Entries from 0 on that the tables have. */
enum kr_error facets_covered(struct store *s, uint64_t *entries);

uint32_t facet_id_read(const uint8_t bytes[FACET_ID]);

#endif
