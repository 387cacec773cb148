/*
 * Reading a journal entry by entry, each checked against what came before: chain, tree, who may
 * sign, and (through a pool) the signatures. Used at opening for the entries after the last
 * checkpoint, by an auditor for all of them, and for bundles, in which bodies may be withheld.
 * Inside the store floor; no database.
 */
#ifndef KEYRITE_STORE_CHAIN_H
#define KEYRITE_STORE_CHAIN_H

#include "course.h"
#include "journal_head.h"
#include "signature_pool.h"

struct chain {
    struct journal_head *head; /* as it stands before the next entry */
    const char *origin;
    const struct slots *slots; /* to which the first entry is held; NULL for a bundle */
    struct signature_pool *pool;
    struct intents *intents; /* these two NULL when reading does not begin at the first entry */
    struct courses *courses;
    const char *only; /* the ceremony whose entries are all there; NULL: every ceremony's are */
};

/* Takes in an entry that was decoded from leaf, and its body set unless it is withheld.
 * KR_E_STORE_DAMAGED and the errors of signing_check(), roster_apply(), courses_apply() and
 * intents_apply(); signatures are answered by pool_finish(). What a rule asks for and may stand in
 * an earlier withheld body counts as there. */
enum kr_error chain_take(struct chain *c, const struct entry *e, const char *leaf, size_t leaf_len);

#endif
