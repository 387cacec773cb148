/*
 * A person's slot, opened and closed with the passphrase itself. The vault does it for the console;
 * keyrite-audit, which has no vault, does it in its own process and keeps the database key alone.
 * Format: struct slot in vault.h, docs/store-format.md.
 */
#ifndef KEYRITE_CRYPTO_SLOT_H
#define KEYRITE_CRYPTO_SLOT_H

#include "vault.h"

/* What is sealed: database key 32, log seed 32, person's seed 32, share 32 (zeros where there is
 * none). */
#define SLOT_PIECE   ((size_t)32)
#define SLOT_CONTENT (4 * SLOT_PIECE)

/* 1..23 bytes, no spaces or control characters. KR_E_ARGUMENT. */
enum kr_error slot_person_check(const char *person);
/* The key that a slot is sealed under. KR_E_ARGUMENT for a cost that would take all memory: a slot
 * is read from a file that anyone may have written. The caller frees it. */
enum kr_error slot_passphrase_key(const struct slot *slot, const struct secret *passphrase,
                                  struct secret **key);
/* The whole content, SLOT_CONTENT bytes; the caller frees it. KR_E_PASSPHRASE when it does not open
 * (an altered slot looks the same); KR_E_SEAL_BROKEN for another content. */
enum kr_error slot_unseal(const struct slot *slot, const struct secret *passphrase,
                          struct secret **content);
/* As above, the database key alone; the rest is wiped. */
enum kr_error slot_database_key(const struct slot *slot, const struct secret *passphrase,
                                struct secret **database_key);

/* The public key to which the person's shares are sealed; its private half is HKDF-SHA256 of the
 * signing seed, label "keyrite share key". */
enum kr_error slot_share_key(const struct secret *seed, uint8_t share_key[32]);
/* The share in the slot's box; the caller frees it. KR_E_SEAL_BROKEN. */
enum kr_error slot_box_open(const struct slot *slot, const struct secret *seed,
                            struct secret **share);

#endif
