/*
 * The vault process: passphrases, PINs, components, keys and signing keys live there and nowhere
 * else. This header is the console's side. Every call is one message and its answer (about 20 us);
 * objects in the vault are known here only by handle. The vault opens no file and no network
 * connection (harden_vault).
 *
 * A handle's purpose is fixed when it is made; a key of one purpose never serves another
 * (KR_E_KEY_PURPOSE). All functions: KR_E_VAULT_GONE when the process died; everything in it is
 * then lost and vault_restart() gives an empty one.
 */
#ifndef KEYRITE_CRYPTO_VAULT_H
#define KEYRITE_CRYPTO_VAULT_H

#include <sys/types.h>
#include "suite.h"
#include "seal.h"
#include "child.h"
#include "component.h"
#include "key_block.h"

struct vault;
typedef uint32_t vault_handle; /* 0 is never a handle */

int vault_serve(int fd);
extern const struct child_role vault_role; /* { "@vault", vault_serve } */

enum kr_error vault_start(struct vault **v);
void vault_stop(struct vault **v);
enum kr_error vault_restart(struct vault *v);
pid_t vault_pid(const struct vault *v);

/* ---- Typed secrets: key by key into the vault; the caller learns only shape, never content. ----
 */

enum secret_entry_kind {
    ENTRY_PASSPHRASE, /* UTF-8, 1..128 bytes */
    ENTRY_PIN,        /* decimal digits, 2..12 */
    ENTRY_COMPONENT,  /* hexadecimal digits of one component */
};
struct secret_entry_spec {
    enum secret_entry_kind kind;
    size_t digits;      /* component: 2 * key length; else 0 */
    bool check_letters; /* component: each block of 4 digits is followed by its check letter */
};
enum block_state {
    BLOCK_EMPTY,
    BLOCK_PARTIAL,
    BLOCK_FULL /* typed, unchecked */,
    BLOCK_GOOD,
    BLOCK_WRONG
};
#define ENTRY_BLOCKS_MAX 16
struct secret_entry_state {
    size_t typed;  /* characters (PIN, passphrase) or digits and letters (component) */
    size_t wanted; /* 0 where the length is free */
    size_t blocks; /* component only */
    size_t block;  /* block the cursor is in */
    uint8_t fill[ENTRY_BLOCKS_MAX]; /* characters typed in each block */
    enum block_state state[ENTRY_BLOCKS_MAX];
    bool complete; /* everything typed and no block wrong */
};
enum kr_error vault_entry_open(struct vault *v, const struct secret_entry_spec *spec,
                               vault_handle *entry);
/* A complete PIN entry of that many digits (4..12) that nobody typed and nobody knows: each digit
 * is drawn, all equally likely. KR_E_ARGUMENT. */
enum kr_error vault_draw_pin(struct vault *v, size_t digits, vault_handle *entry);
/* byte: one typed byte (UTF-8 arrives byte by byte), 0x7F deletes. In a component a byte that is no
 * digit or check letter is ignored; typing into a WRONG or full block begins that block anew. A
 * finished block moves the cursor to the next one that is not; when all are, what is typed is
 * ignored until the cursor is moved or something deleted. A wrong block is no error here: the state
 * shows it. KR_E_TOO_LONG (the byte is not taken) beyond 128 bytes of passphrase or 12 digits of
 * PIN. The state is filled in with an error too, unless the handle is not an entry. */
enum kr_error vault_entry_key(struct vault *v, vault_handle entry, uint8_t byte,
                              struct secret_entry_state *s);
/* Cursor to a block (component). */
enum kr_error vault_entry_block(struct vault *v, vault_handle entry, size_t block,
                                struct secret_entry_state *s);
enum kr_error vault_entry_state(struct vault *v, vault_handle entry, struct secret_entry_state *s);
/* Second typing against the first: differing blocks become BLOCK_WRONG in second (KR_E_ENTRY_TWICE,
 * detail = block number(s), for a passphrase or PIN without number). */
enum kr_error vault_entry_compare(struct vault *v, vault_handle first, vault_handle second,
                                  struct secret_entry_state *s);
/* For rehearsals and tests: types a whole text. KR_E_ENTRY_BLOCK (detail: block) stops at a block
 * that its check letter refutes. */
enum kr_error vault_entry_type(struct vault *v, vault_handle entry, const char *text,
                               struct secret_entry_state *s);

/* ---- Drop: wipes any handle (entry, component, key). 0 is fine. ---- */
void vault_drop(struct vault *v, vault_handle handle);

