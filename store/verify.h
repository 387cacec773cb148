/*
 * What an auditor's check does, over a store opened read-only: canonical form of every entry, body commitments, chain, tree,
 * every signature against the key its signer had been enrolled with by then, the same person twice, revoked signers, who may
 * sign what (roles), every outcome names an intent and every intent has at most one outcome, every stored checkpoint and the anchor.
 */
#ifndef KEYRITE_STORE_VERIFY_H
#define KEYRITE_STORE_VERIFY_H

#include "store.h"

struct verify_report {
    uint64_t entries, signatures, checkpoints, people, ceremonies, open_intents;
    struct checkpoint head;
    /* first thing wrong */
    enum kr_error problem;
    uint64_t bad_seq;
    char what[200];
};
/* progress may be NULL; returning false cancels. Returns KR_OK when it ran to a verdict (see report->problem). */
enum kr_error store_verify(struct store *s, bool (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx,
                           struct verify_report *report);
/* Also proves that the journal extends a checkpoint the auditor brings (text as printed). */
enum kr_error store_verify_against(struct store *s, const char *checkpoint_text, size_t len,
                                   struct verify_report *report);

#endif
