/* Printing a document to a PDF file, by the program keyrite-paper. */
#ifndef KEYRITE_STORE_REPORT_PRINT_H
#define KEYRITE_STORE_REPORT_PRINT_H

#include "document.h"

/* Where keyrite-paper lies: beside the running program. "" when that cannot be known. */
void paper_beside_program(char *path, size_t room);
/* Writes the PDF: into PATH.new first, then in the place of PATH, durable. Waits for keyrite-paper,
 * at most a minute. KR_E_FILE naming the file, or what is missing: the program or its font. */
enum kr_error document_print(const struct document *d, const char *paper, const char *path);
/* The text into a file, likewise. */
enum kr_error document_save(const struct document *d, const char *path);

#endif
