/*
 * The transfer note on which a ceremony takes cards in (docs/transfer-note.md): given as a
 * parameter, held against this centre at once, remembered by the step check-note, and asked for
 * every card after that.
 */
#ifndef KEYRITE_CEREMONY_NOTES_H
#define KEYRITE_CEREMONY_NOTES_H

#include "run.h"
#include "../store/receptions.h"

/* A note file, proved and for this centre. *known: by a log key that was confirmed before. text
 * may be NULL; else it is the caller's, as the note is. The errors of transfer_note_load() and
 * reception_admits(); KR_E_NOTE_RECEIVER, KR_E_NOTE_REHEARSAL; KR_E_NOTE_KIND when it lists no card
 * of a layout that the script takes in. */
enum kr_error note_load(struct ceremony *c, const char *path, struct transfer_note **n, char **text,
                        size_t *len, bool *known);
/* What the opening entry says of the note: "sha256 HEX64". */
void note_said(const struct transfer_note *n, char out[80]);
/* The note that this ceremony received; the ceremony's own. KR_E_NOT_FOUND before check-note. */
enum kr_error note_held(struct ceremony *c, const struct transfer_note **n);
/* Whether the script takes cards in on a note: the parameter that names it, or NULL. */
const struct script_parameter *note_parameter(const struct script *s);

/* KR_E_NOTE_CARD unless the note lists a card of that layout with this chip and number. */
enum kr_error note_lists(struct ceremony *c, const struct card_record *rec, const char *layout);
/* The same for two that came as a pair: each is the other's partner on the note. */
enum kr_error note_pairs(struct ceremony *c, const struct card_record *a,
                         const struct card_record *b);
/* Lines of the entry with which a card is taken in: which note, and which of the sender's entries.
 */
enum kr_error note_lines(struct ceremony *c, struct entry *e, const struct card_record *rec);
/* Sender, receiver, bag, and how many cards of each kind. */
void note_summary(struct request *r, const struct transfer_note *n);
/* How many of that layout it lists, and what is written on one of them, for whoever reaches into
 * the bag. */
void note_facts(struct ceremony *c, struct request *r, const char *layout);

/* What the note lists and this ceremony did not take in: lines of the entry that say how many are
 * missing, and how many each reception that was aborted had taken in. None where there is no note.
 */
enum kr_error note_not_here_lines(struct ceremony *c, struct entry *e);
/* The same for people, with the labels of the first that are missing. */
void note_missing_facts(struct ceremony *c, struct request *r);
/* An exception that names them, signed by these; nothing when none is missing. Inside a
 * transaction. */
enum kr_error note_missing_record(struct ceremony *c, const char *const *persons);

#endif
