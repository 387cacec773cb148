/*
 * Gathers hidden entries into the fewest gaps: whole subtrees, and the last entry of a run by
 * itself. Inside the store floor; no database.
 */
#ifndef KEYRITE_STORE_BUNDLE_GAPS_H
#define KEYRITE_STORE_BUNDLE_GAPS_H

#include "bundle.h"

struct gap {
    uint64_t from;
    unsigned height;
    uint8_t hash[32];
};
struct gaps {
    struct gap list[128]; /* of a run: subtrees that grow to the left and shrink to the right */
    size_t count;
    bool any;
    struct gap last; /* the newest entry, when any */
};
/* Entries in order. KR_E_CRYPTO. */
enum kr_error gaps_add(struct gaps *g, uint64_t seq, const uint8_t leaf_hash[32]);
/* Writes the run, which ends here; with nothing gathered it does nothing. item is scratch. */
enum kr_error gaps_write(struct gaps *g, struct bundle_writer *w, struct bundle_item *item);

#endif
