/*
 * Code sheets of a demonstration (DECK/sheets/NAME.txt): what a custodian would have in a sealed
 * envelope. Made at random each time; worthless outside the rehearsal they belong to.
 */
#ifndef KEYRITE_UI_SHEETS_H
#define KEYRITE_UI_SHEETS_H

#include <stdbool.h>
#include <stddef.h>
#include "../crypto/error.h"

#define SHEET_NAME_MAX 40
#define SHEET_TEXT_MAX 2048
#define SHEETS_MAX     64

/* Components of GMPK groups 1 to 5, three each, with their check values and those of the key they
 * make. */
enum kr_error sheets_make(const char *deck);
/* Names without ".txt", in order. */
size_t sheets_list(const char *deck, char names[][SHEET_NAME_MAX], size_t room);
enum kr_error sheet_read(const char *deck, const char *name, char text[SHEET_TEXT_MAX]);

#endif
