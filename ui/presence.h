/* Who is present and what lies in which reader: the lines above the function bar of every screen.
 */
#ifndef KEYRITE_UI_PRESENCE_H
#define KEYRITE_UI_PRESENCE_H

#include "console.h"

/* Draws above row bottom; returns the rows taken (0 without a session). */
int presence_draw(struct console *c, int bottom);
/* "custodian, supervisor" in the current language. */
void presence_roles(unsigned roles, char *out, size_t room);
/* What a person sees of reader n (0-based): "mother-03 ✓", "empty", or what is wrong. */
void presence_reader(struct console *c, size_t n, char *out, size_t room);

#endif
