/*
 * Bringing a card to its layout, and proving that it got there. Order of washing as the source gives it:
 * control key -> maintenance key -> files -> ... -> audit data. Every function starts from card_open() and may be run
 * again on a card in any state it left: personalise_probe() tells which.
 */
#ifndef KEYRITE_CARDIO_PERSONALISE_H
#define KEYRITE_CARDIO_PERSONALISE_H

#include "layout.h"

/* The keys a layout names, as the caller holds them. */
struct layout_value {
    const char *name;
    int group;
    vault_handle handle;
};
/* Audit data (../shared/domain/system.md section 3): written to CDF 0015, 25 bytes:
 * personalisation identifier 1, activation identifier 10, serial number 10 (BCD), date 4 (BCD YYYYMMDD). */
struct card_audit {
    uint8_t personalisation_id;
    uint8_t activation_id[10];
    uint8_t serial[10];
    uint8_t date[4];
};
enum card_condition {
    CARD_IS_BLANK,     /* the manufacturer's control key is in force */
    CARD_IS_WASHED,    /* ours is in force, MF complete, no ADF */
    CARD_IS_ISSUED,    /* ADF complete */
    CARD_IS_HALF,      /* ours is in force, but MF or ADF is not complete: erase and begin again */
    CARD_IS_FOREIGN,   /* neither key fits, or it does not look like one of our layouts */
    CARD_IS_DOUBTFUL,  /* two tries or fewer left: quarantine, nothing tried */
};
/* Looks without changing: error counters first, then the new control key once, then the old one once. Either handle may
 * be 0 (not tried). */
enum kr_error personalise_probe(struct card *c, const struct layout *l, vault_handle old_control,
                                vault_handle new_control, enum card_condition *condition);
/* A blank (genuine: proves kMprd by internal authentication). Changes nothing. */
enum kr_error personalise_prove_blank(struct card *c, vault_handle manufacturer_auth);
/* Washes: old control key -> ours (as ciphertext + MAC), maintenance key, MF files, audit data. From a half-washed card:
 * erases and writes MF anew. values must hold every key of l->mf. */
enum kr_error personalise_wash(struct card *c, const struct layout *l, vault_handle old_control,
                               const struct layout_value *values, size_t count, const struct card_audit *audit);
/* Issues: creates the ADF with its keys and files under the MF's control key. From a half-issued card: erases the ADF
 * first. PIN values are ENTRY_PIN handles named "PIN". */
enum kr_error personalise_issue(struct card *c, const struct layout *l, const struct layout_value *values,
                                size_t count, const struct card_audit *audit);
/* R8: reset, select, authenticate as the next user would (partner: the paired card or NULL; pin for PIN cards or 0),
 * read the audit data, prove each key by challenge, compare attributes and counters. proved: number of keys proved. */
enum kr_error personalise_verify(struct card *c, const struct layout *l, const struct layout_value *values,
                                 size_t count, const struct card_audit *audit, struct card *partner,
                                 vault_handle partner_pin, size_t *proved);
/* Manufacturer mother card after its PIN: exports kMprd under the manufacturer's transport key (ciphertext + MAC) into the
 * vault. Gives the control key; the blanks' internal-authentication key has the same value. */
enum kr_error personalise_take_manufacturer_key(struct card *c, vault_handle pin, vault_handle transport,
                                                vault_handle *control, vault_handle *auth, struct kcv *kcv);
/* Reads the CDF audit data of a washed or issued card; free to read. */
enum kr_error personalise_read_audit(struct card *c, struct card_audit *audit);

#endif
