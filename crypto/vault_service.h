/*
 * Inside of the vault process: its one table of objects and its people. Everything here runs in
 * that process alone; pointers may be passed around, secret bytes leave only where vault.h says so.
 */
#ifndef KEYRITE_CRYPTO_VAULT_SERVICE_H
#define KEYRITE_CRYPTO_VAULT_SERVICE_H

#include "slot.h"
#include "vault_entry.h"
#include "vault_message.h"

/* ---- objects ---- */

/* The manufacturer knows these two, so nothing of the centre's but the key that replaces them goes
 * out under them, and they are put on no card. */
enum vault_use {
    USE_BY_PURPOSE,
    USE_REPLACED, /* kMprd, on every blank: wraps control keys only */
    USE_UNWRAPS,  /* kMtk, which brings kMprd: wraps nothing */
};
enum vault_kind { VAULT_FREE, VAULT_ENTRY, VAULT_KEY };
/* What the key block that brought a key says of it: it is never given out as something else. */
#define VAULT_MARK_LEN 4
struct vault_mark {
    char text[VAULT_MARK_LEN + 1]; /* usage 2, mode, exportability; "" for a key of our own */
};
struct vault_object {
    enum vault_kind kind;
    vault_handle handle;
    struct typed_entry entry;  /* VAULT_ENTRY */
    const struct suite *suite; /* VAULT_KEY, to the end */
    enum key_purpose purpose;
    enum vault_use use;
    struct vault_mark mark;
    struct secret *key;
};
/* Sets of purposes, to say what an operation accepts. PURPOSE_TRANSACTION is in none of the wide
 * ones: such a key is only made and asked for what vault_transaction.c computes. */
#define PURPOSE_BIT(p)   (1u << (p))
#define PURPOSES_ALL     0x7Eu
#define PURPOSES_WORKING (PURPOSES_ALL & ~PURPOSE_BIT(PURPOSE_COMPONENT))
/* What is stored and has a check value: with those that protect key blocks, which do nothing else.
 */
#define PURPOSES_KEPT (PURPOSES_ALL | PURPOSE_BIT(PURPOSE_BLOCK))

#define VAULT_OBJECTS_MAX 512

/* ---- people ---- */

#define VAULT_PEOPLE_MAX  32
#define VAULT_HOLDERS_MAX 16
struct vault_person {
    char id[PERSON_ID_MAX];  /* "" when free */
    struct secret *seed;     /* Ed25519 */
    struct secret *share;    /* of the vault key, or NULL */
    struct secret *slot_key; /* what the slot is sealed under; only while founding */
    uint8_t share_index;
};
struct vault_founding {
    unsigned holders; /* 0 when no centre is being founded */
    struct secret *shares[VAULT_HOLDERS_MAX];
    bool dealt[VAULT_HOLDERS_MAX];
};
/* People come and go (vault_renew.c): nothing of it is in force before it is done. */
struct vault_renewal {
    bool begun;
    unsigned quorum, holders; /* 0: the vault key is not shared anew */
    uint32_t sharing;
    struct secret *vault_key;
    struct secret *shares[VAULT_HOLDERS_MAX];
    char dealt_to[VAULT_HOLDERS_MAX][PERSON_ID_MAX]; /* "" while nobody has it */
    char person[PERSON_ID_MAX];                      /* whose slot was made anew, "" for none */
    struct secret *seed;
};
struct vault_people {
    struct secret *database_key;
    struct secret *log_seed;
    struct secret *vault_key; /* only while founding or with a quorum present */
    uint8_t quorum;
    uint32_t sharing; /* of which the shares present are */
    struct vault_person present[VAULT_PEOPLE_MAX];
    struct vault_person ready[VAULT_PEOPLE_MAX]; /* for one signature each */
    struct vault_founding founding;
    struct vault_renewal renewal;
};

/* ---- keys derived ahead of being asked for (vault_prepared.c) ---- */

struct vault_prepared {
    vault_handle keys[VAULT_PREPARE_KEYS];
    size_t key_count;
    uint8_t factors[8 * DIVERSIFY_MAX];
    size_t count;              /* of the factors; 0: nothing is prepared */
    bool taken[DIVERSIFY_MAX]; /* of values, wiped there */
    struct secret *values;     /* suite_diversify_many()'s */
};

struct vault_service {
    struct vault_object objects[VAULT_OBJECTS_MAX];
    uint32_t serial; /* of the last object made */
    struct vault_people people;
    struct vault_prepared prepared;
    int lane;     /* to the card process, or -1 */
    int received; /* descriptor that came with the message at hand, or -1; a handler that keeps it
                     sets -1 */
};

/* NULL and KR_E_MEMORY when the table is full. */
struct vault_object *vault_object_new(struct vault_service *s, enum vault_kind kind);
void vault_object_drop(struct vault_object *o);
/* KR_E_ARGUMENT for a handle that is not (or no more) there or is of the other kind. */
enum kr_error vault_entry_find(struct vault_service *s, vault_handle h, struct typed_entry **entry);
/* KR_E_KEY_PURPOSE unless the purpose of the key is in the set. */
enum kr_error vault_key_find(struct vault_service *s, vault_handle h, unsigned purposes,
                             struct vault_object **key);
