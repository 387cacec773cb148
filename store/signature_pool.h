/*
 * Checking many signatures on all processors while the caller reads on. Entries are handed over in
 * order; the answer names the first one with a signature that does not verify. Inside the store
 * floor.
 */
#ifndef KEYRITE_STORE_SIGNATURE_POOL_H
#define KEYRITE_STORE_SIGNATURE_POOL_H

#include "entry.h"

struct signature_pool;

/* One thread per processor; where no thread can be made the caller does the work itself. */
enum kr_error pool_start(struct signature_pool **p);
/* header is copied; keys[i] is the 32-byte public key of e->signers[i]. Waits while too much lies
 * unchecked. */
enum kr_error pool_add(struct signature_pool *p, const struct entry *e, const char *header,
                       size_t header_len, const uint8_t *const keys[ENTRY_SIGNERS_MAX]);
/* True once any signature failed: reading on is useless. */
bool pool_has_failed(struct signature_pool *p);
/* Waits for everything handed over. KR_OK, or the error of the lowest sequence number, then in
 * *seq; its detail is the person. */
enum kr_error pool_finish(struct signature_pool *p, uint64_t *seq);
uint64_t pool_checked(struct signature_pool *p);
/* Ends the threads; sets *p to NULL. NULL is fine. */
void pool_stop(struct signature_pool **p);

#endif
