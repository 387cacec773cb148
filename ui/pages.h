/* The pages that only show: people, security status, journal. Each is pushed over the screen that
 * asks for it. */
#ifndef KEYRITE_UI_PAGES_H
#define KEYRITE_UI_PAGES_H

#include "console.h"

void people_push(struct console *c);
void security_push(struct console *c);
void journal_push(struct console *c);

/* The keys of a page that only scrolls, and what they do. */
size_t page_keys(struct console *c, struct screen *s, struct key_hint *out);
void page_command(struct console *c, struct screen *s, enum command k);
void page_close(struct console *c, struct screen *s); /* free(s->state) */

#endif
