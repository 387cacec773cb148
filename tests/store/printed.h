/* Papers as they come out of keyrite-paper, for tests. */
#ifndef KEYRITE_TESTS_STORE_PRINTED_H
#define KEYRITE_TESTS_STORE_PRINTED_H

#include "../../store/report/document.h"

/* Prints it to a PDF whose name it gives; n tells files of one test apart. */
void printed_file(const struct document *d, char path[64], int n);
/* Fails with the first line that the PDF says otherwise than the text. */
void printed_says_the_same(const struct document *d);

#endif
