/* Texts are cut between characters, never inside one: a half character is rubbish on a screen and
 * no entry takes it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../crypto/hash.h"
#include "run.h"

static size_t sequence_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    return first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
}

bool text_is_utf8(const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t len = utf8_character(text, left);
        if (len == 0)
            return false;
        text += len;
        left -= len;
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
