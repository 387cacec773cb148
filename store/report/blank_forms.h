/*
 * Papers to be filled in by hand: the component sheet (码单), the envelope of a PIN or passphrase,
 * and the record of destroying cards. None of them holds a secret, and nothing that is written on
 * them comes back into a file. In the language of gettext().
 */
#ifndef KEYRITE_STORE_REPORT_BLANK_FORMS_H
#define KEYRITE_STORE_REPORT_BLANK_FORMS_H

#include "report.h"

/* Eight blocks of four digits, each with the place of its check letter, as a ceremony asks for
 * them, and boxes for the check values of component and key. */
enum kr_error form_component_sheet(const char *centre, bool rehearsal, struct document *d);
/* What stands on the outside, a line to fold at, and the inside. */
enum kr_error form_pin_envelope(const char *centre, bool rehearsal, struct document *d);
/* The cards that a ceremony spoiled, with number and chip, and places for how, when and before
 * whom they were destroyed. */
enum kr_error form_destruction(const struct report *r, bool chinese, struct document *d);

#endif
