#include "draw.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#define LINE_ROOM 2048

void pane_begin(struct pane *p, WINDOW *w, const struct theme *t, struct area a, int scroll)
{
    *p = (struct pane){.window = w, .theme = t, .area = a, .scroll = scroll};
}

bool pane_where(const struct pane *p, int *y)
{
    int row = p->row - p->scroll;

    *y = p->area.y + row;
    return row >= 0 && row < p->area.height;
}

int pane_put(struct pane *p, int column, enum ink ink, const char *text)
{
    char line[LINE_ROOM];
    int room = p->area.width - column - p->right;
    int y;

    if (room <= 0)
        return 0;
    int used = text_fit(text, room, line, sizeof line);
    if (pane_where(p, &y)) {
        wattrset(p->window, (int)p->theme->ink[ink]);
        mvwaddstr(p->window, y, p->area.x + column, line);
        wattrset(p->window, A_NORMAL);
    }
    return used;
}

int pane_putf(struct pane *p, int column, enum ink ink, const char *format, ...)
{
    char text[LINE_ROOM];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return n < 0 ? 0 : pane_put(p, column, ink, text);
}

void pane_right(struct pane *p, enum ink ink, const char *text)
{
    int width = text_width(text);
    int column = p->area.width - p->right - width;

    if (column < 0 || width == 0)
        return;
    pane_put(p, column, ink, text);
    p->right += width + 2;
}

void pane_next(struct pane *p)
{
    p->row++;
    p->right = 0;
}

void pane_wrap(struct pane *p, int indent, enum ink ink, const char *text)
{
    char line[LINE_ROOM];

    for (const char *next; text; text = next) {
        size_t len = text_line(text, p->area.width - indent, &next);
        snprintf(line, sizeof line, "%.*s", (int)len, text);
        pane_put(p, indent, ink, line);
        pane_next(p);
    }
}

void pane_marked(struct pane *p, int indent, enum ink ink, const char *mark, const char *text)
{
    pane_put(p, indent, ink, mark);
    pane_wrap(p, indent + text_width(mark) + 1, ink, text);
}

void pane_rule(struct pane *p, const char *glyph, enum ink ink)
{
    char line[LINE_ROOM];
    size_t n = strlen(glyph), at = 0;

    for (int i = 0; i < p->area.width && at + n < sizeof line; i++, at += n)
        memcpy(line + at, glyph, n);
    line[at] = '\0';
    pane_put(p, 0, ink, line);
    pane_next(p);
}

int pane_reveal(const struct pane *p, int first, int last)
{
    int scroll = p->scroll;

    if (last >= scroll + p->area.height)
        scroll = last - p->area.height + 1;
    if (first < scroll)
        scroll = first;
    return scroll < 0 ? 0 : scroll;
}

/* Half of a wide glyph cannot stay beside it. */
static void put_mark(struct pane *p, int y, int x, const char *mark)
{
    cchar_t cell;
    wchar_t glyph[CCHARW_MAX + 1] = L"";
    attr_t attributes;
    short pair;

    if (x > 0 && mvwin_wch(p->window, y, x - 1, &cell) == OK &&
        getcchar(&cell, glyph, &attributes, &pair, NULL) == OK && wcwidth(glyph[0]) > 1)
        mvwaddch(p->window, y, x - 1, ' ');
    mvwaddstr(p->window, y, x, mark);
}

bool pane_end(struct pane *p, int *scroll)
{
    int most = p->row > p->area.height ? p->row - p->area.height : 0;
    int right = p->area.x + p->area.width - 1;

    if (*scroll > most || *scroll < 0) {
        *scroll = *scroll < 0 ? 0 : most;
        return true;
    }
    wattrset(p->window, (int)p->theme->ink[INK_KEY]);
    if (*scroll > 0)
        put_mark(p, p->area.y, right, "▲");
    if (*scroll < most)
        put_mark(p, p->area.y + p->area.height - 1, right, "▼");
    wattrset(p->window, A_NORMAL);
    return false;
}

void draw_box(WINDOW *w, const struct theme *t, struct area a, const char *title,
              struct area *inner)
{
    struct pane p;
    struct area row = {a.y, a.x, 1, a.width};
    char head[LINE_ROOM];

    pane_begin(&p, w, t, row, 0);
    pane_rule(&p, "─", INK_FAINT);
    p.row = 0;
    pane_put(&p, 0, INK_FAINT, "┌");
    pane_put(&p, a.width - 1, INK_FAINT, "┐");
    if (title[0]) {
        text_fit(title, a.width - 6, head, sizeof head);
        pane_putf(&p, 1, INK_STRONG, " %s ", head);
    }
    row = (struct area){a.y + 1, a.x, a.height - 2, a.width};
    pane_begin(&p, w, t, row, 0);
    for (int i = 0; i < a.height - 2; i++, pane_next(&p)) {
        pane_put(&p, 0, INK_FAINT, "│");
        pane_put(&p, a.width - 1, INK_FAINT, "│");
    }
    row = (struct area){a.y + a.height - 1, a.x, 1, a.width};
    pane_begin(&p, w, t, row, 0);
    pane_rule(&p, "─", INK_FAINT);
    p.row = 0;
    pane_put(&p, 0, INK_FAINT, "└");
    pane_put(&p, a.width - 1, INK_FAINT, "┘");
    *inner = (struct area){a.y + 1, a.x + 2, a.height - 2, a.width - 4};
}

void draw_bar(struct pane *p, int column, int width, unsigned done, unsigned total)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    char line[LINE_ROOM] = "";
    size_t at = 0;
    unsigned eighths =
        total ? (unsigned)((unsigned long long)done * (unsigned)width * 8 / total) : 0;

    for (int i = 0; i < width && at + 4 < sizeof line; i++) {
        unsigned here = eighths >= (unsigned)(i + 1) * 8 ? 8
                        : eighths > (unsigned)i * 8      ? eighths % 8
                                                         : 0;
        const char *glyph = here == 8 ? "█" : here > 0 ? parts[here] : "░";
        at += (size_t)snprintf(line + at, sizeof line - at, "%s", glyph);
    }
    pane_put(p, column, INK_GOOD, line);
}
