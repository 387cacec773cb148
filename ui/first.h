/* The first screen of a console on a site's store: which centre, which store, and the one thing to
 * do next. */
#ifndef KEYRITE_UI_FIRST_H
#define KEYRITE_UI_FIRST_H

#include "console.h"

void first_push(struct console *c);

#endif
