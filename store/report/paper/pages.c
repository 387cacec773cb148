/* Where pages end, and what stands on each. */
#include <stdio.h>
#include <string.h>

#include "../text.h"
#include "page.h"

#define TITLE_SCALE   1.6
#define HEADING_SCALE 1.25
#define RULE_HEIGHT   7.0
#define SMALL_SCALE   0.8

static bool is_rule(const struct document_line *l)
{
    size_t one = strlen("─");
    const char *text = l->text + strspn(l->text, " ");
    size_t len = strlen(text);
    return len > 8 * one && strncmp(text, "─", one) == 0 && strcmp(text + len - one, "─") == 0;
}

static double height_of(const struct document_line *l)
{
    switch (l->style) {
    case LINE_TITLE:
        return LINE_HEIGHT * TITLE_SCALE * 1.3;
    case LINE_HEADING:
        return LINE_HEIGHT * HEADING_SCALE;
    case LINE_CODE:
        return code_height(l->text) + LINE_HEIGHT;
    default:
        return is_rule(l) ? RULE_HEIGHT : LINE_HEIGHT;
    }
}

/* Height of the line and of those that are joined to it, if that is less than a page. */
static double chain_height(const struct document *d, size_t i)
{
    double height = height_of(&d->lines[i]);
    double first = height;
    while (d->lines[i].joined && i + 1 < d->count)
        height += height_of(&d->lines[++i]);
    return height <= BODY_BOTTOM - BODY_TOP ? height : first;
}

/* The line after the last one of the page that begins at line first. */
static size_t page_end(const struct document *d, size_t first)
{
    double y = BODY_TOP;
    size_t i = first;
    for (; i < d->count; i++) {
        bool begins = i == first || !d->lines[i - 1].joined;
        double needs = begins ? chain_height(d, i) : height_of(&d->lines[i]);
        if (i > first && y + needs > BODY_BOTTOM)
            break;
        y += height_of(&d->lines[i]);
    }
    return i;
}

/* Empty lines do not begin a page. */
static size_t page_begin(const struct document *d, size_t i)
{
    while (i < d->count && d->lines[i].text[0] == '\0')
        i++;
    return i;
}

static void draw_line(struct pen *pen, const struct document_line *l, double y)
{
    double height = height_of(l);
    double scale = l->style == LINE_TITLE     ? TITLE_SCALE
                   : l->style == LINE_HEADING ? HEADING_SCALE
                                              : 1;
    if (l->style == LINE_HEAD) {
        cairo_set_source_rgb(pen->cr, 0.92, 0.92, 0.92);
        cairo_rectangle(pen->cr, MARGIN - 3, y, DOCUMENT_COLUMNS * COLUMN + 6, height);
        cairo_fill(pen->cr);
    }
    if (l->style == LINE_WARNING) {
        cairo_set_source_rgb(pen->cr, 0.6, 0, 0);
        cairo_rectangle(pen->cr, MARGIN - 9, y, 3, height);
        cairo_fill(pen->cr);
    } else {
        cairo_set_source_rgb(pen->cr, 0, 0, 0);
    }
    if (l->style == LINE_CODE)
        code_draw(pen->cr, MARGIN, y, l->text);
    else if (is_rule(l))
        pen_line(pen, MARGIN, y + RULE_HEIGHT * 0.75, 1, l->text);
    else
        pen_line(pen, MARGIN, y + height * 0.75, scale, l->text);
}

static void draw_furniture(struct pen *pen, const struct document *d, size_t page, size_t pages)
{
    char number[64];
    double right = PAGE_WIDTH - MARGIN, small = COLUMN * SMALL_SCALE;
    if (d->mark[0] != '\0')
        pen_watermark(pen, d->mark);
    cairo_set_source_rgb(pen->cr, 0.25, 0.25, 0.25);
    pen_line(pen, MARGIN, 44, SMALL_SCALE, d->running);
    pen_line(pen, right - text_width(d->mark) * small, 44, SMALL_SCALE, d->mark);
    cairo_set_line_width(pen->cr, 0.5);
    cairo_move_to(pen->cr, MARGIN, 50);
    cairo_line_to(pen->cr, right, 50);
    cairo_stroke(pen->cr);
    snprintf(number, sizeof number, "%zu / %zu", page, pages);
    pen_line(pen, right - text_width(number) * small, BODY_BOTTOM + 22, SMALL_SCALE, number);
}

static size_t count_pages(const struct document *d)
{
    size_t pages = 0;
    for (size_t i = page_begin(d, 0); i < d->count; i = page_begin(d, page_end(d, i)))
        pages++;
    return pages;
}

enum kr_error pages_draw(struct pen *pen, const struct document *d)
{
    size_t page = 0, pages = count_pages(d);
    for (size_t i = page_begin(d, 0); i < d->count;) {
        size_t end = page_end(d, i);
        double y = BODY_TOP;
        draw_furniture(pen, d, ++page, pages);
        for (; i < end; i++) {
            draw_line(pen, &d->lines[i], y);
            y += height_of(&d->lines[i]);
        }
        cairo_show_page(pen->cr);
        i = page_begin(d, end);
    }
    cairo_status_t status = cairo_status(pen->cr);
    return status == CAIRO_STATUS_SUCCESS
               ? KR_OK
               : kr_fail(KR_E_FILE, "%s", cairo_status_to_string(status));
}
