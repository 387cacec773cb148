/* Texts are cut between characters, never inside one: a half character is rubbish on a screen and
 * no entry takes it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

static size_t sequence_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    return first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
}

/* Overlong forms, surrogates and what lies beyond U+10FFFF are no UTF-8 (RFC 3629 section 4). */
static bool sequence_fits(const unsigned char *s, size_t len)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned value = s[0] & (0xFFu >> (len + 1));
    if (len == 1)
        return true;
    if (s[0] < 0xC0 || s[0] > 0xF7)
        return false;
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return false;
        value = value << 6 | (s[i] & 0x3Fu);
    }
    return value >= least[len] && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

bool text_is_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    while (*s != '\0') {
        size_t len = sequence_length(*s);
        if (!sequence_fits(s, len))
            return false;
        s += len;
    }
    return true;
}

void text_cut(char *text)
{
    size_t len = strlen(text), lead = len;
    while (lead > 0 && len - lead < 4 && ((unsigned char)text[lead - 1] & 0xC0) == 0x80)
        lead--;
    if (lead > 0 && lead - 1 + sequence_length((unsigned char)text[lead - 1]) > len)
        text[lead - 1] = '\0';
}

void text_fill(char *out, size_t room, const char *format, va_list args)
{
    int len = vsnprintf(out, room, format, args);
    if (len < 0)
        out[0] = '\0';
    else if ((size_t)len >= room)
        text_cut(out);
}

void text_put(char *out, size_t room, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_fill(out, room, format, args);
    va_end(args);
}
