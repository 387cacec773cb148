/* All card layouts of the centre, for cards that nobody said the kind of. */
#ifndef KEYRITE_CEREMONY_LAYOUT_KINDS_H
#define KEYRITE_CEREMONY_LAYOUT_KINDS_H

#include "../cardio/layout.h"
#include "session.h"

/* Calls visit with each layout of the session's folder that can be used; where the tier has its own
 * file of that name, with that one. No order. KR_E_MEMORY. */
enum kr_error layouts_each(struct session *s, void (*visit)(void *ctx, const struct layout *l),
                           void *ctx);
/* The layout ("rmkc") that has this card type, the first byte of the audit data; "" where none has.
 */
enum kr_error layout_of_type(struct session *s, uint8_t type, char id[LAYOUT_ID_MAX]);
/* KR_E_CARD_WRONG_KIND with that layout's name for people; where none has the type
 * KR_E_CARD_FOREIGN. */
enum kr_error wrong_kind(struct session *s, uint8_t type);

#endif
