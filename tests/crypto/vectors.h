/*
 * Published numbers for tests: VECTORS/cards.json, an array of cases, each an object of texts with
 * two objects of texts, "inputs" and "expected". The reader takes exactly this shape and no other.
 * Whatever is missing or malformed fails the test that asks.
 */
#ifndef KEYRITE_TESTS_VECTORS_H
#define KEYRITE_TESTS_VECTORS_H

#include <stddef.h>
#include <stdint.h>
#include "../../crypto/secret.h"

/* Reads the file (once). */
void vectors_open(void);
/* Text of one member, e.g. ("KCV 3DES", "expected", "kcv"). Valid for the whole run. */
const char *vector_text(const char *name, const char *section, const char *member);
/* The same as bytes; returns their number, at most room. */
size_t vector_bytes(const char *name, const char *section, const char *member, uint8_t *out,
                    size_t room);
/* The same as a secret, which the caller frees. */
struct secret *vector_secret(const char *name, const char *section, const char *member);
/* Appends the member's bytes to a message of *len bytes. */
void vector_append(const char *name, const char *section, const char *member, uint8_t *message,
                   size_t *len, size_t room);

/* Hexadecimal text written in a test itself. */
size_t bytes_of(const char *hex, uint8_t *out, size_t room);
struct secret *secret_of(const char *hex);

#endif
