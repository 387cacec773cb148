/*
 * What entries are looked for by: derived from them, so that a list of a million answers at once
 * (journal_filter.h). Nothing is proved by these tables, and an auditor compares them
 * (verify_facets.h); what they lack is derived before they are used. Inside the store floor.
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

/* The id of a value, 0 where it does not occur. */
enum kr_error facet_find(struct store *s, enum facet_class class, const char *value, int64_t *id);
/* The form of a set, as facet_sets has it: places within a stretch (the lower 32 bits of each),
 * ascending. Returns its length. */
size_t facet_set(const uint64_t *places, size_t count, uint8_t set[FACET_BITS]);
uint32_t facet_id_read(const uint8_t bytes[FACET_ID]);

#endif