/* Takes the key over (frees it on failure) under a new handle and writes the handle and the KCV. */
enum kr_error vault_key_keep(struct vault_service *s, const struct suite *suite,
                             enum key_purpose purpose, struct secret **key, struct wire *out);
/* The same, also telling the object that it became. */
enum kr_error vault_key_keep_object(struct vault_service *s, const struct suite *suite,
                                    enum key_purpose purpose, struct secret **key, struct wire *out,
                                    struct vault_object **object);
#define SUITE_ID_MAX 16 /* of a suite's id in a message, with its NUL */
/* KR_E_SUITE. */
enum kr_error vault_suite_find(const char *id, const struct suite **suite);
/* A purpose that a key can be made for which is not one card's alone. KR_E_ARGUMENT,
 * KR_E_KEY_PURPOSE. */
enum kr_error vault_purpose_check(unsigned purpose);
/* KR_E_BLOCK_EXPORT for a key that is not to leave whole. */
enum kr_error vault_may_leave(const struct vault_object *key);
/* An entry that can be read: complete and of this kind. */
enum kr_error vault_entry_complete(struct vault_service *s, vault_handle h,
                                   enum secret_entry_kind kind, struct typed_entry **entry);

/* Whether len bytes are 1 to most factors by which a key may be derived. */
bool factors_are_sound(const uint8_t *factors, size_t len, size_t most);
/* The key that was prepared from this one by that factor, which it is then no more; *value is the
 * caller's. False when there is none, and it has to be derived. */
bool prepared_take(struct vault_prepared *p, const struct vault_object *from,
                   const uint8_t factor[8], struct secret **value);
void prepared_forget(struct vault_prepared *p);
/* Forgets all when the handle is one of those that they were prepared from. */
void prepared_forget_from(struct vault_prepared *p, vault_handle key);

/* ---- people: vault_people.c keeps them, vault_slots.c opens and makes their slots ---- */

struct opened_slot {
    struct secret *database_key, *log_seed, *seed, *share;
};
/* Passphrase entry -> slot's content; the caller frees it. KR_E_PASSPHRASE, KR_E_SEAL_BROKEN. */
enum kr_error slot_open(struct vault_service *s, const struct slot *slot, vault_handle passphrase,
                        struct opened_slot *opened);
/* Fills salt, public_key, share_key, sealed of a slot whose other fields are set. The key it is
 * sealed under is the caller's. */
enum kr_error slot_close(struct vault_service *s, struct slot *slot, vault_handle passphrase,
                         const struct opened_slot *content, struct secret **key);
/* Seals a slot anew under the same key, bound to another founding. */
enum kr_error slot_rebind(struct slot *slot, const struct secret *key, const uint8_t founding[32]);
void opened_slot_free(struct opened_slot *o);

/* The person's place in one of the two lists (id "": a free one); NULL when there is none. */
struct vault_person *people_find(struct vault_person *list, const char *id);
/* Wipes the person's keys and frees the place. */
void people_leave(struct vault_person *p);
/* Puts the person among those present, replacing an earlier sign-in; takes seed and share over. */
enum kr_error people_enter(struct vault_people *p, const char *person, struct secret **seed,
                           struct secret **share, uint8_t share_index);
void people_presence(const struct vault_people *p, struct vault_presence *presence);
/* Joins or drops the vault key according to who is present. */
enum kr_error people_settle(struct vault_people *p);
void people_forget(struct vault_people *p);
void renewal_forget(struct vault_renewal *r);
/* 32 random bytes; the caller frees them, on an error too. */
enum kr_error people_draw(struct secret **out);
/* KR_E_ARGUMENT for k of n that no vault key is shared by. */
enum kr_error people_quorum_check(unsigned quorum, unsigned holders);
/* KR_E_PASSPHRASE_SHORT for what founding would not take. */
enum kr_error passphrase_long_enough(struct vault_service *s, vault_handle passphrase);
/* KR_E_QUORUM unless the vault key is there. */
enum kr_error vault_key_open(const struct vault_people *p);

/* ---- one handler per operation ---- */

typedef enum kr_error vault_handler(struct vault_service *s, struct wire *in, struct wire *out);
vault_handler handle_entry_open, handle_entry_key, handle_entry_block, handle_entry_state,
    handle_entry_compare, handle_entry_type, handle_draw_pin, handle_drop;
vault_handler handle_found, handle_slot_make, handle_slot_bind, handle_found_done, handle_sign_in,
    handle_sign_out, handle_presence, handle_database_key;
vault_handler handle_renew_begin, handle_renew_slot, handle_renew_share, handle_renew_material,
    handle_renew_prove, handle_renew_done, handle_renew_cancel;
vault_handler handle_log_public, handle_sign, handle_sign_fresh, handle_approver_ready,
    handle_log_sign;
vault_handler handle_component, handle_combine, handle_random, handle_diversify, handle_prepare,
    handle_kcv, handle_store_key, handle_load_key;
vault_handler handle_cryptogram, handle_proof, handle_wrap, handle_unwrap, handle_secure_message;
vault_handler handle_tac, handle_load_mac;
vault_handler handle_block_wrap, handle_block_unwrap;
vault_handler handle_lane, handle_send_pin, handle_send_pin_change;

/* Runs every primitive once, so that whatever the libraries read, load or allocate on first use is
 * done before the sandbox closes. */
enum kr_error vault_warm(void);

#endif
