/* Sending one command to a card: what card.c and its companions share. Inner header of cardio/. */
#ifndef KEYRITE_CARDIO_CARD_COMMAND_H
#define KEYRITE_CARDIO_CARD_COMMAND_H

#include "card.h"

#define GET_DATA_CLA      0x80
#define GET_DATA_INS      0xCA
#define CHALLENGE_ISSUING 4 /* padded with zeros to the initial vector, cards.md section 3 */

/* Sends, traces, and turns the status word into the error that names the case. reply is whole
 * either way. */
enum kr_error card_command(struct card *c, const struct apdu *a, struct reply *reply);
/* A command that is only to succeed, and one whose 8 bytes of answer are known. Where c->puts_off
 * they wait for the next command and go with it: the error is then that command's, or
 * card_settle()'s. */
enum kr_error card_tell(struct card *c, const struct apdu *a);
enum kr_error card_want(struct card *c, const struct apdu *a, const struct card_wanted *wanted);
/* c->before_change() where this command is the first that may change the card. With an error reply
 * says that it was not sent. */
enum kr_error card_allow(struct card *c, const struct apdu *a, struct reply *reply);
/* What became of a command: c->sw, and whether the card is touched by now. */
void card_heard(struct card *c, const struct apdu *a, const struct reply *reply);
/* card_command() where an answer of exactly len bytes is wanted. */
enum kr_error card_ask(struct card *c, const struct apdu *a, uint8_t *out, size_t len);
/* The error that a status word stands for; the detail is command and status. */
enum kr_error card_status_error(const struct apdu *a, uint16_t sw);
/* WRITE KEY for one key in the card's dialect: what the vault wraps and MACs it with. */
struct write_key_form {
    uint8_t fields[RECORD_FIELDS_MAX]; /* before the value */
    size_t field_count;
    uint8_t command[5]; /* CLA INS P1 P2 Lc */
};
/* KR_E_ARGUMENT where the dialect has no place for something that h says. */
enum kr_error card_write_key_form(const struct card *c, bool change, uint8_t kid,
                                  const struct key_header *h, size_t value_len,
                                  struct write_key_form *form);
/* A fresh challenge of the card, as the initial vector of a MAC. */
enum kr_error card_challenge_iv(struct card *c, uint8_t iv[8]);

#endif
