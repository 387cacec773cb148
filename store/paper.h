/*
 * Checkpoints that people hold on paper. Every ceremony that is closed gives one, so the newest
 * close entry says which paper is to be shown when the store is opened; an older copy of the whole
 * folder says an older one. What proves is the paper. In a rehearsal people may leave it: there one
 * is asked for only where somebody took a checkpoint down.
 */
#ifndef KEYRITE_STORE_PAPER_H
#define KEYRITE_STORE_PAPER_H

#include "store.h"

/* The smallest number of entries that the newest paper can be of: with the newest close entry whose
 * checkpoint people have seen. 0: there is none, or it was lost since (the exception is newer). The
 * entry is proved. */
enum kr_error paper_size(struct store *s, uint64_t *size);
/* The line of the exception that says so; two sign it, one of them a supervisor. */
#define PAPER_OVERRIDE_LINE "override"
#define PAPER_OVERRIDE      "paper"
/* Somebody took a checkpoint of that size down: counts in a rehearsal. A transaction of its own. */
enum kr_error paper_remember(struct store *s, uint64_t size);
/*
 * The short form as it was typed from paper, against the journal: there is a checkpoint of that
 * size with that root (its first 80 bits), signed by the log, and the tree of today follows from
 * its tree by the entries after it. KR_E_NOT_CHECKPOINT when it is no short form; KR_E_PAPER_OLDER
 * when people took down a newer one; KR_E_STORE_OLD when the journal is shorter than the paper
 * says; KR_E_CHECKPOINT when it says something else. form: as it is written.
 */
enum kr_error paper_check(struct store *s, const char *typed, size_t len,
                          char form[CHECKPOINT_SHORT_MAX]);
/*
 * A checkpoint in its compact form (checkpoint_compact()), from a card: signed by this log, of a
 * size at which the journal was sealed with that root, and the tree of today follows from it.
 * KR_E_NOT_CHECKPOINT when another log signed it; KR_E_STORE_OLD when the journal is shorter;
 * KR_E_CHECKPOINT when the journal went another way. c, where the text is one at all: what it says.
 */
enum kr_error paper_check_compact(struct store *s, const char *compact, struct checkpoint *c);
/* The short form that the newest paper bears, of the first checkpoint after that entry.
 * KR_E_NOT_FOUND when there is none. */
enum kr_error paper_form(struct store *s, char form[CHECKPOINT_SHORT_MAX]);

#endif
