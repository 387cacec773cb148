/*
 * Components of a key: XOR combination with its refusals, and the check letters of our own code
 * sheets. A sheet prints a component as blocks of 4 hexadecimal digits, each followed by one check
 * letter out of the 16 that are neither hex digits nor easily misread: G H J K L M N P Q R T U V W
 * X Y. Letter value of block b (0-based), digits d1..d4, in GF(16) modulo x^4+x+1 with generator a
 * = 2: c = a*d1 + a^2*d2 + a^3*d3 + a^4*d4 + a^5*(b+1 mod 16) Every wrong digit, every exchange of
 * two digits and every block typed in another's place changes it.
 */
#ifndef KEYRITE_CRYPTO_COMPONENT_H
#define KEYRITE_CRYPTO_COMPONENT_H

#include "suite.h"

#define COMPONENTS_MIN 2
#define COMPONENTS_MAX 5
#define BLOCK_DIGITS   4

/* Check letter of one block; digits are values 0..15. */
char component_check_letter(size_t block, const uint8_t digits[BLOCK_DIGITS]);

/*
 * XOR of count components (2..5), each suite->key_len bytes. Refuses zero, weak and pairwise equal
 * components and weak results (detail names the component, 1-based). Forces odd parity on the
 * result only, and only where the suite has parity. *key is the caller's.
 */
enum kr_error component_combine(const struct suite *s, const struct secret *const *components,
                                size_t count, struct secret **key);
/* KR_OK, or KR_E_KEY_ZERO / KR_E_KEY_WEAK: what may not serve even as a component. */
enum kr_error component_check(const struct suite *s, const struct secret *component);

#endif
