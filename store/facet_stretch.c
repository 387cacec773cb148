#include "facet_stretch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t hash_of(enum facet_class class, const char *text)
{
    uint64_t hash = 14695981039346656037u ^ (uint64_t) class; /* FNV-1a */
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return (size_t)(hash ^ hash >> 32);
}

/* Where the value stands, or is to stand. */
static uint32_t *place_of(struct stretch *c, enum facet_class class, const char *text)
{
    size_t mask = 2 * c->room - 1, at = hash_of(class, text) & mask;
    while (c->places[at] != 0) {
        const struct stretch_value *v = &c->values[c->places[at] - 1];
        if (v->class == class && strcmp(v->text, text) == 0)
            break;
        at = (at + 1) & mask;
    }
    return &c->places[at];
}

/* room is a power of two. */
static enum kr_error grow(struct stretch *c)
{
    size_t room = c->room ? 2 * c->room : FACET_STRETCH;
    struct stretch_value *values = realloc(c->values, room * sizeof *values);
    c->values = values ? values : c->values;
    uint32_t *places = calloc(2 * room, sizeof *places);
    if (!values || !places) {
        free(places);
        return KR_E_MEMORY;
    }
    free(c->places);
    c->places = places;
    c->room = room;
    for (size_t i = 0; i < c->count; i++)
        *place_of(c, c->values[i].class, c->values[i].text) = (uint32_t)i + 1;
    return KR_OK;
}

enum kr_error stretch_add(struct stretch *c, enum facet_class class, const char *text, uint64_t n)
{
    enum kr_error error = c->count == c->room ? grow(c) : KR_OK;
    if (error != KR_OK)
        return error;
    uint32_t *place = place_of(c, class, text);
    if (*place == 0) {
        struct stretch_value *v = &c->values[c->count++];
        memset(v, 0, sizeof *v);
        v->class = class;
        snprintf(v->text, sizeof v->text, "%s", text);
        *place = (uint32_t)c->count;
    }
    c->values[*place - 1].bits[n / 8] |= (uint8_t)(1u << n % 8);
    return KR_OK;
}

void stretch_forget(struct stretch *c)
{
    if (c->count > 0)
        memset(c->places, 0, 2 * c->room * sizeof *c->places);
    c->count = 0;
}

void stretch_free(struct stretch *c)
{
    free(c->values);
    free(c->places);
    *c = (struct stretch){.count = 0};
}

bool stretch_bit(const uint8_t bits[FACET_BITS], uint64_t n)
{
    return bits[n / 8] >> n % 8 & 1;
}
