/* The checkpoint card (../ceremony/checkpoint_card.h): compared with the journal, and written. When
 * it stands in for the paper that was asked for, it goes on to what can be done now. */
#ifndef KEYRITE_UI_CHECKPOINT_CARD_PAGE_H
#define KEYRITE_UI_CHECKPOINT_CARD_PAGE_H

#include "console.h"

void checkpoint_card_push(struct console *c);

#endif
