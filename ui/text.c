#include "text.h"

#include <stdint.h>
#include <string.h>

/* Decodes one character strictly; 0 when the bytes are no shortest-form UTF-8. */
static size_t decode(const unsigned char *s, uint32_t *value)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = s[0] < 0x80   ? 1
                 : s[0] < 0xC2 ? 0
                 : s[0] < 0xE0 ? 2
                 : s[0] < 0xF0 ? 3
                 : s[0] < 0xF5 ? 4
                               : 0;

    if (len < 2) {
        *value = s[0];
        return len;
    }
    uint32_t v = s[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        v = v << 6 | (s[i] & 0x3Fu);
    }
    if (v < least[len] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
        return 0;
    *value = v;
    return len;
}

size_t text_next(const char *text, wchar_t *glyph, int *columns)
{
    uint32_t value = 0;
    size_t len;

    if (text[0] == '\0') {
        *glyph = L'\0';
        *columns = 0;
        return 0;
    }
    len = decode((const unsigned char *)text, &value);
    *glyph = (wchar_t)value;
    *columns = len ? wcwidth(*glyph) : -1;
    if (*columns < 0) {
        *glyph = L'?';
        *columns = 1;
    }
    return len ? len : 1;
}

int text_width(const char *text)
{
    int width = 0, columns;
    wchar_t glyph;

    for (size_t len; (len = text_next(text, &glyph, &columns)) != 0; text += len)
        width += columns;
    return width;
}

size_t text_head(const char *text, int columns, int *used)
{
    size_t at = 0, len;
    int width = 0, step;
    wchar_t glyph;

    while ((len = text_next(text + at, &glyph, &step)) != 0 && width + step <= columns) {
        at += len;
        width += step;
    }
    if (used)
        *used = width;
    return at;
}

/* Copies len bytes, replacing what may not be drawn; returns the bytes written (room for NUL kept).
 */
static size_t copy_clean(const char *text, size_t len, char *out, size_t room)
{
    size_t at = 0, done = 0;

    while (done < len) {
        wchar_t glyph;
        int columns;
        size_t n = text_next(text + done, &glyph, &columns);
        bool odd = glyph == L'?' && text[done] != '?';
        if (at + (odd ? 1 : n) + 1 > room)
            break;
        if (odd)
            out[at++] = '?';
        else
            memcpy(out + at, text + done, n), at += n;
        done += n;
    }
    out[at] = '\0';
    return at;
}

int text_fit(const char *text, int columns, char *out, size_t room)
{
    int used = 0;

    if (room == 0)
        return 0;
    if (columns < 0)
        columns = 0;
    size_t head = text_head(text, columns, &used);
    bool cut = text[head] != '\0';
    if (cut && columns > 0)
        head = text_head(text, columns - 1, &used);
    size_t at = copy_clean(text, head, out, room);
    if (cut && columns > 0 && at + sizeof "…" <= room) {
        memcpy(out + at, "…", sizeof "…");
        used++;
    }
    return used;
}

void text_pad(const char *text, int columns, char *out, size_t room)
{
    int used = text_fit(text, columns, out, room);
    size_t at = strlen(out);

    for (; used < columns && at + 1 < room; used++)
        out[at++] = ' ';
    out[at] = '\0';
}

/* Marks that may not stand first on a line. */
static bool clings(wchar_t glyph)
{
    return glyph != L'\0' && wcschr(L"，。、；：！？）」』】》…·,.;:!?)]", glyph) != NULL;
}

/* A line may end before glyph when it or the one before it is a wide glyph. */
static bool may_break(wchar_t before, int before_columns, wchar_t glyph, int columns)
{
    if (clings(glyph) || before == L'\0')
        return false;
    return before_columns == 2 || columns == 2;
}

static const char *skip_spaces(const char *text)
{
    while (*text == ' ')
        text++;
    return text;
}

size_t text_line(const char *text, int columns, const char **next)
{
    size_t at = 0, break_at = 0, len;
    int width = 0, step, before_step = 0;
    wchar_t glyph, before = L'\0';

    if (columns < 2)
        columns = 2;
    for (; (len = text_next(text + at, &glyph, &step)) != 0; at += len) {
        if (text[at] == '\n') {
            *next = text + at + 1;
            return at;
        }
        if (text[at] == ' ' || may_break(before, before_step, glyph, step))
            break_at = at;
        if (width + step > columns) {
            size_t end = break_at ? break_at : at;
            const char *rest = skip_spaces(text + end);
            *next = *rest == '\n' ? rest + 1 : *rest ? rest : NULL;
            return end;
        }
        width += step;
        before = glyph;
        before_step = step;
    }
    *next = NULL;
    return at;
}

int text_lines(const char *text, int columns)
{
    int lines = 0;

    for (const char *next; text; text = next) {
        text_line(text, columns, &next);
        lines++;
    }
    return lines ? lines : 1;
}

size_t text_chop(char *text, size_t len)
{
    while (len > 0 && ((unsigned char)text[len - 1] & 0xC0) == 0x80)
        len--;
    if (len > 0)
        len--;
    text[len] = '\0';
    return len;
}
