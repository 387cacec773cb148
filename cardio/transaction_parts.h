/* What purchase and load share. Inner header of cardio/. */
#ifndef KEYRITE_CARDIO_TRANSACTION_PARTS_H
#define KEYRITE_CARDIO_TRANSACTION_PARTS_H

#include "card_command.h"
#include "transaction.h"

#define SW_MAC_WRONG   0x9302
#define SW_BALANCE_LOW 0x9401
#define SW_NO_INDEX    0x9403
#define SW_NO_RIGHT    0x6982

void put_number(uint8_t *out, uint32_t value); /* 4 bytes */
uint32_t get_number(const uint8_t *in, size_t len);
/* INITIALIZE: which of the two, its type, the key's index, and the bytes of its answer. */
struct beginning {
    uint8_t p1, type, index;
    const char *key; /* "purchase", "load": for the detail */
    size_t answer_len;
};
extern const struct beginning load_begins;
struct beginning purchase_begins(uint8_t group);
/* Opens the card, which has to be the one of the terms, with its application current. */
enum kr_error user_open(struct card *user, const struct transaction_terms *terms);
/* The PIN where one was given, then INITIALIZE; answer holds b->answer_len bytes. */
enum kr_error user_begin(struct card *user, const struct beginning *b,
                         const struct transaction_terms *terms, uint32_t amount,
                         const uint8_t terminal[6], uint8_t *answer);
/* amount 4 || type 1 || terminal 6, then, for MAC1 of a purchase and MAC2 of a load, date 4 || time
 * 3. Returns the bytes. */
#define NAMES_LEN 18
size_t put_names(const struct transaction_terms *terms, uint8_t type, const uint8_t terminal[6],
                 uint8_t out[NAMES_LEN]);
/* GET TRANSACTION PROOF: MAC 4 || TAC 4. Finds whether the transaction after t->counter was done,
 * and fills in t->purse and t->looked; proof only where it is PURSE_CHANGED. why: what went wrong,
 * returned again unless something worse did. */
enum kr_error user_look(struct card *user, const struct beginning *b,
                        const struct transaction_terms *terms, struct transaction *t,
                        uint8_t proof[8], enum kr_error why);
/* GET BALANCE against what it should be. */
enum kr_error user_balance(struct card *user, uint32_t expected, struct transaction *t);
/* The TAC that the card gave, over data. */
enum kr_error tac_check(struct card *user, const struct transaction_terms *terms,
                        const uint8_t *data, size_t len, struct transaction *t);
/* Of several errors the first, with its own detail, although more was tried after it. */
struct first_error {
    enum kr_error err;
    char detail[192];
};
void error_note(struct first_error *f, enum kr_error err);
enum kr_error error_end(const struct first_error *f);

#endif
