/*
 * How a verification comes to its verdict: the first thing that is wrong, or what kept it from
 * running. Inside the store floor; no database.
 */
#ifndef KEYRITE_STORE_VERDICT_H
#define KEYRITE_STORE_VERDICT_H

#include "signature_pool.h"
#include "verify.h"

/* Errors that say something about what is verified; all others mean that it could not run. */
bool verdict_decides(enum kr_error e);
/* Keeps the first problem, and the first error that kept the check from running. Returns true while
 * all is well. */
bool verdict_judge(struct verify_report *r, enum kr_error *trouble, enum kr_error e, uint64_t seq);
/* Waits for the signatures that were handed over. One that fails counts where it lies at or above
 * the first problem: it is what is really wrong when the chain breaks further down. */
void verdict_signatures(struct verify_report *r, enum kr_error *trouble,
                        struct signature_pool *pool);

#endif