/* ---- People and the vault key ---- */

#define PERSON_ID_MAX   24
#define SLOT_SEALED_MAX 256
#define SLOT_BOX_MAX    96
struct slot {
    char person[PERSON_ID_MAX];
    struct kdf_cost cost;
    uint8_t salt[16];
    uint8_t public_key[32];          /* Ed25519, the person's */
    uint8_t share_index;             /* 0: holds no share of the vault key */
    uint8_t quorum;                  /* k of the share */
    uint8_t founding[32];            /* leaf hash of the journal's first entry; zeros before it */
    uint8_t sealed[SLOT_SEALED_MAX]; /* seal() under the passphrase key of: database key 32, log
                                        seed 32, person seed 32, share 32 (or zeros); label: see
                                        vault_slot_label() */
    size_t sealed_len;
    /* What came later: the vault key was shared anew while the person was away. */
    uint8_t share_key[32]; /* X25519, to which a share is sealed; zeros for nobody's (format 2) */
    uint32_t sharing;      /* number of the sharing that share_index and quorum are of, from 0 */
    uint8_t sealed_index, sealed_quorum; /* what the label of sealed says, where that is older */
    uint8_t box[SLOT_BOX_MAX];           /* box_seal() of the share; label: see vault_box_label() */
    size_t box_len;                      /* 0: the share, if any, is the one in sealed */
};
/* A new centre: draws database key, log seed and vault key, splits the vault key k-of-n. Kept in
 * the vault until the slots are made and vault_found_done() is called. */
enum kr_error vault_found(struct vault *v, unsigned quorum, unsigned holders);
/* What a slot's seal binds besides its content: "keyrite-slot/2 PERSON share I of K key HEX journal
 * HEX", HEX the public key and the first entry's leaf hash: whoever puts another founding in the
 * place of the real one, and with it other people's keys, closes every slot that is not the own. */
#define VAULT_SLOT_LABEL_MAX 240
void vault_slot_label(const struct slot *slot, char label[VAULT_SLOT_LABEL_MAX]);
/* The same for the box: "keyrite-box/1 PERSON sharing S share I of K key HEX journal HEX". */
void vault_box_label(const struct slot *slot, char label[VAULT_SLOT_LABEL_MAX]);
/* The person has no share from now on. */
void vault_slot_unshare(struct slot *slot);
/* Seals a new person's slot (draws the signing seed). share_index 1..n or 0. Needs vault_found()
 * before (or later: people ceremonies). The passphrase entry stays open for the caller to drop. The
 * person is signed in. KR_E_PASSPHRASE_SHORT below 8 characters. */
enum kr_error vault_slot_make(struct vault *v, const char *person, vault_handle passphrase,
                              const struct kdf_cost *cost, uint8_t share_index, struct slot *slot);
/* While founding: seals a slot that was made in it anew, bound to the journal's first entry. */
enum kr_error vault_slot_bind(struct vault *v, const uint8_t founding[32], struct slot *slot);
enum kr_error vault_found_done(struct vault *v);

/* ---- People come and go: slots made anew, the vault key changed and shared anew ----
 *   vault_renew_begin()  then in any order  vault_renew_slot() vault_renew_share()
 *   vault_renew_material() vault_renew_prove();  what they give is put down, and then
 *   vault_renew_done(): from here on the new key, shares and signing key are in force.
 * Nothing is in force before, so that what is cut off half way never was. */

/* Draws another vault key and splits it k of n; n 0: key and shares stay as they are. sharing is
 * the number of the new sharing. KR_E_QUORUM unless the vault is open; KR_E_ARGUMENT for a quorum
 * that founding would refuse. */
enum kr_error vault_renew_begin(struct vault *v, unsigned quorum, unsigned holders,
                                uint32_t sharing);
/* A new slot, and with it a new signing key, for somebody new or (old) in the place of another
 * slot; without a share. Not signed in by it. KR_E_PASSPHRASE_SHORT; KR_E_PASSPHRASE_SAME when the
 * passphrase opens the old slot. */
enum kr_error vault_renew_slot(struct vault *v, const char *person, vault_handle passphrase,
                               const struct kdf_cost *cost, const uint8_t founding[32],
                               const struct slot *old /* or NULL */, struct slot *slot);
/* Seals share 1..n, each once, to the slot's person, whether present or not. KR_E_SHARE_KEY for
 * somebody absent whose slot has no share key. */
