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

/* East Asian Wide and Fullwidth (Unicode 15, UAX 11): two columns. Kept here and not asked of the
 * C library, so that a report has the same lines on every machine and in every locale. */
static const struct range {
    uint32_t first, last;
} wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},
    {0x23F0, 0x23F0},   {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},   {0x26A1, 0x26A1},
    {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},
    {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
    {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},
    {0x2728, 0x2728},   {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},   {0x27BF, 0x27BF},
    {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x16FE0, 0x18CFF}, {0x1B000, 0x1B2FF}, {0x1F004, 0x1F004},
    {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320},
    {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C}, {0x1F37E, 0x1F393}, {0x1F3A0, 0x1F3CA},
    {0x1F3E0, 0x1F3F0}, {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F4FC}, {0x1F4FF, 0x1F53D},
    {0x1F550, 0x1F567}, {0x1F5FB, 0x1F64F}, {0x1F680, 0x1F6C5}, {0x1F6D0, 0x1F6D2},
    {0x1F90C, 0x1F93A}, {0x1F93C, 0x1F9FF}, {0x20000, 0x3FFFD},
};
/* Marks on the character before: no column of their own. */
static const struct range marks[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
    {0x20D0, 0x20F0}, {0x302A, 0x302D}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};
/* Controls, what turns the direction of text or hides in it, and no characters at all. */
static const struct range barred[] = {
    {0x0001, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD}, {0x061C, 0x061C},
    {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0xD800, 0xF8FF},
    {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFC}, {0xFFFE, 0xFFFF}, {0xE0000, 0x10FFFF},
};
#define HOLDS(table, value) holds(table, sizeof(table) / sizeof((table)[0]), value)

static bool holds(const struct range *table, size_t count, uint32_t value)
{
    size_t low = 0;
    while (count > 0) {
        size_t half = count / 2;
        if (table[low + half].last < value) {
            low += half + 1;
            count -= half + 1;
        } else if (table[low + half].first <= value) {
            return true;
        } else {
            count = half;
        }
    }
    return false;
}

static int columns_of(uint32_t value)
{
    if (HOLDS(barred, value))
        return -1;
    return HOLDS(marks, value) ? 0 : HOLDS(wide, value) ? 2 : 1;
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
    *columns = len ? columns_of(value) : -1;
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

size_t text_copy(const char *text, char *out, size_t room)
{
    size_t at = 0, step;
    wchar_t glyph;
    int columns;

    while ((step = text_next(text + at, &glyph, &columns)) > 0 && at + step < room)
        at += step;
    memcpy(out, text, at);
    out[at] = '\0';
    return at;
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
