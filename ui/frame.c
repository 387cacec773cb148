#include "console.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "language.h"
#include "presence.h"
#include "text.h"

static const struct screen *whole_below(const struct screen *s)
{
    while (s && s->ops->overlay)
        s = s->below;
    return s;
}

/* "1 893": thousands parted by a space, as on the sheets. */
static void grouped(uint64_t n, char *out, size_t room)
{
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    size_t at = 0;

    for (size_t i = 0; i < len && at + 2 < room; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ' ';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

static void header_right(struct console *c, struct pane *p)
{
    char clock[16], count[32], text[96];
    time_t now = time(NULL);
    struct tm local;

    localtime_r(&now, &local);
    strftime(clock, sizeof clock, "%H:%M", &local);
    if (!c->journal_known)
        snprintf(text, sizeof text, "%s ○ ", clock);
    else {
        grouped(c->journal, count, sizeof count);
        snprintf(text, sizeof text, "%s %s %s ", clock, c->frozen ? "✗" : "●", count);
    }
    pane_right(p, INK_TITLE, text);
}

/* How the centre holds its keys, where it is not in the mother card. */
static const char *way_of(struct console *c)
{
    char held[KEY_HOLDING_ROOM] = "";

    if (c->session)
        session_key_holding(c->session, held);
    if (strcmp(held, KEY_HOLDING_EXPORT) == 0)
        return _(" · mode III");
    return strcmp(held, KEY_HOLDING_HSM) == 0 ? _(" · mode II") : "";
}

static void draw_header(struct console *c)
{
    struct pane p;
    struct area row = {0, 0, 1, c->terminal.width};
    const struct slots *slots = c->session ? session_slots(c->session) : NULL;
    const struct screen *s = whole_below(c->top);
    const char *title = s && s->ops->title ? s->ops->title(c, (struct screen *)(uintptr_t)s) : "";
    char text[512];

    pane_begin(&p, stdscr, &c->terminal.theme, row, 0);
    wattrset(stdscr, (int)c->terminal.theme.ink[INK_TITLE]);
    mvwhline(stdscr, 0, 0, ' ', c->terminal.width);
    wattrset(stdscr, A_NORMAL);
    header_right(c, &p);
    snprintf(text, sizeof text, " %s%s%s%s", slots ? slots->centre.name : "keyrite", way_of(c),
             title[0] ? " · " : "", title);
    pane_put(&p, 0, INK_TITLE, text);
}

/* "━━━ REHEARSAL ━━━" across, or a plain line where it is real. */
static void draw_band(struct console *c)
{
    struct pane p;
    struct area row = {1, 0, 1, c->terminal.width};
    char word[64];

    pane_begin(&p, stdscr, &c->terminal.theme, row, 0);
    if (!console_rehearsal(c)) {
        pane_rule(&p, "─", INK_FAINT);
        return;
    }
    pane_rule(&p, "━", INK_BAND);
    snprintf(word, sizeof word, " %s ", _("REHEARSAL"));
    p.row = 0;
    pane_put(&p, (c->terminal.width - text_width(word)) / 2, INK_BAND, word);
}

static void hint_text(const struct key_hint *h, char *out, size_t room, const char **label)
{
    *label = h->label ? h->label : keymap_label(h->command);
    if (h->command == COMMAND_LANGUAGE)
        *label = language_chinese() ? "English" : "中文";
    snprintf(out, room, "%s", keymap_key(h->command));
}

static int hint_width(const struct key_hint *h)
{
    char key[32];
    const char *label;

    hint_text(h, key, sizeof key, &label);
    return text_width(key) + 1 + text_width(label);
}

static int hints_width(const struct key_hint *h, size_t count, int gap)
{
    int width = 0;

    for (size_t i = 0; i < count; i++)
        width += hint_width(&h[i]) + (i ? gap : 0);
    return width;
}

static void put_hints(struct pane *p, int column, const struct key_hint *h, size_t count, int gap)
{
    char key[32];
    const char *label;

    for (size_t i = 0; i < count; i++) {
        hint_text(&h[i], key, sizeof key, &label);
        column += pane_put(p, column, INK_KEY, key) + 1;
        column += pane_put(p, column, INK_PLAIN, label) + gap;
    }
}

static bool blank_at(int row, int column)
{
    cchar_t cell;
    return mvwin_wch(stdscr, row, column, &cell) == OK && cell.chars[0] == L' ';
}

/* Where what would be cut at this column begins: it gives way whole. Parts of a row lie at least
 * two columns apart. */
static int part_begins(int row, int column)
{
    if (blank_at(row, column) && blank_at(row, column + 1))
        return column;
    while (column > 1 && !(blank_at(row, column - 1) && blank_at(row, column - 2)))
        column--;
    return column;
}

/* The keys that answer stand at the right end; where both groups do not fit on the last row, one
 * row higher. */
static void draw_answer_keys(struct console *c, const struct key_hint *hints, size_t count,
                             bool fits)
{
    struct pane p;
    int width = hints_width(hints, count, 2), column = c->terminal.width - 1 - width;
    struct area row = {c->terminal.height - (fits ? 1 : 2), 0, 1, c->terminal.width};

    if (count == 0)
        return;
    int from = fits ? column : part_begins(row.y, column - 2);
    if (!fits)
        mvwhline(stdscr, row.y, from, ' ', c->terminal.width - from);
    pane_begin(&p, stdscr, &c->terminal.theme, row, 0);
    put_hints(&p, column, hints, count, 2);
}

static void draw_function_bar(struct console *c)
{
    struct key_hint hints[KEY_HINTS_MAX];
    struct pane p;
    struct area row = {c->terminal.height - 1, 0, 1, c->terminal.width};
    size_t count = c->top->ops->keys(c, c->top, hints), left = 0;

    while (left < count && hints[left].command != COMMAND_NONE)
        left++;
    size_t right = left < count ? count - left - 1 : 0;
    int room = c->terminal.width - 2;
    bool fits =
        hints_width(hints, left, 2) + 2 + hints_width(hints + count - right, right, 2) <= room;
    pane_begin(&p, stdscr, &c->terminal.theme, row, 0);
    put_hints(&p, 1, hints, left, hints_width(hints, left, 2) <= room ? 2 : 1);
    draw_answer_keys(c, hints + count - right, right, fits);
}

void frame_key_lines(struct console *c, struct pane *p)
{
    struct key_hint hints[KEY_HINTS_MAX];
    size_t count = c->top->ops->keys(c, c->top, hints);

    for (size_t i = 0; i < count; i++) {
        if (hints[i].command == COMMAND_NONE)
            continue;
        put_hints(p, 0, &hints[i], 1, 0);
        pane_next(p);
    }
}

static void draw_message(struct console *c, int bottom, int *used)
{
    struct pane p;
    int lines;

    *used = 0;
    if (!c->message[0])
        return;
    lines = text_lines(c->message, c->terminal.width - 4);
    if (lines > 4)
        lines = 4;
    struct area a = {bottom - lines, 0, lines, c->terminal.width - 1};
    pane_begin(&p, stdscr, &c->terminal.theme, a, 0);
    pane_marked(&p, 1, c->message_ink, c->message_ink == INK_GOOD ? "✓" : "!", c->message);
    *used = lines;
}

static void draw_whole(struct console *c, struct screen *s)
{
    struct pane p;
    int bottom = c->terminal.height - 1, used;

    werase(stdscr);
    draw_header(c);
    draw_band(c);
    bottom -= presence_draw(c, bottom);
    draw_message(c, bottom, &used);
    struct area body = {2, 0, bottom - used - 2, c->terminal.width};
    pane_begin(&p, stdscr, &c->terminal.theme, body, s->scroll);
    s->ops->draw(c, s, &p);
    s->more = p.row > p.area.height;
    if (s->scroll == p.scroll)
        pane_end(&p, &s->scroll);
    if (s->scroll != p.scroll)
        c->dirty = true;
}

static void draw_bare(struct console *c, struct screen *s)
{
    struct area all = {0, 0, c->terminal.height, c->terminal.width};
    struct pane p;

    werase(stdscr);
    pane_begin(&p, stdscr, &c->terminal.theme, all, 0);
    s->ops->draw(c, s, &p);
    s->more = false;
}

static void place_overlay(struct console *c, struct screen *s, struct area *a)
{
    int height, width, now_height = 0, now_width = 0;

    s->ops->size(c, s, &height, &width);
    a->height = height < c->terminal.height - 4 ? height : c->terminal.height - 4;
    a->width = width < c->terminal.width - 4 ? width : c->terminal.width - 4;
    a->y = (c->terminal.height - a->height) / 2;
    a->x = (c->terminal.width - a->width) / 2;
    if (s->window)
        getmaxyx(s->window, now_height, now_width);
    if (s->window && (now_height != a->height || now_width != a->width)) {
        del_panel(s->panel);
        delwin(s->window);
        s->window = NULL;
    }
    if (!s->window) {
        s->window = newwin(a->height, a->width, a->y, a->x);
        s->panel = s->window ? new_panel(s->window) : NULL;
    }
    if (s->panel) {
        move_panel(s->panel, a->y, a->x);
        show_panel(s->panel);
        top_panel(s->panel);
    }
}

static void draw_overlay(struct console *c, struct screen *s)
{
    struct area a, inner;
    struct pane p;
    char title[256];

    if (s->below && s->below->ops->overlay)
        draw_overlay(c, s->below);
    place_overlay(c, s, &a);
    if (!s->window)
        return;
    werase(s->window);
    a.y = a.x = 0;
    snprintf(title, sizeof title, "%s", s->ops->title ? s->ops->title(c, s) : "");
    draw_box(s->window, &c->terminal.theme, a, title, &inner);
    pane_begin(&p, s->window, &c->terminal.theme, inner, s->scroll);
    s->ops->draw(c, s, &p);
    s->more = p.row > p.area.height;
    if (s->scroll == p.scroll)
        pane_end(&p, &s->scroll);
    if (s->scroll != p.scroll)
        c->dirty = true;
}

/* Every drawing shows again what belongs on it: boxes and fields of screens below stay hidden. */
static void hide_panels(void)
{
    for (PANEL *panel = panel_above(NULL); panel; panel = panel_above(NULL))
        hide_panel(panel);
}

static void draw_too_small(struct console *c)
{
    struct pane p;
    struct area a = {0, 0, c->terminal.height, c->terminal.width};
    char text[256];

    werase(stdscr);
    snprintf(text, sizeof text,
             _("This window has %d columns and %d lines; keyrite needs %d and %d. Make it larger: "
               "nothing is lost, and keys are ignored until then."),
             c->terminal.width, c->terminal.height, CONSOLE_MIN_WIDTH, CONSOLE_MIN_HEIGHT);
    pane_begin(&p, stdscr, &c->terminal.theme, a, 0);
    pane_wrap(&p, 0, INK_STRONG, text);
}

static void draw_all(struct console *c)
{
    struct screen *s = (struct screen *)(uintptr_t)whole_below(c->top);

    hide_panels();
    c->cursor = false;
    if (s && s->ops->bare)
        draw_bare(c, s);
    else if (s)
        draw_whole(c, s);
    if (c->top->ops->overlay)
        draw_overlay(c, c->top);
    if (!c->top->ops->bare)
        draw_function_bar(c);
}

void frame_draw(struct console *c)
{
    if (!c->top)
        return;
    hide_panels();
    c->cursor = false;
    if (c->terminal.height < CONSOLE_MIN_HEIGHT || c->terminal.width < CONSOLE_MIN_WIDTH) {
        draw_too_small(c);
    } else {
        /* A screen may find only while drawing that it has to scroll. */
        for (int round = 0; round < 3; round++) {
            c->dirty = false;
            draw_all(c);
            if (!c->dirty)
                break;
        }
    }
    wnoutrefresh(stdscr); /* before the first panel exists nobody else would */
    update_panels();
    curs_set(c->cursor ? 1 : 0);
    doupdate();
}
