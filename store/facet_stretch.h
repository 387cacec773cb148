/*
 * What the entries of one stretch (facets.h) can be looked for by: each value once, with the set of
 * entries that say it. Inside the store floor.
 */
#ifndef KEYRITE_STORE_FACET_STRETCH_H
#define KEYRITE_STORE_FACET_STRETCH_H

#include "facets.h"

struct stretch_value {
    enum facet_class class;
    char text[FACET_VALUE_MAX];
    uint8_t bits[FACET_BITS];
    int64_t id; /* in the tables, for whoever looked it up; 0 at first */
};
struct stretch {
    struct stretch_value *values;
    size_t count, room;
    uint32_t *places; /* by hash: number of the value + 1; twice as many as values, or more */
};
/* The n-th entry of the stretch says so; as often as it likes. KR_E_MEMORY. */
enum kr_error stretch_add(struct stretch *s, enum facet_class class, const char *text, uint64_t n);
/* An empty one, its memory kept. */
void stretch_forget(struct stretch *s);
void stretch_free(struct stretch *s);
bool stretch_bit(const uint8_t bits[FACET_BITS], uint64_t n);

#endif
