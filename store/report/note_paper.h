/*
 * The paper of a transfer note: what goes where in which bag, the fingerprint that the receiver
 * types from it, the cards to tick off, places for ink, and the note itself word for word. Made
 * from the note alone, so sender, receiver and auditor print the same. Words are in the language
 * that gettext() is set to. docs/report.md, "Other papers".
 */
#ifndef KEYRITE_STORE_REPORT_NOTE_PAPER_H
#define KEYRITE_STORE_REPORT_NOTE_PAPER_H

#include "../transfer_note.h"
#include "document.h"

/* A note that was read and proved, and its text of len bytes. */
enum kr_error note_paper_document(const struct transfer_note *n, const char *text, size_t len,
                                  struct document *d);
#define NOTE_PAPER_ROOM 80 /* of a paper's file name, with its NUL */
/* Both papers beside the note: dir/NAME.LANG.txt and .pdf, where name ends in NOTE_ENDING. made:
 * the file name of the one to go with the bag, the PDF, or the text where none was printed; empty
 * on an error. KR_E_FILE when the text could not be written, KR_E_TOO_LONG for a path. */
enum kr_error note_paper_write(const char *dir, const char *name, const char *text, size_t len,
                               char made[NOTE_PAPER_ROOM]);

#endif
