/* Help: what the screen below is for, what its keys do, and the conventions that hold everywhere.
 */
#ifndef KEYRITE_UI_HELP_H
#define KEYRITE_UI_HELP_H

#include "console.h"

/* screen: id of the screen that asks. */
void help_push(struct console *c, const char *screen);
/* Its text, untranslated; "" when there is none. */
const char *help_text(const char *screen);

#endif
