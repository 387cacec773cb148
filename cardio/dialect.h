/* The command bytes, key types and records of a card operating system, in one place.
 * Source: ../shared/domain/cards.md sections 1 and 2. */
#ifndef KEYRITE_CARDIO_DIALECT_H
#define KEYRITE_CARDIO_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../crypto/vault.h"

/* What a key on a card is for: one row per kind in each dialect's table. */
enum card_key_kind {
    CARD_KEY_CONTROL,     /* master control: external authentication, loads keys */
    CARD_KEY_MAINTENANCE, /* line protection of files */
    CARD_KEY_EXTERNAL,    /* external authentication */
    CARD_KEY_INTERNAL,    /* internal authentication */
    CARD_KEY_TRANSPORT,   /* wraps exports */
    CARD_KEY_PURCHASE,    /* purchase; master key in a mother card */
    CARD_KEY_LOAD,
    CARD_KEY_UNLOAD,
    CARD_KEY_TAC,
    CARD_KEY_PIN,
    CARD_KEY_PIN_UNLOCK,
    CARD_KEY_PIN_RELOAD,
    CARD_KEY_KINDS
};
/* What stands at one place of the record that WRITE KEY carries before a key's value. */
enum record_field {
    FIELD_VERSION,
    FIELD_ALGORITHM,
    FIELD_ALGORITHM_ATTRIBUTES, /* with the attributes of a master key in its bits 8 and 7 (D) */
    FIELD_TYPE,                 /* with the dialect's protection */
    FIELD_USE_RIGHT,
    FIELD_FOLLOW_STATE,
    FIELD_CHANGE_RIGHT,
    FIELD_COUNTER,
    FIELD_FILLING, /* FF */
};
#define RECORD_FIELDS_MAX 7
struct record_form {
    enum record_field fields[RECORD_FIELDS_MAX];
};
/* Where WRITE KEY says which key it means, and whether it is added or changed. */
enum write_key_parameters {
    KID_THEN_TYPE, /* P1 = KID, with bit 8 to add; P2 = type */
    TYPE_THEN_KID, /* P1 = 01 to add, else the type of the key to change; P2 = KID */
};
struct dialect {
    const char *id; /* "pboc-key" */
    uint8_t mark;   /* in a simulated card's answer to reset */
    uint8_t type[CARD_KEY_KINDS];
    const struct record_form *record[16]; /* of key types 30..3F; NULL: no such type */
    size_t field_count, type_at; /* of every record: its fields, and the place of FIELD_TYPE */
    enum write_key_parameters parameters;
    uint8_t write_key_cla, write_key_ins; /* 84 D4 */
    uint8_t algorithm_3des;               /* 00 */
    bool algorithm_rules;  /* 00 goes with 16 bytes, 01 with 8; else the card only keeps the byte */
    uint8_t key_file_type; /* for CREATE FILE */
    uint8_t protection; /* bits that key types in records carry: MAC and encryption demanded (C0) */
};
const struct dialect *dialect_by_id(const char *id);
/* n from 0; NULL past the last. */
const struct dialect *dialect_at(size_t n);
/* "control", "maintenance" ... as layouts write it; CARD_KEY_KINDS when unknown. */
enum card_key_kind card_key_kind_by_name(const char *name);
const char *card_key_kind_name(enum card_key_kind kind);
/* Diversified, or used in transactions: a mother card gives such keys and no others. */
bool card_key_is_master(enum card_key_kind kind);

/* What a key's record says beside the value, whatever the dialect; usage is the key type alone. */
struct key_header {
    uint8_t version, algorithm, usage, use_right, follow_state, change_right, counter;
};
/* CLA INS P1 P2 of WRITE KEY. */
void dialect_write_key(const struct dialect *d, bool change, uint8_t kid, uint8_t type,
                       uint8_t command[4]);
/* The record's fields, as they stand before the value. Returns their number; 0: no such type. */
size_t dialect_put_record(const struct dialect *d, const struct key_header *h,
                          uint8_t out[RECORD_FIELDS_MAX]);
/* The way back, from a whole record of fields and value. What the record has no field for: version
 * 00, follow-on state 00, a counter that never counts, and the algorithm by the value's length (of
 * a PIN the length itself). *value and *value_len: where the value lies in the record. *protection:
 * the bits that its type carried. False: not a record of this dialect. */
bool dialect_get_record(const struct dialect *d, const uint8_t *record, size_t len,
                        struct key_header *h, uint8_t *protection, const uint8_t **value,
                        size_t *value_len);
/* False: a record of this dialect cannot say all that h says, of a value of value_len bytes. *what
 * names the first field that it has no place for: "version", "algorithm", "state", "counter". */
bool dialect_can_say(const struct dialect *d, const struct key_header *h, size_t value_len,
                     const char **what);

#endif
