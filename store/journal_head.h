/* Where a journal stands while it is read or written. Inside the store floor. */
#ifndef KEYRITE_STORE_JOURNAL_HEAD_H
#define KEYRITE_STORE_JOURNAL_HEAD_H

#include "roster.h"
#include "tree.h"

/* Of a store's, journal.c alone changes head; store_commit() copies head to durable and
 * store_rollback() copies durable back, so a failed transaction leaves no trace here either. */
struct journal_head {
    struct tree tree;       /* tree.size is the number of entries */
    uint8_t last_leaf[32];  /* leaf hash of the newest entry, zeros for none */
    int64_t time_ms;        /* wall clock of the newest entry, 0 for none */
    uint64_t checkpoint_at; /* size of the newest checkpoint in the database, 0 for none */
    struct roster roster;   /* who is enrolled and may sign */
    char boot_id[40];       /* the kernel's, "-" when unknown */
};

#endif
