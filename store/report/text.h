/*
 * Text in columns, of a screen or a printed page: UTF-8 in, columns out (a CJK glyph is two), in
 * every locale. Bytes that are no UTF-8 and characters that would move the cursor count and are
 * drawn as '?': a name from a file can never send an escape sequence to the terminal or turn a line
 * around.
 */
#ifndef KEYRITE_STORE_REPORT_TEXT_H
#define KEYRITE_STORE_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* Next character of a NUL-ended text: its bytes (0 at the end), what to draw, and its columns (0
 * for a combining mark). */
size_t text_next(const char *text, wchar_t *glyph, int *columns);
int text_width(const char *text);
/* Longest head of text that takes at most columns; returns its length in bytes. *used (may be
 * NULL): its columns. */
size_t text_head(const char *text, int columns, int *used);
/* Copies text cut to columns, the last of them '…' where something was cut. Cleaned of what may not
 * be drawn. Returns its columns. */
int text_fit(const char *text, int columns, char *out, size_t room);
/* As text_fit(), then filled with spaces to exactly columns. */
void text_pad(const char *text, int columns, char *out, size_t room);
/*
 * One line of text wrapped to columns: returns its length in bytes and sets *next to where the
 * following line begins (NULL after the last). Breaks at spaces, at '\n', and between CJK glyphs,
 * but not before closing punctuation.
 */
size_t text_line(const char *text, int columns, const char **next);
/* Lines that text takes when wrapped; at least 1. */
int text_lines(const char *text, int columns);
/* Copies what of text fits into room with its NUL, cut between characters and otherwise as it is.
 * Returns its bytes. */
size_t text_copy(const char *text, char *out, size_t room);
/* Removes the last character of text of len bytes; returns the new length. */
size_t text_chop(char *text, size_t len);

#endif
