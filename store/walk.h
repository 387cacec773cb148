/*
 * The journal from its first entry on, item by item as a bundle of the whole has it. Inside the
 * store floor.
 */
#ifndef KEYRITE_STORE_WALK_H
#define KEYRITE_STORE_WALK_H

#include "bundle/bundle.h"
#include "store.h"

/* Size of the newest checkpoint in the database, 0 for none. */
enum kr_error journal_covered(struct store *s, uint64_t *size);
/* The first size entries, each with its body, and every checkpoint behind the last entry that it
 * covers. Nothing is verified but that entries are canonical and bodies fit. An error of item()
 * ends it and is returned; it may change the item. e is NULL for a checkpoint. */
enum kr_error journal_walk(struct store *s, uint64_t size,
                           enum kr_error (*item)(void *ctx, struct bundle_item *item,
                                                 const struct entry *e),
                           void *ctx);

#endif
