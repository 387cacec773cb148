/* The journal's rows, read one after the other into a chain. Inside the store floor. */
#ifndef KEYRITE_STORE_CHAIN_ROW_H
#define KEYRITE_STORE_CHAIN_ROW_H

#include "chain.h"
#include "database.h"

/* Columns that chain_next() reads, in its order. */
#define CHAIN_COLUMNS "seq, leaf_hash, kind, salt, leaf, body"

/* Takes in the row q stands on. On KR_OK e is the caller's to free. KR_E_ENTRY_FORMAT,
 * KR_E_STORE_DAMAGED and the errors of chain_take(). */
enum kr_error chain_next(struct chain *c, struct query *q, struct entry *e);

#endif
