/* Those who are present, a line each: whoever is chosen proves it with the passphrase. Of the pages
 * for a locked console and for a lost paper. */
#ifndef KEYRITE_UI_PRESENT_CHOICE_H
#define KEYRITE_UI_PRESENT_CHOICE_H

#include "console.h"
#include "passphrase.h"

/* marked: id of one of them, of whom mark is said at the right; NULL for nobody. */
void present_choice_draw(struct console *c, struct choice *people, const char *marked,
                         const char *mark, struct pane *p);
/* The chosen one types the passphrase, then done() is called; nothing when nobody is chosen. */
void present_choice_prove(struct console *c, const struct choice *people, enum passphrase_use use,
                          void (*done)(struct console *c, void *ctx));

#endif
