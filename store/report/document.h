/*
 * A paper as lines on a grid of 80 columns: what is read on a screen, kept as plain text and
 * printed from a PDF has the same words in the same places. Built line by line, then written by
 * document_text() or printed by keyrite-paper (print.h). The first error is kept in the document
 * and answered when it is written, so that building it needs no check at every line.
 */
#ifndef KEYRITE_STORE_REPORT_DOCUMENT_H
#define KEYRITE_STORE_REPORT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "../../crypto/error.h"

#define DOCUMENT_COLUMNS 80
/* A title and a heading are set larger in a PDF: they have fewer columns. */
#define DOCUMENT_TITLE_COLUMNS   50
#define DOCUMENT_HEADING_COLUMNS 64

enum line_style {
    LINE_PLAIN,
    LINE_TITLE,
    LINE_HEADING,
    LINE_WARNING, /* stands out: REHEARSAL, a gap, a failed step */
    LINE_HEAD,    /* of a table */
    LINE_CODE,    /* text is what a QR code says; plain text does not show it */
};
struct document_line {
    char *text;
    enum line_style style;
    bool joined; /* on the same page as the line after it */
};
struct document {
    struct document_line *lines;
    size_t count, room;
    char title[160];   /* for the PDF's description */
    char running[160]; /* at the head of every page of a PDF */
    char mark[48];     /* beside it, set apart: REHEARSAL; "" for none */
    int64_t made_ms;   /* UTC, Unix milliseconds; the PDF's date */
    bool joining;      /* lines added now stay with the one after */
    enum kr_error failed;
};

void document_begin(struct document *d);
void document_free(struct document *d);

/* What stands at the head of every page: who, cut between characters to 100 bytes, and behind a dot
 * the number of a ceremony of ASCII; NULL for none. */
void document_running(struct document *d, const char *who, const char *number);

/* Lines added between these stay on one page. */
void document_join(struct document *d);
void document_part(struct document *d);

/* One line as it is, without spaces at its end. */
void document_add(struct document *d, enum line_style style, const char *text);
/* Wrapped at 80 columns (title and heading earlier), lines after the first indented as the first.
 */
void document_line(struct document *d, enum line_style style, int indent, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void document_title(struct document *d, const char *text);
/* With an empty line before it and a rule below it. */
void document_heading(struct document *d, const char *text);
/* An empty line; two in a row are one. */
void document_gap(struct document *d);
/* "label   value", the value wrapped in its own columns. */
void document_fact(struct document *d, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A row of a table: cells as wide as widths says, two spaces between them, each wrapped in its
 * columns: nothing is cut off. A width of 0 takes what is left. NULL is an empty cell. On one page;
 * with the line after it when it is the head of something or stands out. */
#define DOCUMENT_CELLS_MAX 8
void document_row(struct document *d, enum line_style style, int indent, const int *widths,
                  size_t count, const char *const *cells);
/* A line of ─ from indent to the right edge. */
void document_rule(struct document *d, int indent);
/* A QR code of that text (at most 2,900 bytes). */
void document_code(struct document *d, const char *text);

/* The whole as keyrite-paper reads it, and back: lines "name value" up to an empty one, then one
 * for each line of the paper, its style's letter, + where it is joined to the next, a space, its
 * text with newline and backslash as \n and \\. KR_E_FILE; KR_E_MESSAGE for anything else. */
enum kr_error document_write(const struct document *d, FILE *out);
enum kr_error document_read(struct document *d, FILE *in);

/* The whole as UTF-8 text, no spaces at the ends of lines, in *out, which the caller frees. Errors
 * of building it; KR_E_MEMORY. */
enum kr_error document_text(const struct document *d, char **out, size_t *len);

#endif
