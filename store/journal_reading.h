/*
 * Reading single entries of the journal so that they can be relied on before the whole is verified:
 * what was signed, by whom, and that it says what was signed. Inside the store floor.
 */
#ifndef KEYRITE_STORE_JOURNAL_READING_H
#define KEYRITE_STORE_JOURNAL_READING_H

#include "database.h"

/* The three columns salt, leaf, body, from column first on. */
enum kr_error entry_from_row(struct query *q, int first, struct entry *e);
/* Every signature against the key its signer is enrolled with, revoked or not, and whether these
 * may sign such an entry. The errors of signing_check(), KR_E_SIGNATURE. */
enum kr_error entry_prove(const struct roster *known, const struct entry *e);

#endif
