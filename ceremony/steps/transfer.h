/* Sending cards: which they are follows from the parameters of the opening. */
#ifndef KEYRITE_CEREMONY_TRANSFER_H
#define KEYRITE_CEREMONY_TRANSFER_H

#include "steps.h"

/* Of a script that sends cards: whether there are any in that range, and not more than one note
 * lists. KR_E_TRANSFER_NONE, KR_E_TRANSFER_MANY. */
enum kr_error transfer_possible(struct ceremony *c);
/* Numbers of the entries that listed the cards. */
void transfer_pages(const struct ceremony *c, uint64_t *first, size_t *count);

#endif
