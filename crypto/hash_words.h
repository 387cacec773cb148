/* The words of a hash, for reading aloud: PGP word list in English, radio digits in Chinese. */
#ifndef KEYRITE_CRYPTO_HASH_WORDS_H
#define KEYRITE_CRYPTO_HASH_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Words of the hash's first 16 bytes, four to a line; in Chinese (zh true) each byte as three
 * decimal digits in radio form. out needs 400 bytes. */
void hash_words(const uint8_t hash[32], bool zh, char *out, size_t room);

#endif
