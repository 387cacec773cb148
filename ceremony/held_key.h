/* A key of a card that the centre holds itself, outside a ceremony: out of the vault, which has to
 * be open. */
#ifndef KEYRITE_CEREMONY_HELD_KEY_H
#define KEYRITE_CEREMONY_HELD_KEY_H

#include "../cardio/layout.h"
#include "session.h"

/* What a card key of that purpose is to the vault. */
enum key_purpose held_key_purpose(enum card_key_kind kind);
/* The centre's key that k is, or is made from by number, the 10 bytes of the card's number (NULL:
 * unknown). The caller drops the handle. KR_E_NOT_FOUND when k comes from a mother card or is made
 * in another way; KR_E_KEY_MISSING; KR_E_QUORUM while the vault is shut. */
enum kr_error held_key(struct session *s, const struct layout_key *k, const uint8_t *number,
                       vault_handle *h);

#endif
