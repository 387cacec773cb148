/*
 * Reads the QR code that a console has drawn at the upper left corner of its screen: the half
 * blocks are made into an image, and zbarimg, which shares nothing with keyrite, decodes it.
 */
#ifndef KEYRITE_TESTS_SCREENS_QR_READER_H
#define KEYRITE_TESTS_SCREENS_QR_READER_H

#include <stdbool.h>
#include <stddef.h>

/* dir: for the image. False when there is no code or it cannot be read. text gets a NUL. */
bool qr_read(const char *screen, const char *dir, char *text, size_t room);

#endif
