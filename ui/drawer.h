/* The drawer of simulated cards and the desk for code sheets: only where there is a deck. */
#ifndef KEYRITE_UI_DRAWER_H
#define KEYRITE_UI_DRAWER_H

#include "console.h"

/* reader: the one Enter puts a card into (0-based). card: the one it opens on, "" for the first.
 * sheets: it opens on the code sheets instead. */
void drawer_push(struct console *c, size_t reader, const char *card, bool sheets);

#endif
