#include "document.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define LABEL_COLUMNS 24
/* The longest text of one call: an exception sheet is the longest there is. */
#define TEXT_ROOM 20000
/* A line of 80 columns in UTF-8, combining marks included. */
#define LINE_ROOM 640

void document_begin(struct document *d)
{
    memset(d, 0, sizeof *d);
}

void document_free(struct document *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->lines[i].text);
    free(d->lines);
    memset(d, 0, sizeof *d);
}

void document_running(struct document *d, const char *who, const char *number)
{
    char cut[101];
    text_copy(who, cut, sizeof cut);
    snprintf(d->running, sizeof d->running, "%s%s%.50s", cut, number ? " · " : "",
             number ? number : "");
}

void document_join(struct document *d)
{
    d->joining = true;
}

void document_part(struct document *d)
{
    d->joining = false;
    if (d->count > 0)
        d->lines[d->count - 1].joined = false;
}

static bool grow(struct document *d)
{
    if (d->count < d->room)
        return true;
    size_t room = d->room == 0 ? 128 : 2 * d->room;
    struct document_line *more = realloc(d->lines, room * sizeof *more);
    if (more == NULL)
        return false;
    d->lines = more;
    d->room = room;
    return true;
}

void document_add(struct document *d, enum line_style style, const char *text)
{
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == ' ')
        len--;
    char *copy = grow(d) ? strndup(text, len) : NULL;
    if (copy == NULL) {
        d->failed = d->failed == KR_OK ? KR_E_MEMORY : d->failed;
        return;
    }
    d->lines[d->count++] =
        (struct document_line){.text = copy, .style = style, .joined = d->joining};
}

static int columns_of(enum line_style style)
{
    return style == LINE_TITLE     ? DOCUMENT_TITLE_COLUMNS
           : style == LINE_HEADING ? DOCUMENT_HEADING_COLUMNS
                                   : DOCUMENT_COLUMNS;
}

/* The next line of a cell, filled to its columns; *text moves on, to NULL after the last. */
static void take_line(const char **text, int columns, char *out, size_t room)
{
    char line[LINE_ROOM];
    const char *next = NULL;
    size_t len = *text == NULL ? 0 : text_line(*text, columns, &next);
    snprintf(line, sizeof line, "%.*s", (int)len, *text == NULL ? "" : *text);
    text_pad(line, columns, out, room);
    *text = next;
}

static void add_wrapped(struct document *d, enum line_style style, int indent, const char *text)
{
    do {
        char line[LINE_ROOM], whole[LINE_ROOM + DOCUMENT_COLUMNS];
        take_line(&text, columns_of(style) - indent, line, sizeof line);
        snprintf(whole, sizeof whole, "%*s%s", indent, "", line);
        document_add(d, style, whole);
    } while (text != NULL);
}

void document_line(struct document *d, enum line_style style, int indent, const char *format, ...)
{
    char text[TEXT_ROOM];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_wrapped(d, style, indent, text);
}

void document_title(struct document *d, const char *text)
{
    add_wrapped(d, LINE_TITLE, 0, text);
}

void document_gap(struct document *d)
{
    const struct document_line *last = d->count > 0 ? &d->lines[d->count - 1] : NULL;
    if (last != NULL && last->text[0] != '\0' && last->style != LINE_CODE)
        document_add(d, LINE_PLAIN, "");
}

void document_rule(struct document *d, int indent)
{
    char line[3 * DOCUMENT_COLUMNS + 1];
    size_t at = (size_t)indent;
    memset(line, ' ', at);
    for (int i = indent; i < DOCUMENT_COLUMNS; i++, at += strlen("─"))
        memcpy(line + at, "─", strlen("─"));
    line[at] = '\0';
    document_add(d, LINE_PLAIN, line);
}

void document_heading(struct document *d, const char *text)
{
    bool joining = d->joining;
    document_gap(d);
    d->joining = true;
    add_wrapped(d, LINE_HEADING, 0, text);
    document_rule(d, 0);
    d->joining = joining;
}

void document_fact(struct document *d, const char *label, const char *format, ...)
{
    static const int widths[] = {LABEL_COLUMNS, 0};
    char text[TEXT_ROOM];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    document_row(d, LINE_PLAIN, 0, widths, 2, (const char *const[]){label, text});
}

static bool any_left(const char *const *cells, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any = any || cells[i] != NULL;
    return any;
}

void document_row(struct document *d, enum line_style style, int indent, const int *widths,
                  size_t count, const char *const *cells)
{
    const char *rest[DOCUMENT_CELLS_MAX];
    bool joining = d->joining;
    count = count < DOCUMENT_CELLS_MAX ? count : DOCUMENT_CELLS_MAX;
    memcpy(rest, cells, count * sizeof *rest);
    do {
        char line[DOCUMENT_CELLS_MAX * LINE_ROOM];
        int used = indent;
        size_t at = (size_t)snprintf(line, sizeof line, "%*s", indent, "");
        for (size_t i = 0; i < count; i++) {
            int width = widths[i] > 0 ? widths[i] : DOCUMENT_COLUMNS - used;
            take_line(&rest[i], width, line + at, LINE_ROOM);
            at += strlen(line + at);
            at += (size_t)snprintf(line + at, 3, "%s", i + 1 < count ? "  " : "");
            used += width + 2;
        }
        d->joining = joining || any_left(rest, count) || style != LINE_PLAIN;
        document_add(d, style, line);
    } while (any_left(rest, count));
    d->joining = joining;
}

void document_code(struct document *d, const char *text)
{
    document_add(d, LINE_CODE, text);
}

enum kr_error document_text(const struct document *d, char **out, size_t *len)
{
    size_t at = 0, room = 1;
    *out = NULL;
    if (d->failed != KR_OK)
        return d->failed;
    for (size_t i = 0; i < d->count; i++)
        room += strlen(d->lines[i].text) + 1;
    char *text = malloc(room);
    if (text == NULL)
        return KR_E_MEMORY;
    for (size_t i = 0; i < d->count; i++) {
        size_t bytes = strlen(d->lines[i].text);
        if (d->lines[i].style == LINE_CODE)
            continue;
        memcpy(text + at, d->lines[i].text, bytes);
        text[at + bytes] = '\n';
        at += bytes + 1;
    }
    text[at] = '\0';
    *out = text;
    *len = at;
    return KR_OK;
}
