#include "boxes.h"

#include <libintl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#define _(text)    gettext(text)
#define BOX_INSIDE 35
#define LINE_ROOM  1024

static const char ink_line[] = "______________________";

__attribute__((format(printf, 3, 4))) static void add(char *line, size_t room, const char *format,
                                                      ...)
{
    size_t at = strlen(line);
    va_list args;
    va_start(args, format);
    vsnprintf(line + at, room - at, format, args);
    va_end(args);
}

/* ---- Signatures ---- */

static void sign_line(struct document *d, const char *const cells[2])
{
    char line[LINE_ROOM] = "";
    for (size_t i = 0; i < 2 && cells[i] != NULL; i++) {
        char cell[320];
        text_pad(cells[i], BOX_INSIDE, cell, sizeof cell);
        add(line, sizeof line, "%s│ %s │", i == 0 ? "" : "  ", cell);
    }
    document_line(d, LINE_PLAIN, 0, "%s", line);
}

static void sign_edge(struct document *d, size_t count, const char *left, const char *right)
{
    char line[LINE_ROOM] = "";
    for (size_t i = 0; i < count; i++) {
        add(line, sizeof line, "%s%s", i == 0 ? "" : "  ", left);
        for (size_t n = 0; n < BOX_INSIDE + 2; n++)
            add(line, sizeof line, "─");
        add(line, sizeof line, "%s", right);
    }
    document_line(d, LINE_PLAIN, 0, "%s", line);
}

/* One or two boxes beside each other. */
static void sign_row(struct document *d, const struct sign_box *b, size_t count)
{
    char ink[300], date[300];
    bool two = count > 1;
    const char *empty = two ? "" : NULL;
    snprintf(ink, sizeof ink, "%s %s", _("signature"), ink_line);
    snprintf(date, sizeof date, "%s %s", _("date, time"), ink_line);
    document_gap(d);
    document_join(d);
    sign_edge(d, count, "┌", "┐");
    sign_line(d, (const char *const[]){b[0].who, two ? b[1].who : NULL});
    sign_line(d, (const char *const[]){b[0].role, two ? b[1].role : NULL});
    sign_line(d, (const char *const[]){"", empty});
    sign_line(d, (const char *const[]){ink, two ? ink : NULL});
    sign_line(d, (const char *const[]){"", empty});
    sign_line(d, (const char *const[]){date, two ? date : NULL});
    sign_edge(d, count, "└", "┘");
    document_part(d);
}

void boxes_to_sign(struct document *d, const struct sign_box *boxes, size_t count)
{
    for (size_t i = 0; i < count; i += 2)
        sign_row(d, boxes + i, count - i > 1 ? 2 : 1);
}

/* ---- Digits ---- */

/* left, cell, middle: of one line through all groups. */
static void fill_line(struct document *d, int indent, int gap, const struct cell_group *groups,
                      size_t count, const char *const parts[4])
{
    char line[LINE_ROOM] = "";
    for (size_t i = 0; i < count; i++) {
        add(line, sizeof line, "%*s", i == 0 ? indent : gap, "");
        for (size_t n = 0; n < groups[i].cells; n++)
            add(line, sizeof line, "%s%s", n == 0 ? parts[0] : parts[2], parts[1]);
        add(line, sizeof line, "%s", parts[3]);
    }
    document_add(d, LINE_PLAIN, line);
}

void boxes_to_fill(struct document *d, int indent, int gap, const struct cell_group *groups,
                   size_t count)
{
    static const char *const top[] = {"┌", "──", "┬", "┐"}, *const inside[] = {"│", "  ", "│", "│"},
                             *const bottom[] = {"└", "──", "┴", "┘"};
    char labels[LINE_ROOM] = "";
    for (size_t i = 0; i < count; i++) {
        char label[320];
        text_pad(groups[i].label, (int)groups[i].cells * 3 + 1, label, sizeof label);
        add(labels, sizeof labels, "%*s%s", i == 0 ? indent : gap, "", label);
    }
    document_join(d);
    document_add(d, LINE_PLAIN, labels);
    fill_line(d, indent, gap, groups, count, top);
    fill_line(d, indent, gap, groups, count, inside);
    fill_line(d, indent, gap, groups, count, inside);
    fill_line(d, indent, gap, groups, count, bottom);
    document_part(d);
}