enum kr_error vault_renew_share(struct vault *v, uint8_t share_index, struct slot *slot);
/* Stored material (vault_store_key()) as it is under the new key: blob is changed in its place.
 * KR_E_SEAL_BROKEN. */
enum kr_error vault_renew_material(struct vault *v, const char *label, uint8_t *blob,
                                   size_t *blob_len);
/* Joins the shares of every set of k people and compares with the new key. *sets is how many there
 * were. KR_E_SHARES. */
enum kr_error vault_renew_prove(struct vault *v, unsigned *sets);
/* KR_E_QUORUM while a share has no holder. Whoever is present and holds one has it from now on;
 * below the quorum the vault closes. */
enum kr_error vault_renew_done(struct vault *v);
/* All that was not done is forgotten. */
void vault_renew_cancel(struct vault *v);

struct vault_presence {
    unsigned quorum; /* k, 0 while no share was seen */
    unsigned shares; /* distinct shares present */
    bool open;       /* the vault key is assembled */
};
/* Signs the person in: signing key, share, database key, log key. KR_E_PASSPHRASE when it does not
 * open. */
enum kr_error vault_sign_in(struct vault *v, const struct slot *slot, vault_handle passphrase,
                            struct vault_presence *p);
/* Wipes the person's signing key and share; below the quorum the vault key too. Database key and
 * log key stay until vault_restart() or vault_stop(). */
enum kr_error vault_sign_out(struct vault *v, const char *person, struct vault_presence *p);
enum kr_error vault_presence(struct vault *v, struct vault_presence *p);
/* The database key, for store_open() alone; the caller frees it at once. */
enum kr_error vault_database_key(struct vault *v, struct secret **key32);
enum kr_error vault_log_public(struct vault *v, uint8_t public_key[32]);

/* Signatures. Only messages that begin with "keyrite-entry/1\n" or "cosignature/v1\n" are signed by
 * people, only checkpoint texts by the log key. KR_E_NOT_SIGNED_IN. An entry of kind approval, and
 * one of kind balance or close for all but the first of its signers, needs vault_approver_ready()
 * before: KR_E_CREDENTIAL. */
enum kr_error vault_sign(struct vault *v, const char *person, const uint8_t *message, size_t len,
                         uint8_t sig[64]);
/* With the person's own passphrase at this moment; the key is used once and wiped. */
enum kr_error vault_sign_fresh(struct vault *v, const struct slot *slot, vault_handle passphrase,
                               const uint8_t *message, size_t len, uint8_t sig[64]);
/* Opens the slot and keeps the signing key for exactly the next vault_sign() of that person (an
 * approver who is not signed in for the session). KR_E_PASSPHRASE when it does not open. */
enum kr_error vault_approver_ready(struct vault *v, const struct slot *slot,
                                   vault_handle passphrase);
enum kr_error vault_log_sign(struct vault *v, const uint8_t *message, size_t len, uint8_t sig[64]);

/* ---- Keys ---- */

enum key_purpose {
    PURPOSE_CONTROL = 1, /* card master control: cryptograms, wraps and MACs key loads */
    PURPOSE_MAINTENANCE, /* secure messaging on files */
    PURPOSE_TRANSPORT,   /* wraps keys between cards and centres */
    PURPOSE_MASTER,      /* derived from, carried as payload; never encrypts anything itself */
    PURPOSE_AUTH,        /* external/internal authentication cryptograms */
    PURPOSE_COMPONENT,   /* only combined */
    PURPOSE_TRANSACTION, /* one card's load or TAC key: checks transactions, cards.md section 4 */
    PURPOSE_BLOCK,       /* protects key blocks, and nothing else (key_block.h) */
};
/* Takes a complete component entry over as a component; the entry is consumed. Refuses zero/weak.
 */
enum kr_error vault_component(struct vault *v, vault_handle entry, const char *suite,
                              vault_handle *component, struct kcv *kcv);
/* component_combine(); the components stay for the caller to drop. */
enum kr_error vault_combine(struct vault *v, const char *suite, const vault_handle *components,
                            size_t count, enum key_purpose purpose, vault_handle *key,
                            struct kcv *kcv);
enum kr_error vault_random(struct vault *v, const char *suite, enum key_purpose purpose,
                           vault_handle *key, struct kcv *kcv);
/* count factors of 8 bytes, one level each (at most 8), from a PURPOSE_MASTER key alone; to any
 * purpose but PURPOSE_COMPONENT and PURPOSE_BLOCK. */
