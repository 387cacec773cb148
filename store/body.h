/*
 * The body of an entry: lines "NAME SP VALUE\n" in the order they were added
 * (docs/journal-format.md). Inside the store floor; others use entry_add() and entry_get() of
 * entry.h.
 */
#ifndef KEYRITE_STORE_BODY_H
#define KEYRITE_STORE_BODY_H

#include <stdbool.h>
#include "entry.h"

/* Well-formed UTF-8 (no surrogates, no overlong forms, no NUL). */
bool utf8_is_valid(const char *text, size_t len);
/* Every line in canonical form; KR_E_ENTRY_FORMAT names the first line that is not. */
enum kr_error body_check(const char *body, size_t len);
/* SHA-256("keyrite-body/1\n" || salt || body). */
enum kr_error body_commitment(const uint8_t salt[32], const char *body, size_t len,
                              uint8_t hash[32]);

#endif
