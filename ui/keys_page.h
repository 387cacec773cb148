/* Keys: all that this centre has and had, as a list and as a tree of what is derived from them, and
 * one key's whole life. */
#ifndef KEYRITE_UI_KEYS_PAGE_H
#define KEYRITE_UI_KEYS_PAGE_H

#include "../ceremony/key_holders.h"
#include "console.h"

void keys_push(struct console *c);
/* One key: what it is for, where it is held, who entered its components, and the date of each of
 * its states. */
void key_push(struct console *c, const struct key_record *key);

/* "GMPK 3" */
void key_title_text(const struct key_record *key, char out[64]);
/* "3A 91 0C" */
void key_kcv_text(const struct key_record *key, char out[24]);
/* "vault · 3 cards", "archive" */
void key_where_text(const struct key_record *key, uint64_t cards, char *out, size_t room);

#endif
