/*
 * Proving the chain: a purchase between a PSAM and a user card, a load, and purchases that have to
 * be refused. prove.c asks people, proving.c works on the cards, proving_record.c writes down.
 *
 * What has to outlive a kill lies in variables: chip, number (the user card of the open intent),
 * proof-psam, proof-terms, proof-state, proof-error, proof-group.
 */
#ifndef KEYRITE_CEREMONY_PROVE_H
#define KEYRITE_CEREMONY_PROVE_H

#include "steps.h"
#include "../../cardio/transaction.h"

/* Of the card's smallest unit. A card that has proved the chain keeps the rest of its load. */
#define PROOF_LOAD     1000
#define PROOF_PURCHASE 100

enum prove_kind { PROVE_PURCHASE, PROVE_LOAD, PROVE_REFUSAL };
enum prove_kind prove_kind_now(const struct ceremony *c);

/* Both readers, and what is done with the cards in them. */
struct proving {
    struct ceremony *c;
    enum prove_kind kind;
    struct card psam, user;
    char psam_chip[20], user_chip[20];
    char psam_number[24], user_number[24]; /* in the inventory, "-" when they are not there */
    uint8_t terminal[6];                   /* of the PSAM; of a load this centre */
    struct user_facts facts;
    struct purchase purchase;
    struct load load;
    struct transaction t;
};
/* The group that the current step is about: its own, of a retired one the group people named, else
 * the first of the ceremony. */
int prove_group(const struct ceremony *c);
struct transaction_terms *proving_terms(struct proving *p);

/* Opens both cards (of a load the user card alone), and reads who they are. *psam_fault: the PSAM
 * is why not. Nothing is changed. Always to be closed. */
enum kr_error proving_open(struct ceremony *c, struct proving *p, bool *psam_fault);
/* The user card of the open intent, and none else: KR_E_CARD_SWAPPED. The PSAM is left as it is,
 * because it may still wait for MAC2. */
enum kr_error proving_open_again(struct ceremony *c, struct proving *p);
/* Leaves the PSAM powered while the purse is in doubt. */
void proving_close(struct proving *p);
/* The card that lies open wants a PIN, and none was typed. */
bool proving_wants_pin(const struct proving *p);
/* Keys, identifiers and date for a new transaction. KR_E_KEY_MISSING, KR_E_IDENTIFIER. */
enum kr_error proving_prepare(struct proving *p);
/* The same from the variables, for one that was interrupted. *known: p->t is what was known of it.
 */
enum kr_error proving_restore(struct proving *p, bool *known);
enum kr_error proving_run(struct proving *p);
/* Finds out about a purse in doubt. */
enum kr_error proving_look(struct proving *p, bool known);

/* Terms and state as variables, and back. */
enum kr_error proving_keep_terms(const struct proving *p);
enum kr_error proving_keep_state(const struct proving *p);
bool proving_read_terms(const struct ceremony *c, struct proving *p);
bool proving_read_state(const struct ceremony *c, struct transaction *t);
void proving_forget(struct ceremony *c);

/* What the step wanted has come: a purchase or load proved, a wrong purchase refused untouched. */
bool proving_good(const struct proving *p, enum kr_error err);
/* A purchase that had to be refused was not. */
bool proving_accepted(const struct proving *p);
/* Intent, signed and durable, before the first command that may change a card. */
enum kr_error proving_intend(struct proving *p);
/* Outcome of the open intent; the state goes on in that phase. */
enum kr_error proving_conclude(struct proving *p, enum kr_error err, int phase);
/* What people read of it, from the variables. */
void proving_facts(struct ceremony *c, struct request *r);

#endif
