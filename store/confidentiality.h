/*
 * How confidential an entry is, for those who give copies away. docs/bundle-format.md,
 * "Confidentiality". Inside the store floor.
 */
#ifndef KEYRITE_STORE_CONFIDENTIALITY_H
#define KEYRITE_STORE_CONFIDENTIALITY_H

#include "entry.h"

#define CONFIDENTIALITY_MOST 3

/* The greater of its header's level and what follows from its kind and lines; 0 for the entries
 * that say who may sign. The body must be known. */
unsigned confidentiality(const struct entry *e);

#endif
