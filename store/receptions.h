/*
 * Transfer notes as they went out and came in: making one from the journal, and what is remembered
 * of those that were received, with whose log key, so that the same centre is known again.
 */
#ifndef KEYRITE_STORE_RECEPTIONS_H
#define KEYRITE_STORE_RECEPTIONS_H

#include "store.h"
#include "transfer_note.h"

/* The note over these entries of the journal (numbers in rising order), which the checkpoint
 * covers. It is proved as its receiver will. The caller frees the text. KR_E_NOTE_FORM or
 * KR_E_NOTE_PROOF when the entries make none. */
enum kr_error transfer_note_make(struct store *s, const uint64_t *pages, size_t count,
                                 const char *checkpoint, char **text, size_t *len);
/* Whether cards may be taken in on this note: KR_E_NOTE_RECEIVED when a ceremony that was not
 * aborted did so before, on this text or on another one of the same ceremony of the same sender
 * (its detail: which), KR_E_NOTE_KEY when the sender was known by another log
 * key, KR_E_CHECKPOINT when a checkpoint of the same size had another root. *known: by this key. */
enum kr_error reception_admits(struct store *s, const struct transfer_note *n, bool *known);
/* The row of that ceremony, and the lines of the entry that it follows from. Inside a transaction.
 */
enum kr_error reception_put(struct store *s, struct entry *e, const char *ceremony,
                            const struct transfer_note *n, const char *text, size_t len);
/* Which ceremony took the card of that chip in on this note, an aborted one among them; "" for
 * none.
 */
enum kr_error reception_took(struct store *s, const struct transfer_note *n, const char *chip,
                             char ceremony[40]);
/* The note that a ceremony received, proved again. KR_E_NOT_FOUND. */
enum kr_error reception_get(struct store *s, const char *ceremony, struct transfer_note **n);

#endif
