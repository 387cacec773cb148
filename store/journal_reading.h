/*
 * Reading single entries of the journal so that they can be relied on before the whole is verified:
 * what was signed, by whom, and that it says what was signed. Inside the store floor.
 */
#ifndef KEYRITE_STORE_JOURNAL_READING_H
#define KEYRITE_STORE_JOURNAL_READING_H

#include "database.h"

/* The three columns salt, leaf, body, from column first on. */
enum kr_error entry_from_row(struct query *q, int first, struct entry *e);
/* Every signature against the key its signer is enrolled with, and whether these may sign such an
 * entry. The errors of signing_check(), KR_E_SIGNATURE. */
enum kr_error entry_prove(struct roster *roster, const struct entry *e);
/* The same for an entry read from the row of that number, by who was enrolled when it was written:
 * what was signed before somebody was revoked stays valid. KR_E_STORE_DAMAGED when it is another
 * entry's. */
enum kr_error entry_prove_written(struct store *s, const struct entry *e, uint64_t seq);
/* Who was enrolled before the entry of that number (by it, where it is the founding), into an empty
 * roster. That what is read here is signed was seen when the store was opened. */
enum kr_error roster_at(struct store *s, uint64_t seq, struct roster *roster);
/* The newest close, policy or exception entry, of that kind unless it is NULL, that is wanted,
 * proved; the caller frees it. KR_E_NOT_FOUND. */
enum kr_error journal_newest(struct store *s, const char *kind,
                             bool (*wanted)(void *ctx, const struct entry *e), void *ctx,
                             struct entry *e);
/* The same without a proof, where the roster is not known yet. */
enum kr_error journal_newest_written(struct store *s, const char *kind,
                                     bool (*wanted)(void *ctx, const struct entry *e), void *ctx,
                                     struct entry *e);
/* Who was enrolled by the entries before that number, each of which is proved, the first also to be
 * the one that the slots are bound to and to say of the centre what they say. */
enum kr_error roster_load(struct store *s, uint64_t before);

#endif
