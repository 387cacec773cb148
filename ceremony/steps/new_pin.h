/* PINs as people type them: of one length, and a new one twice. */
#ifndef KEYRITE_CEREMONY_NEW_PIN_H
#define KEYRITE_CEREMONY_NEW_PIN_H

#include "steps.h"

/* The answer is a whole PIN, in c->entry. KR_E_ANSWER; KR_E_ENTRY_INCOMPLETE for another number of
 * digits: what was typed is dropped. */
enum kr_error pin_is_whole(struct ceremony *c, const struct answer *a);
/* One of two typings; c->first_entry tells which. *pin is the PIN after the second, the caller's to
 * drop, and 0 before and where a problem was said: another number of digits, the PIN old (0: there
 * is none) over again, or two that differ, which begin anew. */
enum kr_error new_pin_take(struct ceremony *c, const struct answer *a, vault_handle old,
                           vault_handle *pin);

#endif
