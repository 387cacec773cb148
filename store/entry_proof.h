/*
 * One entry proved by itself: every signature against the key that its signer was enrolled with by
 * then, and that a signed checkpoint covers it. The whole journal is proved by store_verify().
 */
#ifndef KEYRITE_STORE_ENTRY_PROOF_H
#define KEYRITE_STORE_ENTRY_PROOF_H

#include "store.h"

struct entry_proof {
    uint8_t leaf_hash[32];
    /* KR_E_SIGNATURE, KR_E_PERSON_UNKNOWN (not enrolled with that key), KR_E_PERSON_REVOKED. */
    enum kr_error signatures[ENTRY_SIGNERS_MAX];
    enum kr_error allowed; /* these people in these roles may sign such an entry: signing_check() */
    bool sealed;           /* there is a checkpoint after it */
    /* KR_OK: the tree of that checkpoint follows from the tree of the one before it, both signed by
     * the log, when this entry and those around it are put in their places. KR_E_CHECKPOINT. */
    enum kr_error included;
    struct checkpoint checkpoint;
    unsigned cosigners; /* people whose signature on that checkpoint verifies */
};
/* Reads the entry as journal_read() does, and proves it: KR_OK whatever the proof says. The caller
 * frees the entry. */
enum kr_error journal_prove(struct store *s, uint64_t seq, struct entry *e,
                            struct entry_proof *proof);

#endif
