/*
 * Who signed a checkpoint, held against a log key and the people enrolled, and whether it speaks of
 * a tree. Inside the store floor; no database. docs/journal-format.md, section 6.
 */
#ifndef KEYRITE_STORE_CHECKPOINT_LINES_H
#define KEYRITE_STORE_CHECKPOINT_LINES_H

#include "checkpoint.h"
#include "journal_head.h"

/* The line of the log. KR_E_CHECKPOINT when there is none; KR_E_SIGNATURE. */
enum kr_error lines_by_log(const char *text, const char *origin, const uint8_t log_public[32]);
/* The lines of people enrolled by now; names that nobody has are passed over, as the format asks.
 * Counts those that verify. KR_E_SIGNATURE. */
enum kr_error lines_by_people(const char *text, const char *origin, const struct roster *roster,
                              uint64_t *count);
/* Both, and no line of a stranger. KR_E_CHECKPOINT, KR_E_SIGNATURE. */
enum kr_error lines_by_known(const char *text, const char *origin, const uint8_t log_public[32],
                             const struct roster *roster, uint64_t *people);
/* Origin, size and root against the tree. KR_E_CHECKPOINT. */
enum kr_error checkpoint_is_of(const struct checkpoint *c, const char *origin,
                               const struct tree *tree);
/* For the detail: the checkpoint of that size, and what is wrong with it. KR_E_CHECKPOINT. */
enum kr_error checkpoint_differs(uint64_t size, const char *what);

#endif
