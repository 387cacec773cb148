/*
 * Another slot file: people came or went, or the vault key was shared anew. The file that is to
 * come waits beside the two copies; the policy entry that names its digest puts it in force, and
 * with it all rows of that transaction. Inside the store floor. docs/decisions/0015.
 */
#ifndef KEYRITE_STORE_RENEWAL_H
#define KEYRITE_STORE_RENEWAL_H

#include "database.h"

/* At opening: the slot file that was read has to be the one which the journal has put in force. If
 * that one still waits it takes the place of the two copies (read-only: for this opening), and
 * store_slots() tells it. A waiting one that was never put in force is removed. Slots of a store in
 * which nobody ever came or went are as they were founded. KR_E_SLOTS. */
enum kr_error renewal_settle(struct store *s, const struct secret *database_key);
/* What a verification says at its end: the newest policy entry names the digest of the slots that
 * the store was opened with. KR_E_SLOTS. */
enum kr_error renewal_agrees(struct store *s);
/* Slots of before, kept for whoever still looks at them. */
void renewal_free(struct store *s);

#endif
