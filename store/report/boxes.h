/* Frames on a paper: places for signatures and for digits. Inside the report room. */
#ifndef KEYRITE_STORE_REPORT_BOXES_H
#define KEYRITE_STORE_REPORT_BOXES_H

#include "document.h"

struct sign_box {
    char who[300], role[300];
};
/* Boxes to be signed in ink, two beside each other, none of them parted by a page's end. */
void boxes_to_sign(struct document *d, const struct sign_box *boxes, size_t count);
/* Cells for one character each, in groups with a label above each, side by side from indent on, gap
 * columns between them. */
struct cell_group {
    const char *label;
    size_t cells;
};
void boxes_to_fill(struct document *d, int indent, int gap, const struct cell_group *groups,
                   size_t count);

#endif
