/*
 * What one entry can be looked for by, from its text alone (facets.h keeps it, verify_facets.h
 * compares it). Inside the store floor.
 */
#ifndef KEYRITE_STORE_FACET_VALUES_H
#define KEYRITE_STORE_FACET_VALUES_H

#include <time.h>
#include "entry.h"
#include "journal_filter.h"

#define FACET_DAY_ROOM 16

/* Every value but the date, each perhaps more than once. An error of each() ends it and is
 * returned. */
enum kr_error facet_values(const struct entry *e,
                           enum kr_error (*each)(void *ctx, enum facet_class class,
                                                 const char *value),
                           void *ctx);
/* "2026-11-25"; its first seven bytes are the month. "" for a time that no calendar has. */
void facet_day(const struct tm *when, char day[FACET_DAY_ROOM]);
/* A card's number from its last digit to its first, for any other class "": of cards people know
 * the last digits, and an index finds them so. */
void facet_turned(enum facet_class class, const char *value, char out[FACET_VALUE_MAX]);

#endif
