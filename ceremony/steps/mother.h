/*
 * The opened card of a step: a mother card with its authentication card, or a card with a PIN of
 * its own (PAKC). It lies in reader 1, stays connected there, and gives keys to the cards that come
 * and go in reader 2. Nothing of it outlives a kill: it is opened again.
 */
#ifndef KEYRITE_CEREMONY_MOTHER_H
#define KEYRITE_CEREMONY_MOTHER_H

#include "../run.h"

/* The step names a card to be opened, and it is not (any more). */
bool mother_wanted(const struct ceremony *c);
bool mother_is_open(const struct ceremony *c);
/* Questions and answers until it is open: the card, its authentication card where it has one, the
 * PIN; with the supervisor's leave for a last try. */
enum kr_error mother_ask(struct ceremony *c, struct request *r);
enum kr_error mother_answer(struct ceremony *c, const struct answer *a);
/* After a card of the step failed: whether the mother card still answers; if not it is closed. */
void mother_check(struct ceremony *c);
/* KR_E_CARD_CROSSED where the card in the reader of the step is the opened one: it was taken from
 * its own reader, and has to be opened again there. */
enum kr_error mother_crossed(struct ceremony *c, const char *chip);
/* Lets go of the card. Nothing is done where none is. */
void mother_close(struct ceremony *c);
/* Steps that follow each other and name the same card leave it open. */
void mother_close_unless_wanted(struct ceremony *c);

/* KR_E_CARD_LIMIT when the opened card allows fewer exports than one more card of that layout
 * takes; KR_OK where it has no limit, or gives it nothing. */
enum kr_error mother_suffices(struct ceremony *c, const struct layout *l);
/* How many exports it allowed when that was last asked. */
void mother_facts(const struct ceremony *c, struct request *r);

/* The opened card itself, its layout and its row in the inventory; NULL where none is. */
struct card *mother_card(struct ceremony *c);
const struct layout *mother_layout(const struct ceremony *c);
const struct card_record *mother_record(const struct ceremony *c);
/* Where the key of that name and group lies on it, and the transport key of that name. False when
 * it does not hold one of them. */
bool mother_key_of(const struct ceremony *c, const char *name, int group, const char *under,
                   struct mother_key *key);
/* That key of its layout was loaded into it while it lay open. */
void mother_has_got(struct ceremony *c, const struct layout_key *k);
/* A key that the vault is to get from it. */
struct key_wanted {
    const char *name;
    int group;
    const char *under; /* transport key, or NULL */
    const uint8_t *factors;
    size_t count;
    enum key_purpose purpose;
    const struct key_header *as; /* the header under which it leaves */
};
/* Whether it can give that key into the vault: diversified, as another kind of key. */
bool mother_gives(const struct ceremony *c, const char *name, int group);
/* Takes it, wrapped under the transport key of that name, or (NULL) one that card and centre share.
 * With no factors it takes the key whole, which a card allows in mode III alone:
 * KR_E_MOTHER_KEEPS. */
enum kr_error mother_take(struct ceremony *c, const struct key_wanted *w, vault_handle *key,
                          struct kcv *kcv);

#endif
