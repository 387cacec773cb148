/* Cards: the inventory with its filter, one card's whole history, and the question what a card in a
 * reader is. */
#ifndef KEYRITE_UI_INVENTORY_H
#define KEYRITE_UI_INVENTORY_H

#include "console.h"

void inventory_push(struct console *c);
/* Every entry of the journal that names the card's number or chip. */
void card_history_push(struct console *c, const struct card_record *card);
void card_query_push(struct console *c);

/* "1000 1000 0000 0000 0017"; anything but 20 digits as it is, "" as a dash. */
void card_number_text(const char *number, char out[32]);
/* "34 567": thousands parted by a space. */
void card_count_text(uint64_t n, char out[32]);

#endif
