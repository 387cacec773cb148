/* Characters that are drawn on their cell so that frames have no gaps and bars their true length.
 */
#include "page.h"

enum arm { UP = 1, DOWN = 2, LEFT = 4, RIGHT = 8 };

static const struct {
    wchar_t glyph;
    unsigned arms;
} frames[] = {
    {0x2500, LEFT | RIGHT},
    {0x2502, UP | DOWN},
    {0x250C, DOWN | RIGHT},
    {0x2510, DOWN | LEFT},
    {0x2514, UP | RIGHT},
    {0x2518, UP | LEFT},
    {0x251C, UP | DOWN | RIGHT},
    {0x2524, UP | DOWN | LEFT},
    {0x252C, LEFT | RIGHT | DOWN},
    {0x2534, LEFT | RIGHT | UP},
    {0x253C, UP | DOWN | LEFT | RIGHT},
};

static void draw_arms(cairo_t *cr, double x, double top, double width, double height, unsigned arms)
{
    double middle = x + width / 2, centre = top + height / 2;
    cairo_set_line_width(cr, 0.6);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_SQUARE);
    cairo_move_to(cr, arms & LEFT ? x : middle, centre);
    cairo_line_to(cr, arms & RIGHT ? x + width : middle, centre);
    cairo_move_to(cr, middle, arms & UP ? top : centre);
    cairo_line_to(cr, middle, arms & DOWN ? top + height : centre);
    cairo_stroke(cr);
}

bool cell_draw(cairo_t *cr, double x, double top, double width, double height, wchar_t glyph)
{
    /* U+2588 is eight eighths of a cell, U+258F one. */
    if (glyph >= 0x2588 && glyph <= 0x258F) {
        cairo_rectangle(cr, x, top + height * 0.2, width * (0x2590 - glyph) / 8, height * 0.6);
        cairo_fill(cr);
        return true;
    }
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        if (frames[i].glyph == glyph) {
            draw_arms(cr, x, top, width, height, frames[i].arms);
            return true;
        }
    }
    return false;
}
