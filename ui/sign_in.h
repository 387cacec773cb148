/* Who is here: everybody enrolled, signed in or not; Enter signs in. */
#ifndef KEYRITE_UI_SIGN_IN_H
#define KEYRITE_UI_SIGN_IN_H

#include "console.h"

/* to_home: leaving it opens the home screen once somebody is signed in; else it goes back to where
 * it came from. */
void sign_in_push(struct console *c, bool to_home);

#endif
