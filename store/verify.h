/*
 * What an auditor's check does, over a store opened read-only: canonical form of every entry, body
 * commitments, chain, tree, every signature against the key its signer had been enrolled with by
 * then, the same person twice, revoked signers, who may sign what (roles), every outcome names an
 * intent and every intent has at most one outcome, every stored checkpoint with its cosignatures,
 * the anchor, that the slots and every row of keys, cards, pieces, ceremonies, knowledge and
 * people, and the tables for searching, tell what the journal tells (verify_rows.h), and
 * (read-only) every page in use.
 */
#ifndef KEYRITE_STORE_VERIFY_H
#define KEYRITE_STORE_VERIFY_H

#include "store.h"

/* bad_seq when the problem lies in no single entry. */
#define VERIFY_NO_ENTRY UINT64_MAX

struct verify_report {
    uint64_t entries, signatures, checkpoints, people, ceremonies, open_intents;
    uint64_t cosignatures;                   /* people's signatures on checkpoints */
    bool anchor;                             /* an anchor file was there and was checked */
    uint64_t keys, cards, knowledge, pieces; /* rows that were compared with the journal */
    /* Working state: which ceremonies are not closed yet, which were prepared without having been
     * opened, and the components that wait sealed. How far such a ceremony has come is in its saved
     * state, which nobody signs. */
    uint64_t unfinished, prepared, sealed;
    /* The copy of the slot file that is damaged or behind, while the other one serves; else NULL. A
     * write that was cut off leaves one, and so does whoever changes a byte of it. */
    const char *odd_copy;
    struct checkpoint head;
    /* first thing wrong; for a checkpoint that does not agree bad_seq is the newest entry it
     * covers, for one beyond the end of the journal the first entry that is missing */
    enum kr_error problem;
    uint64_t bad_seq;
    char what[200]; /* detail of problem, data: a person, a field; for kr_explain() */
};
/* progress may be NULL; returning false cancels (KR_E_CANCELLED). Returns KR_OK when it ran to a
 * verdict (see report->problem). Signatures are checked on all processors; other users of the store
 * go on meanwhile. */
enum kr_error store_verify(struct store *s,
                           bool (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx,
                           struct verify_report *report);
/* Also proves that the journal extends a checkpoint the auditor brings: its text, signed by the
 * store's log key; signatures of people enrolled by then must verify, those of strangers are passed
 * over; or its compact form from a QR code (checkpoint_compact()); or its
 * short form from the ceremony paper. Adds to a report that store_verify() filled in;
 * does nothing when that names a problem already. KR_E_NOT_CHECKPOINT for anything else: what the
 * log has not signed proves nothing against the store. */
enum kr_error store_verify_against(struct store *s, const char *checkpoint_text, size_t len,
                                   struct verify_report *report);
/* The short form of every checkpoint in the database, oldest first. An error of each() ends it. */
enum kr_error store_checkpoints(struct store *s, void (*each)(void *ctx, const char *short_form),
                                void *ctx);

#endif
