/*
 * Drawing on an ncurses window by rows that may be scrolled: a pane has a virtual height, of which
 * the rows in view are drawn. Texts are UTF-8, cut to the width in columns, never wrapped by the
 * terminal.
 */
#ifndef KEYRITE_UI_DRAW_H
#define KEYRITE_UI_DRAW_H

#include "theme.h"

struct area {
    int y, x, height, width;
};
struct pane {
    WINDOW *window;
    const struct theme *theme;
    struct area area;
    int scroll; /* virtual row at the top of the area */
    int row;    /* virtual row that is drawn next */
    int right;  /* columns already taken at the right end of the row */
};

void pane_begin(struct pane *p, WINDOW *w, const struct theme *t, struct area a, int scroll);
/* On the current row from column on; returns the columns taken. */
int pane_put(struct pane *p, int column, enum ink ink, const char *text);
int pane_putf(struct pane *p, int column, enum ink ink, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* At the right end of the row, left of what was put there before. */
void pane_right(struct pane *p, enum ink ink, const char *text);
void pane_next(struct pane *p);
/* Whole paragraphs, wrapped behind indent; afterwards the row below them is current. */
void pane_wrap(struct pane *p, int indent, enum ink ink, const char *text);
/* Text with a mark before it ("!"), wrapped beside the mark. */
void pane_marked(struct pane *p, int indent, enum ink ink, const char *mark, const char *text);
/* A line across. */
void pane_rule(struct pane *p, const char *glyph, enum ink ink);
/* The row is in view: where on the window; else false. */
bool pane_where(const struct pane *p, int *y);
/* Scroll position that shows the virtual rows from first to last, the least moved. */
int pane_reveal(const struct pane *p, int first, int last);
/* Puts the scroll into range and draws ▲ ▼ where there is more. True when *scroll had to change:
 * draw again. */
bool pane_end(struct pane *p, int *scroll);

/* A box with a title; inner gets the area inside, one column of air left and right. */
void draw_box(WINDOW *w, const struct theme *t, struct area a, const char *title,
              struct area *inner);
/* A bar of width columns filled to done of total, in eighths of a column. */
void draw_bar(struct pane *p, int column, int width, unsigned done, unsigned total);

#endif
