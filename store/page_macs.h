/*
 * Every page of journal.db against its MAC, also those that nothing reads: a free page holds
 * nothing, yet whoever verifies a file says of each byte that it is as it was written. Inner header
 * of store/.
 *
 * The format is SQLCipher's, as settings.c states it: page of 4096 bytes, of which the last 48 are
 * reserved: IV 16, HMAC-SHA1 20, filling 12. The MAC is over the encrypted part, the IV and the
 * page number (4 bytes, least significant first, from 1); page 1 leaves out the 16 bytes of salt at
 * its beginning. MAC key = PBKDF2-HMAC-SHA1(database key, salt with each byte XOR 3A, 2 rounds, 32
 * bytes). Source: SQLCipher design, "Page HMAC". The 12 bytes of filling are under no MAC and are
 * not looked at by anybody.
 */
#ifndef KEYRITE_STORE_PAGE_MACS_H
#define KEYRITE_STORE_PAGE_MACS_H

#include "../crypto/secret.h"

/* KR_E_STORE_DAMAGED naming the first page that does not agree, or that is cut short; KR_E_FILE. */
enum kr_error page_macs_check(const char *path, const struct secret *database_key);

#endif
