/* Files of a deck: read whole, replaced whole. They may hold the keys of simulated cards, so bytes
 * are secrets. */
#ifndef KEYRITE_CARDIO_DECK_FILE_H
#define KEYRITE_CARDIO_DECK_FILE_H

#include "../crypto/secret.h"

#define DECK_FILE_MAX ((size_t)65536)

/* The caller owns *bytes. KR_E_FILE (detail: path and cause) when it is not there; KR_E_TOO_LONG.
 */
enum kr_error deck_file_read(const char *path, struct secret **bytes);
/*
 * Writes PATH.new and renames it over PATH: a reader sees the old file or the new one whole, also
 * after a kill. Not synchronised to the disk: it stands for a card's own memory, and a card that
 * lost power with the computer may forget its last command.
 */
enum kr_error deck_file_replace(const char *path, const void *bytes, size_t len);

#endif
