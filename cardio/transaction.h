/*
 * Purchases between a PSAM in one reader and a user card in the other, and loads of a user card,
 * as a terminal and a bank do them; the keys that check them stay in the vault. Commands:
 * docs/simulated-cos.md sections 12 and 13; keys, MACs and TAC: ../shared/domain/cards.md
 * section 4.
 *
 * Nothing is claimed that was not seen. A card that was torn out or gave no sensible answer is
 * looked at once more at once; where that is not possible the purse is in doubt until the same card
 * is back and the _look() function has found out.
 */
#ifndef KEYRITE_CARDIO_TRANSACTION_H
#define KEYRITE_CARDIO_TRANSACTION_H

#include "card.h"

#define TRANSACTION_GROUPS 5 /* purchase keys of a user card: KID = version = group */
#define TYPE_LOAD          0x02
#define TYPE_PURCHASE      0x06

/* Who the user card is: its file 0015, 34 bytes or more. */
struct user_facts {
    uint8_t issuer[8];
    uint8_t type, version;
    uint8_t asn[10];
    uint8_t start[4], end[4]; /* BCD YYYYMMDD */
    bool pin_to_load;         /* some key of a load is not used before the PIN */
    bool pin_to_pay;
};
/* Opens the card, selects its application (3F01, KEYRITE.USER) and reads who it is. Changes
 * nothing. KR_E_NOT_USER_CARD for any other card. */
enum kr_error transaction_meet_user(struct card *user, struct user_facts *facts);
/* The same for a PSAM (3F01, KEYRITE.PSAM), with its terminal id, from MF 0016. KR_E_NOT_PSAM. */
enum kr_error transaction_meet_psam(struct card *psam, uint8_t terminal[6]);

/* What both kinds of transaction are about. */
struct transaction_terms {
    uint8_t asn[10]; /* of the card that was met; another in its place: KR_E_CARD_SWAPPED */
    uint32_t amount;
    uint8_t date[4], time[3]; /* BCD YYYYMMDD, HHMMSS */
    vault_handle pin;         /* ENTRY_PIN, verified as PIN 00; 0: none is given */
    vault_handle tac;         /* the card's TAC key, PURPOSE_TRANSACTION */
};
struct purchase {
    struct transaction_terms terms;
    uint8_t group;
    uint8_t region[8], bank[8];
    bool no_region; /* a city-card deployment: the bank's key comes straight from the root */
};
struct load {
    struct transaction_terms terms;
    uint8_t terminal[6];
    vault_handle key; /* the card's load key (index 1), PURPOSE_TRANSACTION */
};

enum purse_state { PURSE_UNTOUCHED, PURSE_CHANGED, PURSE_IN_DOUBT };
enum verdict { VERDICT_NONE /* could not be checked */, VERDICT_HOLDS, VERDICT_FAILS };
/* What happened. MACs and TAC are no secrets. Each field is as far as the transaction came. */
struct transaction {
    enum purse_state purse;
    bool begun;   /* the card has answered to INITIALIZE: the fields of it stand */
    bool looked;  /* an answer was lost, and the card told afterwards what it had done */
    bool waiting; /* the PSAM waits for MAC2 */
    uint8_t terminal[6];
    uint32_t balance_before;
    uint16_t counter; /* before the transaction */
    uint8_t version, algorithm, random[4];
    uint32_t terminal_number; /* purchase */
    uint8_t mac1[4], mac2[4], tac[4];
    uint32_t balance_after;    /* as the card tells it */
    enum verdict mac1_verdict; /* by the user card (purchase), the vault (load) */
    enum verdict mac2_verdict; /* by the PSAM (purchase), the user card (load) */
    enum verdict tac_verdict;  /* by the vault */
    enum verdict balance_verdict;
};
/*
 * INITIALIZE FOR PURCHASE, INIT SAM FOR PURCHASE, DEBIT, CREDIT SAM, balance, TAC. KR_OK: the purse
 * is changed and all four verdicts hold. Errors, each with t->purse telling what is known:
 * KR_E_NOT_PSAM, KR_E_NOT_USER_CARD, KR_E_CARD_SWAPPED, KR_E_PIN_NEEDED and those of
 * card_verify_pin(), KR_E_BALANCE_LOW, KR_E_GROUP_CARD, KR_E_GROUP_PSAM, KR_E_MAC1: untouched.
 * KR_E_MAC2, KR_E_TAC, KR_E_CARD_DIFFERS (balance): changed. Others, as of a card that was pulled:
 * any of the three.
 */
enum kr_error transaction_purchase(struct card *psam, struct card *user, const struct purchase *p,
                                   struct transaction *t);
/* With t as transaction_purchase() left it in doubt, and the same card back in its reader: finds
 * out by GET TRANSACTION PROOF, or by the card's counter, and goes on where it was. Ends like
 * transaction_purchase(); KR_E_CARD_GONE with the purse untouched: the purchase did not happen. */
enum kr_error transaction_purchase_look(struct card *psam, struct card *user,
                                        const struct purchase *p, struct transaction *t);
/* INITIALIZE FOR LOAD, CREDIT FOR LOAD, balance, TAC. KR_E_MAC1: the vault refuses the card;
 * KR_E_MAC2: the card refuses the vault. Else as above. */
enum kr_error transaction_load(struct card *user, const struct load *l, struct transaction *t);
enum kr_error transaction_load_look(struct card *user, const struct load *l, struct transaction *t);
/* When even t is lost, as after a power cut: whether the card's log (0018) has a transaction of
 * that type with this amount, terminal, date and time. PURSE_IN_DOUBT where newer ones have filled
 * the log, or with an error. MACs and TAC can then be checked no more. */
enum kr_error transaction_log_look(struct card *user, const struct transaction_terms *terms,
                                   uint8_t type, const uint8_t terminal[6],
                                   enum purse_state *purse);

#endif
