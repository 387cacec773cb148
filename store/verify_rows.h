/*
 * The rows beside the journal, held against it: keys, cards with their running numbers, pieces,
 * ceremonies, knowledge, sealed components, people. The journal is taken in entry by entry, then
 * every row is read once and found in what was said. Part of store_verify().
 */
#ifndef KEYRITE_STORE_VERIFY_ROWS_H
#define KEYRITE_STORE_VERIFY_ROWS_H

#include "database.h"
#include "verify.h"

struct row_check;
enum kr_error row_check_begin(struct store *s, struct row_check **c);
void row_check_end(struct row_check **c);
/* Every entry in order, after it was proved. KR_E_ENTRY_FORMAT when lines that rows follow from are
 * not as the format says. */
enum kr_error row_check_take(struct row_check *c, const struct entry *e);
/* After the last entry, nobody writing meanwhile. KR_E_STORE_ROW at the first row that says
 * something else than the journal, is missing, or that no entry speaks of; its detail names the
 * row, and *seq the entry (VERIFY_NO_ENTRY: none). Fills in rows and the working state of the
 * report. */
enum kr_error row_check_compare(struct row_check *c, struct roster *roster,
                                struct verify_report *report, uint64_t *seq);

#endif