enum kr_error vault_diversify(struct vault *v, vault_handle key, const uint8_t *factors8,
                              size_t count, enum key_purpose purpose, vault_handle *derived,
                              struct kcv *kcv);
/* Derives ahead, in bulk and on every core, what vault_diversify() is going to be asked for: from
 * each of 1 to VAULT_PREPARE_KEYS keys, all PURPOSE_MASTER and of one suite, by each of the factors
 * of 8 bytes, one level; together at most DIVERSIFY_MAX. vault_diversify() by one of these factors
 * then hands that key out, once; whatever else it is asked for it derives as ever, so nothing
 * depends on this. In the place of what was prepared before, also when it is refused
 * (KR_E_ARGUMENT, KR_E_KEY_PURPOSE, KR_E_SUITE, KR_E_MEMORY). Dropping one of the keys wipes all
 * that is left. */
#define VAULT_PREPARE_KEYS 64
enum kr_error vault_prepare(struct vault *v, const vault_handle *keys, size_t key_count,
                            const uint8_t *factors8, size_t count);
enum kr_error vault_kcv(struct vault *v, vault_handle key, struct kcv *kcv);

/* Stored material (a key, or a component that waits to be combined and stays a component): sealed
 * under the vault key (KR_E_QUORUM while it is not open). The label (e.g. "key/GMPK/3/7") is bound
 * in, with suite, purpose and what a key block said of it; blob needs VAULT_BLOB_MAX bytes. */
#define VAULT_BLOB_MAX 128
enum kr_error vault_store_key(struct vault *v, vault_handle key, const char *label, uint8_t *blob,
                              size_t *blob_len);
enum kr_error vault_load_key(struct vault *v, const uint8_t *blob, size_t blob_len,
                             const char *label, vault_handle *key, struct kcv *kcv);

/* ---- Cryptograms for cards (the vault knows no card: only records, headers and vectors) ---- */

/* 3DES(key, in) for authentication: CONTROL or AUTH; len 8. */
enum kr_error vault_cryptogram(struct vault *v, vault_handle key, const uint8_t in[8],
                               uint8_t out[8]);
/* As above for any purpose (but COMPONENT) with the key first diversified by factor: proof of a
 * loaded key that must not serve as an oracle itself. The factor begins with VAULT_PROOF_MARK;
 * vault_diversify() takes none that does, nor its complement: what a proof shows is of no key in
 * use. KR_E_ARGUMENT. */
#define VAULT_PROOF_MARK 0xA5
enum kr_error vault_proof(struct vault *v, vault_handle key, const uint8_t factor[8],
                          const uint8_t in[8], uint8_t out[8]);
/*
 * A key (or a complete PIN entry, BCD with F filling) on its way into a card:
 * record = LD || prefix || value, padded 80 00.., encrypted ECB under wrapping (CONTROL or
 * TRANSPORT); MAC over mac_header || ciphertext, IV iv8. out = ciphertext || MAC 4. mac_header
 * holds CLA INS P1 P2 Lc. KR_E_BLOCK_EXPORT for a key that does not leave. prefix is shorter than a
 * block, so that no block of the ciphertext is of the caller's choosing. A PIN takes as many bytes
 * as its digits need, at least 2. KR_E_KEY_PURPOSE: also for the keys that the manufacturer knows,
 * by the label they were loaded under: key/kMprd/.. wraps CONTROL keys only, key/kMtk/.. nothing,
 * and neither is a payload.
 */
enum kr_error vault_wrap(struct vault *v, vault_handle wrapping, vault_handle payload,
                         const uint8_t *prefix, size_t prefix_len, const uint8_t *mac_header,
                         size_t mac_header_len, const uint8_t iv[8], uint8_t *out,
                         size_t *out_len /* in: room */);
/* The way back: checks the MAC, decrypts, checks prefix, keeps the value as a key.
 * KR_E_SEAL_BROKEN; KR_E_KEY_ZERO, _WEAK, _HALVES for a value that is no key. */
enum kr_error vault_unwrap(struct vault *v, vault_handle wrapping, const char *suite,
                           enum key_purpose purpose, const uint8_t *prefix, size_t prefix_len,
                           const uint8_t *mac_header, size_t mac_header_len, const uint8_t iv[8],
                           const uint8_t *in, size_t in_len, vault_handle *key, struct kcv *kcv);
/* Secure messaging on files (MAINTENANCE or CONTROL): out = data or its encryption (LD || data
 * || 80..) then MAC 4 over header || that. */
