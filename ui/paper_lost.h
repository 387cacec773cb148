/* The checkpoint on paper is lost: who of those present answers for going on without it. */
#ifndef KEYRITE_UI_PAPER_LOST_H
#define KEYRITE_UI_PAPER_LOST_H

#include "console.h"

/* One after the other is chosen and types the passphrase; then home. Esc: nobody has said so. */
void paper_lost_push(struct console *c);

#endif
