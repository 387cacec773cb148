/* A demonstration's code sheet as it lies on the desk: its component stands in the columns of the
 * masked entry, each block under the one it belongs to. */
#ifndef KEYRITE_UI_DESK_H
#define KEYRITE_UI_DESK_H

#include "draw.h"

/* text as sheet_read() gives it; taken apart. */
void desk_draw(struct pane *p, char *text);

#endif