enum kr_error vault_secure_message(struct vault *v, vault_handle key, bool encrypt,
                                   const uint8_t *header, size_t header_len, const uint8_t iv[8],
                                   const uint8_t *data, size_t len, uint8_t *out, size_t *out_len);

/* ---- Transactions of cards (../shared/domain/cards.md section 4; vectors "load session key, MAC1,
 * MAC2" and "purchase TAC"). The key is PURPOSE_TRANSACTION: vault_diversify() alone makes one,
 * from a PURPOSE_MASTER key; it is never stored, wrapped or proved, and computes nothing but what
 * follows. MACs and TACs are no secrets. At most VAULT_TRANSACTION_MAX bytes of data:
 * KR_E_TOO_LONG. KR_E_SUITE for a suite whose blocks are not of 8 bytes. ---- */

#define VAULT_TRANSACTION_MAX 64
/* TAC: DES-CBC MAC with IV 0 over data, padded 80 00.., under the left half xor the right half of
 * the key. */
enum kr_error vault_tac(struct vault *v, vault_handle key, const uint8_t *data, size_t len,
                        uint8_t tac[4]);
/* MAC1 or MAC2 of a load: the same MAC under the load's session key, 3DES(key, card random 4 ||
 * on-line counter 2 || 8000). */
enum kr_error vault_load_mac(struct vault *v, vault_handle key, const uint8_t random[4],
                             const uint8_t counter[2], const uint8_t *data, size_t len,
                             uint8_t mac[4]);

/* ---- Key blocks (key_block.h): keys of ours to other centres and systems, and theirs to us. The
 * protection key is PURPOSE_BLOCK; a key under a weaker one, or under itself, is refused
 * (KR_E_BLOCK_KBPK). Keys that travel, by usage and mode:
 *   PURPOSE_MASTER     E0 to E6   X, N
 *   PURPOSE_TRANSPORT  K0         B, N
 *   PURPOSE_BLOCK      K1         B, N
 * all others: KR_E_BLOCK_USAGE. A key that came in a block keeps what it said: it goes out with the
 * same usage and mode or not at all, and never again, in a block or onto a card, when the block
 * said N. Keys derived from it are others. ---- */

/* wanted: usage "" and mode 0 for those of the key; key_version ""; exportability 'E' or 'N';
 * version and algorithm are those of the keys. The block states the key's check value. block holds
 * room characters with the NUL. KR_E_SUITE for a key of an algorithm that blocks do not have (SM4).
 */
enum kr_error vault_block_wrap(struct vault *v, vault_handle protection, vault_handle key,
                               const struct key_block_head *wanted, char *block, size_t room);
/* MAC first, then everything else; the key has the suite of the block's algorithm.
 * KR_E_BLOCK_USAGE: another purpose, a component, a context of storage only. KR_E_KCV_DIFFERS from
 * the check value that the block states; KR_E_KEY_LENGTH, _ZERO, _WEAK, _HALVES. */
enum kr_error vault_block_unwrap(struct vault *v, vault_handle protection, const char *block,
                                 size_t len, enum key_purpose purpose, vault_handle *key,
                                 struct kcv *kcv);

/* ---- PIN lane: a PIN goes from the vault straight to the card process, never through the console
 * ---- */

/* Hands the vault its end of a socket pair whose other end the card process has. Takes over fd. */
enum kr_error vault_lane(struct vault *v, int fd);
/* Sends the PIN of a complete entry under tag, as one message of 12 bytes: tag (big-endian) || PIN
 * as BCD filled with F to 8 bytes. KR_E_ARGUMENT "lane" without one, KR_E_SYSTEM when the card
 * process does not take it. */
#define VAULT_PIN_LEN     8
#define VAULT_PIN_MESSAGE (4 + VAULT_PIN_LEN)
enum kr_error vault_send_pin(struct vault *v, vault_handle pin_entry, uint32_t tag);
/* Sends what CHANGE PIN carries (../shared/domain/cards.md section 2): tag || old PIN || FF || new
 * PIN, both as BCD filling exactly pin_len bytes (2..6). KR_E_ARGUMENT "PIN" where one of the two
 * has another number of digits; else as above. */
#define VAULT_PIN_CHANGE_MAX (6 + 1 + 6)
enum kr_error vault_send_pin_change(struct vault *v, vault_handle old_pin, vault_handle new_pin,
                                    size_t pin_len, uint32_t tag);

#endif
