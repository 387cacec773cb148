/* What writing, reading and proving a transfer note share. Inside the store floor. */
#ifndef KEYRITE_STORE_NOTE_PARTS_H
#define KEYRITE_STORE_NOTE_PARTS_H

#include "transfer_note.h"

/* Fills in the second part of the note from its pages, and holds it to what docs/transfer-note.md
 * demands of them. KR_E_NOTE_FORM; KR_E_NOTE_PROOF for a page that says something else than the
 * note around it. */
enum kr_error note_gather(struct transfer_note *n);
/* Signatures, places in the tree, checkpoint. KR_E_NOTE_PROOF. */
enum kr_error note_prove(const struct transfer_note *n);

#endif
