/*
 * Acts on a key of the centre (../store/key_life.h): which one a script is for, which key was
 * chosen for it, and whom R1 keeps away from it.
 */
#ifndef KEYRITE_CEREMONY_KEY_ACTS_H
#define KEYRITE_CEREMONY_KEY_ACTS_H

#include "run.h"

/* Step kinds "key-activate", "key-retire" ... : the act; false for other kinds. */
bool key_act_of_kind(const char *kind, enum key_act *act);
/* The one step of a script that acts on a key; NULL for none. */
const struct script_step *script_key_step(const struct script *s);

/* The parameter that names the key: its id and its type. The answer is KIND/GROUP/VERSION. */
#define KEY_PARAMETER "key"
#define KEY_NAME_MAX  64
/* "GMPK/3/1" */
void key_word(const struct key_record *k, char out[KEY_NAME_MAX]);
/* "GMPK 3, version 1", for people. */
void key_name(const struct key_record *k, char out[KEY_NAME_MAX]);
/* What follows from the act of the script. KR_E_KEY_MISSING, and what key_life_next() says. */
enum kr_error key_admits(struct ceremony *c, const struct key_record *k, enum key_state *next);
/* Offers the keys, first those that the act of this script may be done to; where these are too many
 * to be offered, or there is none, the key is typed. */
void key_choice_ask(struct ceremony *c, struct request *r);
/* KR_E_ANSWER, KR_E_KEY_MISSING, or why the act may not be done to it. */
enum kr_error key_choice_fits(struct ceremony *c, const char *text);
/* The key that was chosen, as it is now. */
enum kr_error key_chosen(struct ceremony *c, struct key_record *k);
/* Kind, KCV, state: as facts of a request. */
void key_facts(struct request *r, const struct key_record *k);

/* KR_E_WITNESS, citing the entry, when the seat is that of the witness to a destruction and the
 * person ever entered a component of the chosen key, in whatever version. */
enum kr_error custody_free_to_witness(struct ceremony *c, const char *seat, const char *person);

#endif
