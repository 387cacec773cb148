/*
 * The rows of the table of suites, one file each (suite_3des.c). A new suite: its file, its line
 * here and its line in suite.c. Rows may trust suite.c to have checked key lengths and whole
 * blocks.
 */
#ifndef KEYRITE_CRYPTO_SUITE_ROW_H
#define KEYRITE_CRYPTO_SUITE_ROW_H

#include "suite.h"

extern const struct suite suite_3des;

#endif
