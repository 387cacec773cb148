/*
 * The simulated card operating system: one card, bytes in, bytes out. What it does is written byte
 * for byte in docs/simulated-cos.md. Nothing here knows readers, decks or processes.
 */
#ifndef KEYRITE_CARDIO_SIM_COS_H
#define KEYRITE_CARDIO_SIM_COS_H

#include "../apdu.h"
#include "../dialect.h"
#include "../../crypto/error.h"
#include "../../crypto/secret.h"

#define SIM_ATR_LEN  11
#define SIM_KIND_MAX 24
#define SIM_DIALECT  "pboc-key" /* of cards that are not ordered in another one */

struct sim_card;

/* What the maker of the cards knows: kMprd lies in every blank, all three in the manufacturer
 * mother card. */
struct sim_factory {
    struct secret *card_key;      /* kMprd, 16 bytes */
    struct secret *transport_key; /* kMtk, 16 bytes */
    struct secret *pin;           /* 3 bytes BCD */
};

/* A card as delivered. kind: blank-mother, blank-psam, blank-user, manufacturer (KR_E_ARGUMENT
 * else). The chip serial is drawn. *card is the caller's, for sim_card_free(). */
enum kr_error sim_card_deliver(const char *kind, const struct sim_factory *factory,
                               struct sim_card **card);
/* As above in a dialect of ../dialect.h (KR_E_ARGUMENT when it is unknown); the other one makes
 * pboc-key cards. */
enum kr_error sim_card_deliver_as(const char *kind, const char *dialect,
                                  const struct sim_factory *factory, struct sim_card **card);
/* Wipes and frees; sets *card to NULL. NULL is fine. */
void sim_card_free(struct sim_card **card);

/* Power on or reset: MF current, security state 0, no challenge. */
void sim_card_reset(struct sim_card *card);
/* Id of the current directory, 3F00 for the MF. */
uint16_t sim_card_directory(const struct sim_card *card);
const struct dialect *sim_card_dialect(const struct sim_card *card);
/* The answer to reset of every card of that dialect. */
void sim_card_atr(const struct dialect *d, uint8_t atr[SIM_ATR_LEN]);
/* Real T=0 manners: 61xx and 6Cxx instead of whole answers. Off in a new or loaded card. */
void sim_card_set_t0(struct sim_card *card, bool on);
/* One command as a card receives it; the reply always holds at least a status word. */
void sim_card_process(struct sim_card *card, const uint8_t *command, size_t len,
                      uint8_t reply[REPLY_MAX], size_t *reply_len);

/* True when something that outlives a reset differs from the file: save before the answer leaves.
 */
bool sim_card_changed(const struct sim_card *card);
/* The whole card in one file, replaced in one act (card_file.c has the format). */
enum kr_error sim_card_save(struct sim_card *card, const char *path);
/* KR_E_DECK names what is wrong with a damaged file. The card comes reset. */
enum kr_error sim_card_load(const char *path, struct sim_card **card);
/* Only what kind of card it was delivered as; reads no key. */
enum kr_error sim_card_kind(const char *path, char kind[SIM_KIND_MAX]);
/* Likewise the dialect that it speaks. */
enum kr_error sim_card_speaks(const char *path, const struct dialect **dialect);

#endif
