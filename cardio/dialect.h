/* The command bytes and key types of a card operating system, in one place.
 * Source: ../shared/domain/cards.md sections 1 and 2. */
#ifndef KEYRITE_CARDIO_DIALECT_H
#define KEYRITE_CARDIO_DIALECT_H

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
struct dialect {
    const char *id; /* "pboc-key" */
    uint8_t type[CARD_KEY_KINDS];
    uint8_t write_key_cla, write_key_ins; /* 84 D4 */
    uint8_t algorithm_3des;               /* 00 */
};
const struct dialect *dialect_by_id(const char *id);
/* "control", "maintenance" ... as layouts write it; CARD_KEY_KINDS when unknown. */
enum card_key_kind card_key_kind_by_name(const char *name);
const char *card_key_kind_name(enum card_key_kind kind);

/* The 7-byte record header of WRITE KEY: version, algorithm, usage, use right, follow-on state, change right,
 * error counter. */
struct key_header {
    uint8_t version, algorithm, usage, use_right, follow_state, change_right, counter;
};

#endif
