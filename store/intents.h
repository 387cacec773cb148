/*
 * Intents and outcomes while a journal is read from its beginning: an outcome names an earlier
 * intent of the same ceremony and step, and no intent has two outcomes (R3). Inside the store
 * floor.
 */
#ifndef KEYRITE_STORE_INTENTS_H
#define KEYRITE_STORE_INTENTS_H

#include "entry.h"

struct intent {
    uint64_t seq;
    uint64_t place; /* ceremony and step: first 8 bytes of SHA-256 of both */
    bool concluded;
    bool withheld; /* its place is not known: an outcome of any place fits */
};
struct intents {
    struct intent *list; /* in order of seq */
    size_t count, room;
    uint64_t open;
};
void intents_free(struct intents *t);
/* Takes an intent or outcome in; other kinds change nothing. KR_E_ENTRY_FORMAT when the outcome
 * fits no intent. */
enum kr_error intents_apply(struct intents *t, const struct entry *e);
/* Passes an entry whose body is withheld: an intent may be what a later outcome names. */
enum kr_error intents_withhold(struct intents *t, const struct entry *e);
/* The number in an outcome's "intent" line. */
enum kr_error intent_named(const struct entry *outcome, uint64_t *seq);

#endif
