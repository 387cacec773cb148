/* Asks for the checkpoint that people hold on paper, when a store was opened that remembers one;
 * else goes to what can be done now at once. */
#ifndef KEYRITE_UI_PAPER_PAGE_H
#define KEYRITE_UI_PAPER_PAGE_H

#include "console.h"

void paper_or_home(struct console *c);

#endif
