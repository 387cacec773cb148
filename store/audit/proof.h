/* One inclusion or consistency proof over what was read of a journal. Inside store/audit; no
 * database. */
#ifndef KEYRITE_STORE_AUDIT_PROOF_H
#define KEYRITE_STORE_AUDIT_PROOF_H

#include "../bundle/gaps.h"
#include "../verify.h"
#include "audit.h"

struct proof {
    const struct audit_options *o;
    struct gap *list; /* what the tree is made of, in order: leaves, and subtrees of gaps */
    size_t count, room;
    uint64_t size;
    char note[CHECKPOINT_MAX + 1]; /* the newest checkpoint of --size, or of all */
    uint64_t note_size;
};
/* Whether the options ask for one proof and no more: --entry, or --from with or without --until, or
 * one --checkpoint. EXIT_AGREES or EXIT_NOT_RUN. */
int proof_asked(const struct audit_options *o);
void proof_begin(struct proof *p, const struct audit_options *o);
void proof_end(struct proof *p);
/* For journal_walk() and struct bundle_watch; ctx is the struct proof. */
enum kr_error proof_item(void *ctx, struct bundle_item *item, const struct entry *e);
/* After a verification without fault: makes the proof, checks it and prints it. KR_E_NOT_FOUND for
 * an entry or size beyond the journal, KR_E_BUNDLE_LACKS for one inside a gap, KR_E_CHECKPOINT when
 * it does not hold. */
enum kr_error proof_print(struct proof *p, const struct verify_report *report);

#endif
