/*
 * The purse file of a user card, and the cryptography of its transactions
 * (../../docs/simulated-cos.md section 12; cards.md section 4). Only cardio/sim and its tests
 * include this.
 */
#ifndef KEYRITE_CARDIO_SIM_PURSE_H
#define KEYRITE_CARDIO_SIM_PURSE_H

#include "card_state.h"
#include "../../crypto/suite.h"

#define PURSE_DEPOSIT 0x0001 /* file ids, and P2 of the commands */
#define PURSE_PURSE   0x0002
#define PURSE_LEN     22
#define PURSE_LOG_ID  0x0018 /* where the purse names no other */
#define LOG_LEN       23

enum {
    TRANSACTION_LOAD_DEPOSIT = 0x01,
    TRANSACTION_LOAD_PURSE = 0x02,
    TRANSACTION_PURCHASE_DEPOSIT = 0x05,
    TRANSACTION_PURCHASE_PURSE = 0x06,
};

static inline bool purse_id(uint16_t id)
{
    return id == PURSE_DEPOSIT || id == PURSE_PURSE;
}

/* What the first PURSE_LEN bytes of the file say. */
struct purse {
    uint32_t balance; /* what may be spent, the overdraft limit counted in */
    uint32_t overdraft;
    uint16_t online, offline; /* loads and purchases so far */
    uint8_t proof_type;       /* of the last transaction, 0 none */
    uint16_t proof_number;    /* its number: the counter after it */
    uint8_t mac[MAC_LEN], tac[MAC_LEN];
};
void purse_read(const struct sim_file *f, struct purse *p);
void purse_write(struct sim_file *f, const struct purse *p);
/* NULL: not in the current directory. */
struct sim_file *purse_file(struct sim_card *c, uint16_t id);
/* The cyclic file that this purse logs into; NULL when it is not there or holds other records. */
struct sim_file *purse_log(struct sim_card *c, const struct sim_file *purse);
/* The TAC key with the lowest KID; as usable_key(). */
uint16_t purse_tac_key(struct sim_card *c, struct sim_key **found);

/* 8 bytes: data under the key. *out is the caller's. */
enum kr_error session_key(const struct sim_key *k, const uint8_t data[8], struct secret **out);
/* IV 0; the key has 8 bytes. */
enum kr_error transaction_mac(const struct secret *key8, const uint8_t *data, size_t len,
                              uint8_t mac[MAC_LEN]);
/* Under the key's left half xor its right half; a key of 8 bytes as it is. */
enum kr_error folded_mac(const struct sim_key *k, const uint8_t *data, size_t len,
                         uint8_t mac[MAC_LEN]);

/* Diversified by count factors of 8 bytes, the rightmost first; none: the key itself. The key has
 * 16 bytes, *out is the caller's. */
enum kr_error diversify_from_right(const struct secret *key, const uint8_t *factors, size_t count,
                                   struct secret **out);

/* Big-endian numbers of up to 4 bytes. */
uint32_t number_read(const uint8_t *bytes, size_t len);
void number_write(uint32_t number, uint8_t *bytes, size_t len);

#endif
