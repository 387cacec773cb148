/*
 * What the console and the vault process say to each other, for both sides.
 * Request: operation u8, then its fields. Answer: error u8, flag u8 (1 when results follow),
 * results, detail (counted text). The first message of a vault is an answer without a request:
 * whether it could be made safe.
 */
#ifndef KEYRITE_CRYPTO_VAULT_MESSAGE_H
#define KEYRITE_CRYPTO_VAULT_MESSAGE_H

#include "vault.h"

enum vault_op {
    VAULT_OP_NONE,
    VAULT_OP_ENTRY_OPEN,
    VAULT_OP_DRAW_PIN,
    VAULT_OP_ENTRY_KEY,
    VAULT_OP_ENTRY_BLOCK,
    VAULT_OP_ENTRY_STATE,
    VAULT_OP_ENTRY_COMPARE,
    VAULT_OP_ENTRY_TYPE,
    VAULT_OP_DROP,
    VAULT_OP_FOUND,
    VAULT_OP_SLOT_MAKE,
    VAULT_OP_SLOT_BIND,
    VAULT_OP_FOUND_DONE,
    VAULT_OP_RENEW_BEGIN,
    VAULT_OP_RENEW_SLOT,
    VAULT_OP_RENEW_SHARE,
    VAULT_OP_RENEW_MATERIAL,
    VAULT_OP_RENEW_PROVE,
    VAULT_OP_RENEW_DONE,
    VAULT_OP_RENEW_CANCEL,
    VAULT_OP_SIGN_IN,
    VAULT_OP_SIGN_OUT,
    VAULT_OP_PRESENCE,
    VAULT_OP_DATABASE_KEY,
    VAULT_OP_LOG_PUBLIC,
    VAULT_OP_SIGN,
    VAULT_OP_SIGN_FRESH,
    VAULT_OP_APPROVER_READY,
    VAULT_OP_LOG_SIGN,
    VAULT_OP_COMPONENT,
    VAULT_OP_COMBINE,
    VAULT_OP_RANDOM,
    VAULT_OP_DIVERSIFY,
    VAULT_OP_PREPARE,
    VAULT_OP_KCV,
    VAULT_OP_STORE_KEY,
    VAULT_OP_LOAD_KEY,
    VAULT_OP_CRYPTOGRAM,
    VAULT_OP_PROOF,
    VAULT_OP_WRAP,
    VAULT_OP_UNWRAP,
    VAULT_OP_SECURE_MESSAGE,
    VAULT_OP_TAC,
    VAULT_OP_LOAD_MAC,
    VAULT_OP_LANE,
    VAULT_OP_SEND_PIN,
    VAULT_OP_BLOCK_WRAP,
    VAULT_OP_BLOCK_UNWRAP,
    VAULT_OP_SEND_PIN_CHANGE,
    VAULT_OP_COUNT
};

#define VAULT_FACTORS_MAX 8   /* levels of one diversification */
#define VAULT_LABEL_MAX   96  /* with NUL */
#define VAULT_DATA_MAX    256 /* one secured message, one wrapped record */

/* WIRE_MAX bytes of locked memory outside dumps, for the messages of one side; NULL when it cannot
 * be locked. */
uint8_t *vault_buffer_new(void);
void vault_buffer_free(uint8_t **buffer);

/* Copies a counted string of exactly len bytes; the message is broken when it has another length.
 */
void wire_get_exactly(struct wire *w, uint8_t *out, size_t len);
/* Copies at most *len (room) bytes and says how many; broken when there are more. */
void wire_get_upto(struct wire *w, uint8_t *out, size_t *len);

void vault_put_kcv(struct wire *w, const struct kcv *k);
void vault_get_kcv(struct wire *w, struct kcv *k);
void vault_put_cost(struct wire *w, const struct kdf_cost *c);
void vault_get_cost(struct wire *w, struct kdf_cost *c);
void vault_put_slot(struct wire *w, const struct slot *s);
void vault_get_slot(struct wire *w, struct slot *s);
void vault_put_spec(struct wire *w, const struct secret_entry_spec *s);
void vault_get_spec(struct wire *w, struct secret_entry_spec *s);
void vault_put_state(struct wire *w, const struct secret_entry_state *s);
void vault_get_state(struct wire *w, struct secret_entry_state *s);
void vault_put_presence(struct wire *w, const struct vault_presence *p);
void vault_get_presence(struct wire *w, struct vault_presence *p);

#endif
