/* The locked console: nothing of the work is on the screen; somebody who is present types the
 * passphrase to go on. */
#ifndef KEYRITE_UI_LOCK_H
#define KEYRITE_UI_LOCK_H

#include "console.h"

/* Nothing when it is locked already, or when nobody is present who could unlock it. */
void lock_push(struct console *c);

#endif
