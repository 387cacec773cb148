/* The newest checkpoint as QR codes on the whole terminal (docs/decisions/0011). */
#ifndef KEYRITE_UI_CHECKPOINT_PAGE_H
#define KEYRITE_UI_CHECKPOINT_PAGE_H

#include "pages.h"

void checkpoint_push(struct console *c);

#endif
