/*
 * A deck: a folder of simulated cards. cards/NAME.card is one card's whole state; slot-0, slot-1
 * hold the name of the card that lies in that reader (file absent or empty: none). Written temp +
 * rename, so that a card is never half there. The simulator (in the card process, or keyrite-vcard
 * behind pcscd) follows the slot files; whoever inserts or pulls a card writes them.
 */
#ifndef KEYRITE_CARDIO_DECK_H
#define KEYRITE_CARDIO_DECK_H

#include "../crypto/error.h"
#include <stdbool.h>

#define DECK_NAME_MAX 32
#define DECK_SLOTS    2
struct deck_card {
    char name[DECK_NAME_MAX]; /* "mother-03" */
    char kind[24];            /* "blank-mother", "manufacturer" ... as it was made */
    char dialect[16];         /* that it speaks; "" of a damaged card */
    char looks[64];           /* what a person sees printed on it: label text, may be "" */
    int slot;                 /* reader it lies in, or -1 */
};
struct deck_options {
    const char *manufacturer_key_file; /* NULL: the deck's own, drawn when the deck is made */
};
/*
 * Makes the folder when missing (with a fresh manufacturer key, its transport key and their sheets
 * in DECK/sheets/); fine when it is there. DECK/factory is what the maker of these cards keeps:
 * kMprd, kMtk, PIN. Sheets are text, one "name: value" a line, each marked REHEARSAL:
 *   kMtk-component-1.txt, kMtk-component-2.txt: "component N: 1234G 5678H ..." (check letters of
 *   crypto/component.h), "component N kcv: 3A910C", "key kcv: ..."
 *   manufacturer-card.txt: "pin: 123456", "kMtk kcv: ...", "kMprd kcv: ..."
 */
enum kr_error deck_make(const char *deck);
/* As deck_make(); with options a new deck gets its blanks from the maker of another deck (that
 * deck's DECK/factory). */
enum kr_error deck_make_with(const char *deck, const struct deck_options *options);
/* kind: blank-mother, blank-psam, blank-user, manufacturer. Names run on: mother-01 ... first: name
 * of the first made. */
enum kr_error deck_new(const char *deck, const char *kind, unsigned count,
                       char first[DECK_NAME_MAX]);
/* As above in a dialect of dialect.h; deck_new() makes pboc-key cards. KR_E_DECK when unknown. */
enum kr_error deck_new_as(const char *deck, const char *kind, const char *dialect, unsigned count,
                          char first[DECK_NAME_MAX]);
enum kr_error deck_list(const char *deck, struct deck_card *cards, size_t room, size_t *count);
/* KR_E_DECK_CARD for a name that is not there; KR_E_DECK when the slot holds a card, or the card
 * lies in another. */
enum kr_error deck_insert(const char *deck, const char *name, int slot);
/* An empty slot stays one. */
enum kr_error deck_eject(const char *deck, int slot);
/* Name in a slot, "" for none. */
enum kr_error deck_in_slot(const char *deck, int slot, char name[DECK_NAME_MAX]);
/* *fd (the caller's to close) becomes readable when a slot file changes; deck_watch_drain() makes
 * it wait again. */
enum kr_error deck_watch(const char *deck, int *fd);
void deck_watch_drain(int fd);
/* Sets the label text that a person wrote on the card. */
enum kr_error deck_label(const char *deck, const char *name, const char *text);

#endif
