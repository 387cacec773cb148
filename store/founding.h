/*
 * The slot file against the journal: what the first entry says of the centre, and what the entries
 * say of its people. Inside the store floor.
 */
#ifndef KEYRITE_STORE_FOUNDING_H
#define KEYRITE_STORE_FOUNDING_H

#include "roster.h"
#include "store.h"

/* A found entry says of the centre what the slot file says: log key, name, tier, suite, identifier,
 * quorum, rehearsal, card control policy. KR_E_SLOTS, its detail the name of the line that differs.
 * Other kinds pass. */
enum kr_error founding_check(const struct entry *e, const struct slots *slots);
/* That entry is the one which the slots are bound to. KR_E_SLOTS. */
enum kr_error founding_is_bound(const uint8_t leaf_hash[32], const struct slots *slots);
/* Everybody in the slot file is enrolled, and with that key, share key, name and these roles unless
 * the journal has revoked the person. KR_E_SLOTS, its detail the person. */
enum kr_error people_agree(const struct slots *slots, struct roster *roster);
/* Whom the journal has revoked is revoked, whatever the slot file says. */
void people_revoke(struct slots *slots, struct roster *roster);

#endif
