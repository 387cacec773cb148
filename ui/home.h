/* Home: what can be done now by the people present, unfinished ceremonies first. */
#ifndef KEYRITE_UI_HOME_H
#define KEYRITE_UI_HOME_H

#include "console.h"

/* The home screen becomes the lowest one. */
void home_restart(struct console *c);

#endif
