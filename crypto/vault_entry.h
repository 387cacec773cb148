/*
 * A secret as it is being typed, inside the vault: the characters of a passphrase or PIN, or the
 * blocks of a component. Knows no handle and no message.
 */
#ifndef KEYRITE_CRYPTO_VAULT_ENTRY_H
#define KEYRITE_CRYPTO_VAULT_ENTRY_H

#include "vault.h"

#define ENTRY_PASSPHRASE_MAX 128
#define ENTRY_PIN_MIN        2
#define ENTRY_PIN_MAX        12
#define ENTRY_PIN_DRAWN_MIN  4
#define ENTRY_DELETE         0x7F

struct typed_entry {
    struct secret_entry_spec spec;
    struct secret
        *typed; /* characters, or one hexadecimal digit value (0..15) per byte, block by block */
    size_t len; /* bytes typed of a passphrase or PIN */
    size_t pending;                 /* continuation bytes missing from the last UTF-8 character */
    size_t blocks;                  /* component, to the end */
    size_t block;                   /* == blocks when every block has been gone through */
    uint8_t fill[ENTRY_BLOCKS_MAX]; /* digits, and the check letter */
    enum block_state state[ENTRY_BLOCKS_MAX];
};

/* KR_E_ARGUMENT for a specification that makes no sense. */
enum kr_error typed_entry_open(struct typed_entry *e, const struct secret_entry_spec *spec);
void typed_entry_close(struct typed_entry *e);
/* KR_E_TOO_LONG when there is no room for the byte; it is then not taken. */
enum kr_error typed_entry_key(struct typed_entry *e, uint8_t byte);
/* Into an open PIN entry: that many digits, drawn instead of typed. KR_E_ARGUMENT unless it is
 * empty and takes so many, at least ENTRY_PIN_DRAWN_MIN. */
enum kr_error typed_entry_draw_pin(struct typed_entry *e, size_t digits);
enum kr_error typed_entry_block(struct typed_entry *e, size_t block);
void typed_entry_state(const struct typed_entry *e, struct secret_entry_state *s);
/* Characters (not bytes) typed of a passphrase or PIN. */
size_t typed_entry_characters(const struct typed_entry *e);
/* KR_OK, KR_E_ENTRY_BLOCK naming the first wrong block, KR_E_ENTRY_INCOMPLETE with "typed/wanted".
 */
enum kr_error typed_entry_complete(const struct typed_entry *e);
enum kr_error typed_entry_compare(const struct typed_entry *first, struct typed_entry *second);

/* The three ways out of a complete entry; each result is the caller's. */
enum kr_error typed_entry_passphrase(const struct typed_entry *e, struct secret **out);
enum kr_error typed_entry_component(const struct typed_entry *e, struct secret **out);
/* BCD, filled with F to len bytes; len 0: as many as the digits need, at least 2. */
enum kr_error typed_entry_pin(const struct typed_entry *e, size_t len, struct secret **out);

#endif
