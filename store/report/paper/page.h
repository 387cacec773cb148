/*
 * Drawing a document on A4 with cairo and pango: every glyph on the document's grid, so that
 * columns stand in line whatever they hold. Lines of frames, bars and QR codes are drawn, not set.
 * Inside keyrite-paper.
 */
#ifndef KEYRITE_STORE_REPORT_PAPER_PAGE_H
#define KEYRITE_STORE_REPORT_PAPER_PAGE_H

#include <cairo.h>
#include <pango/pangocairo.h>

#include "../document.h"

/* Points. 80 columns of 6 points; a wide glyph takes two. */
#define PAGE_WIDTH  595.28
#define PAGE_HEIGHT 841.89
#define COLUMN      6.0
#define LINE_HEIGHT 13.0
#define MARGIN      ((PAGE_WIDTH - DOCUMENT_COLUMNS * COLUMN) / 2)
#define BODY_TOP    66.0
#define BODY_BOTTOM 788.0
#define CODE_MODULE 1.7

struct pen {
    cairo_t *cr;
    PangoLayout *layout;
};

/* The one font, from its own file and no other: what is installed beside it changes nothing. */
enum kr_error pen_begin(struct pen *pen, cairo_t *cr);
void pen_end(struct pen *pen);

/* One line of text, its grid beginning at x; scale 1 is the body's size. */
void pen_line(struct pen *pen, double x, double baseline, double scale, const char *text);
/* Large and pale across the page, and no text to whoever reads the file. */
void pen_watermark(struct pen *pen, const char *text);
/* A character that is drawn on its cell: frames (U+2500 ...) and bars (U+2588 ...). False for any
 * other. */
bool cell_draw(cairo_t *cr, double x, double top, double width, double height, wchar_t glyph);
/* Height of the QR code of that text; 0 when it is too long for one. */
double code_height(const char *text);
void code_draw(cairo_t *cr, double x, double top, const char *text);

/* All pages. KR_E_FILE when cairo fails. */
enum kr_error pages_draw(struct pen *pen, const struct document *d);

#endif
