/*
 * The tables that entries are looked for by (facets.h), held against the entries they were derived
 * from: so an auditor sees that a filter leaves nothing out. Stretch by stretch, while the journal
 * is read: memory does not grow with it, but for four bytes a value. Part of store_verify().
 *
 * Dates are by the clock and time zone of the machine that wrote an entry, which the auditor's need
 * not have: a day counts as right if it was that day anywhere, and the month is that of the day.
 * What the tables lack behind the newest entry they have is derived before they are used, and is no
 * fault.
 */
#ifndef KEYRITE_STORE_VERIFY_FACETS_H
#define KEYRITE_STORE_VERIFY_FACETS_H

#include "database.h"
#include "entry.h"

struct facet_check;
enum kr_error facet_check_begin(struct store *s, struct facet_check **c);
void facet_check_end(struct facet_check **c);
/* Every entry in order. What differs is kept for facet_check_result(). KR_E_MEMORY and errors of
 * the database. */
enum kr_error facet_check_take(struct facet_check *c, const struct entry *e);
/* After the last entry, nobody writing meanwhile. KR_E_STORE_ROW at the first row that differs; its
 * detail names table and row, *seq the entry (UINT64_MAX: none). */
enum kr_error facet_check_result(struct facet_check *c, uint64_t *seq);

#endif
