/* What goes out in a folder that people choose: a transfer note, a key block (files.c). */
#ifndef KEYRITE_STORE_HAND_OUT_H
#define KEYRITE_STORE_HAND_OUT_H

#include <stddef.h>
#include "../crypto/error.h"

/* Into dir (made when missing) under that name, as a whole or not at all. KR_E_FILE,
 * KR_E_TOO_LONG. */
enum kr_error file_hand_out(const char *dir, const char *name, const char *text, size_t len);

#endif
