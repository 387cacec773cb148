/*
 * Counts over a journal: keys, cards and acts by kind, person and month, as a paper with bars. Made
 * from entries, like the report of a ceremony.
 */
#ifndef KEYRITE_STORE_REPORT_STATISTICS_H
#define KEYRITE_STORE_REPORT_STATISTICS_H

#include "../entry.h"
#include "document.h"

struct statistics;

enum kr_error statistics_new(struct statistics **s);
void statistics_free(struct statistics **s);
/* Takes the next entry, in the journal's order. One whose body is withheld counts as an act alone.
 */
enum kr_error statistics_take(struct statistics *s, const struct entry *e);
/* Lays the counts out, in the language of gettext(). */
enum kr_error statistics_document(const struct statistics *s, struct document *d);

struct store;
/* All entries of a store, which are not proved on the way: verify it first where that matters. */
enum kr_error statistics_from_store(struct store *store, struct statistics **s);

#endif
