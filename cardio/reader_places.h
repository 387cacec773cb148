/*
 * Which reader is "reader 1". Inner header of cardio/: what the watch process tells, put into the
 * places that a person speaks of.
 */
#ifndef KEYRITE_CARDIO_READER_PLACES_H
#define KEYRITE_CARDIO_READER_PLACES_H

#include "reader.h"

/* What was told of one reader. */
struct reader_told {
    struct reader_status status; /* attached; status.changes is not read */
    uint32_t changes;            /* by the watch process's own count, which begins anew with it */
    bool placed;
};
struct reader_places {
    struct reader_status status[READERS_MAX];
    uint32_t told_changes[READERS_MAX];
    size_t count; /* places ever taken: one whose reader is unplugged stays */
};

/*
 * Takes over the whole of what was last told (count <= READERS_MAX, in any order; placed is
 * written). A reader keeps its place as long as it is plugged in; one unplugged leaves its place
 * not attached, until it comes back or a new one takes the lowest such place.
 */
void places_take(struct reader_places *p, struct reader_told *told, size_t count);

#endif
