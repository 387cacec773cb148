/* Checkpoints of the database with the trees that are kept beside them. Inside the store floor. */
#ifndef KEYRITE_STORE_SEALED_H
#define KEYRITE_STORE_SEALED_H

#include "database.h"

struct sealed {
    struct checkpoint head;
    struct tree tree;
    char text[CHECKPOINT_MAX + 1];
};
/* The first checkpoint whose tree is larger than that size; *id is 0 when none is. KR_E_CHECKPOINT
 * where one is missing. */
enum kr_error sealed_after(struct store *s, uint64_t size, int64_t *id);
/* Signed by the log, and the tree kept with it has the root that was signed: else
 * KR_E_CHECKPOINT. */
enum kr_error sealed_load(struct store *s, int64_t id, struct sealed *c);
/* Grows the tree by the leaves of the entries from its size on, up to that size. own, where not
 * NULL, is taken for the entry seq. */
enum kr_error sealed_grow(struct store *s, struct tree *tree, uint64_t size, uint64_t seq,
                          const uint8_t own[32]);

#endif
