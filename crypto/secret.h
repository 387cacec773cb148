/*
 * The one way to hold a secret: a buffer on OpenSSL's secure heap (locked, guarded, left out of
 * core dumps), length known, wiped when freed. Nothing else carries key, component, PIN or
 * passphrase bytes.
 */
#ifndef KEYRITE_CRYPTO_SECRET_H
#define KEYRITE_CRYPTO_SECRET_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include "error.h"

struct secret {
    size_t len;      /* bytes in use */
    size_t capacity; /* bytes allocated */
    uint8_t bytes[];
};

/* Makes the secure heap (256 KiB). First act of every process that holds secrets.
 * KR_E_LOCKED_MEMORY when it cannot be locked. Safe to call again.
 * Also has OpenSSL read its configuration, which a sandbox would forbid later. */
enum kr_error secret_heap_open(void);
bool secret_heap_is_locked(void);

/* len zero bytes; the caller owns the result and gives it to secret_free(). NULL when the heap is
 * full or secret_heap_open() did not succeed. */
struct secret *secret_new(size_t len);
/* Copies len bytes in; the source is the caller's to wipe. */
struct secret *secret_from(const void *bytes, size_t len);
/* A second owner's copy, under its own name so that copies can be found. */
struct secret *secret_duplicate(const struct secret *s);
/* Wipes and frees; sets *s to NULL. NULL is fine. */
void secret_free(struct secret **s);
/* Constant-time; false when lengths differ. */
bool secret_equal(const struct secret *a, const struct secret *b);
/* Wipes any other memory that a secret passed through (a message buffer). */
void secret_wipe(void *bytes, size_t len);
/* Wipes 24 KiB of this thread's stack below the caller: functions that it called have left copies
 * of what they worked on there. */
void secret_wipe_stack(void);

#endif
