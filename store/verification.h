/*
 * What the parts of store_verify() share while it runs (verify.c, verify_checkpoints.c). Inside the
 * store floor.
 */
#ifndef KEYRITE_STORE_VERIFICATION_H
#define KEYRITE_STORE_VERIFICATION_H

#include "chain_row.h"
#include "verify_rows.h"

/* A checkpoint of the database that is still to be reached; they are read in the order they were
 * made. */
struct pending {
    bool any;
    int64_t id;
    uint64_t size;
    uint8_t peaks[8 + 64 * 32];
    size_t peaks_len;
    char text[CHECKPOINT_MAX + 1];
};
struct verification {
    struct store *store;
    struct verify_report *report;
    struct journal_head head;
    struct intents intents;
    struct courses courses;
    struct chain chain;
    struct pending next;
    struct checkpoint anchor;
    bool anchor_kept; /* the database has a checkpoint of that size */
    struct row_check *rows;
    struct {
        enum kr_error error;
        uint64_t seq;
        char what[200];
    } row_fault;           /* held back: a signature that fails is the deeper fault */
    enum kr_error trouble; /* what kept the check from running */
};

/* Keeps the first problem, and the first error that kept the check from running. Returns true while
 * all is well. */
bool verification_judge(struct verification *v, enum kr_error e, uint64_t seq);

/* ---- Checkpoints: those of the database, the anchor, and one that is brought ---- */

/* Before the first entry. */
enum kr_error checkpoints_begin(struct verification *v);
/* Everything that was said about a journal of just the size reached. False when something is wrong.
 */
bool checkpoints_at_this_size(struct verification *v);
/* Checkpoints and anchor that speak of more than there is: the tail was cut, or an old file put
 * back. */
bool checkpoints_beyond_end(struct verification *v);

#endif
