/*
 * Opening a store for an auditor: who that is, the passphrase, the database key. Inside
 * store/audit.
 */
#ifndef KEYRITE_STORE_AUDIT_AUDITOR_H
#define KEYRITE_STORE_AUDIT_AUDITOR_H

#include "../verify.h"
#include "audit.h"

/* Hardens the process, reads the slot file into slots, takes the auditor's passphrase from the
 * descriptor or the terminal, and opens the store read-only. KR_E_PERSON_UNKNOWN was explained on
 * stderr already. s is the caller's to close. */
enum kr_error auditor_open(const struct audit_options *o, struct slots *slots, struct store **s);
/* Errors of auditor_open() that speak of the store: it is so damaged that it cannot be read. */
bool auditor_shows_alteration(enum kr_error error);
/* Then the report that says so. */
void auditor_note_alteration(struct verify_report *report, const struct slots *slots,
                             enum kr_error error);

#endif
