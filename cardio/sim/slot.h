/*
 * A simulated reader: the slot of a deck, whatever card a person puts there or pulls. Follows the
 * slot file, keeps the card's file up to date before an answer leaves. Used by the card process in
 * place of PC/SC, and by keyrite-vcard behind pcscd.
 */
#ifndef KEYRITE_CARDIO_SIM_SLOT_H
#define KEYRITE_CARDIO_SIM_SLOT_H

#include "../apdu.h"
#include "../../crypto/error.h"

struct sim_slot;

enum sim_outcome {
    SIM_ANSWERED, /* reply bytes; by a fault there may be 0 or 1 of them: outcome unknown */
    SIM_NO_CARD,  /* not sent: no card, or not powered since it was inserted */
    SIM_GONE,     /* sent; the card was pulled before it answered */
    SIM_RESET,    /* something else reset the card: not carried out, security state gone, power it
                     again */
    SIM_MUTE,     /* the card will never answer; a real reader would block, so the caller has to */
};

/* The deck has to exist (KR_E_DECK); the slot may be empty. */
enum kr_error sim_slot_open(const char *deck, int number, struct sim_slot **slot);
void sim_slot_close(struct sim_slot **slot);
/* A card lies in it. *changes (may be NULL) grows with each insertion and removal. Costs one
 * stat(); to wait for a change use deck_watch() of ../deck.h. */
bool sim_slot_present(struct sim_slot *s, uint32_t *changes);
/* Powers the card up, or resets it. KR_E_NO_CARD; KR_E_DECK and KR_E_FILE for a damaged or missing
 * card file. */
enum kr_error sim_slot_power(struct sim_slot *s, uint8_t atr[33], size_t *atr_len);
/* The ATR once more; a card that has power keeps its state. KR_E_NO_CARD; KR_E_DECK for a damaged
 * card file. */
enum kr_error sim_slot_atr(struct sim_slot *s, uint8_t atr[33], size_t *atr_len);
void sim_slot_off(struct sim_slot *s);
/* The card's file cannot be written: the card answers 6581 and has not carried out the command. */
enum sim_outcome sim_slot_transmit(struct sim_slot *s, const uint8_t *command, size_t len,
                                   uint8_t reply[REPLY_MAX], size_t *reply_len);
/* Real T=0 manners for every card in this slot (61xx, 6Cxx). */
void sim_slot_set_t0(struct sim_slot *s, bool on);

#endif
