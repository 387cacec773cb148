/* What the steps that change the state of a key have in common. */
#ifndef KEYRITE_CEREMONY_STEPS_KEY_ACT_H
#define KEYRITE_CEREMONY_STEPS_KEY_ACT_H

#include "../key_acts.h"
#include "steps.h"

/* The row, and k with it; record_key() then says so. */
enum kr_error key_turn(struct ceremony *c, struct key_record *k, enum key_state next);
/* Begins the entry "key-state": act and reason. */
void key_state_begin(struct ceremony *c, struct entry *e, enum key_act act);
/* Signs it, then, as the first of persons, the outcome of the open intent, in the transaction that
 * is open, and commits; the step is done, and the key is in that state now. e is freed. */
enum kr_error key_state_commit(struct ceremony *c, struct entry *e, const char *const *persons,
                               enum key_state now, enum kr_error so_far);
/* The intent, unless it is open already. */
enum kr_error key_intend(struct ceremony *c, const char *who, const struct key_record *k,
                         enum key_act act);
/* Cards that bear it, kind by kind: facts, and how many are in use in all. */
enum kr_error key_card_facts(struct ceremony *c, struct request *r, const struct key_record *k,
                             uint64_t *in_use);

#endif
