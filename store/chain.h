/*
 * Reading the journal entry by entry, each checked against what came before: canonical form,
 * commitment, chain, tree, who may sign, and (through a pool) the signatures. Used at opening for
 * the entries after the last checkpoint and by an auditor for all of them. Inside the store floor.
 */
#ifndef KEYRITE_STORE_CHAIN_H
#define KEYRITE_STORE_CHAIN_H

#include "database.h"
#include "course.h"
#include "signature_pool.h"

struct chain {
    struct journal_head *head; /* as it stands before the next entry */
    const struct slots *slots;
    struct signature_pool *pool;
    struct intents *intents; /* these two NULL when reading does not begin at the first entry */
    struct courses *courses;
};

/* Columns that chain_next() reads, in its order. */
#define CHAIN_COLUMNS "seq, leaf_hash, kind, salt, leaf, body"

/* Takes in the row q stands on. On KR_OK e is the caller's to free. KR_E_ENTRY_FORMAT,
 * KR_E_STORE_DAMAGED and the errors of signing_check(), roster_apply(), courses_apply() and
 * intents_apply(); signatures are answered by pool_finish(). */
enum kr_error chain_next(struct chain *c, struct query *q, struct entry *e);

#endif
