#include "error.h"

#include <libintl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DETAIL_MAX 192

struct error_row {
    const char *name;
    const char *sentence;
    const char *advice;
};

static const struct error_row error_table[] = {
#define KR_ERROR(code, name, sentence, advice) [code] = {name, sentence, advice},
#include "error.def"
#undef KR_ERROR
};

static _Thread_local char last_detail[DETAIL_MAX];

static const struct error_row *row_of(enum kr_error code)
{
    size_t i = (size_t)code;

    return &error_table[i < KR_ERROR_COUNT ? i : (size_t)KR_E_ARGUMENT];
}

/* Chinese names are cut between characters, never inside one: a screen would show rubbish. */
static void end_on_character(char *text)
{
    size_t len = strlen(text);
    size_t lead = len;

    while (lead > 0 && ((unsigned char)text[lead - 1] & 0xC0) == 0x80)
        lead--;
    if (lead == 0)
        return;
    unsigned char first = (unsigned char)text[lead - 1];
    size_t wanted = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    if (len - (lead - 1) < wanted)
        text[lead - 1] = '\0';
}

enum kr_error kr_fail(enum kr_error code, const char *format, ...)
{
    char fresh[DETAIL_MAX]; /* an argument may be the old detail itself */
    va_list args;

    va_start(args, format);
    int length = vsnprintf(fresh, sizeof fresh, format, args);
    va_end(args);
    if (length < 0)
        fresh[0] = '\0';
    if (length >= DETAIL_MAX)
        end_on_character(fresh);
    memcpy(last_detail, fresh, sizeof last_detail);
    return code;
}

const char *kr_detail(void)
{
    return last_detail;
}

void kr_detail_clear(void)
{
    last_detail[0] = '\0';
}

const char *kr_name(enum kr_error code)
{
    return row_of(code)->name;
}

const char *kr_sentence(enum kr_error code)
{
    return row_of(code)->sentence;
}

const char *kr_advice(enum kr_error code)
{
    return row_of(code)->advice;
}

/* The empty text is what catalogues keep their own header under. */
static const char *translated(const char *text)
{
    return text[0] == '\0' ? text : gettext(text);
}

/* A Chinese full stop brings its own space along. */
static bool ends_wide(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && (unsigned char)text[len - 1] >= 0x80;
}

char *kr_explain(enum kr_error code, const char *detail, char *out, size_t out_size)
{
    const char *sentence = translated(kr_sentence(code));
    const char *advice = translated(kr_advice(code));
    const char *hole = strstr(sentence, "{}");
    int head = (int)(hole ? (size_t)(hole - sentence) : strlen(sentence));

    if (out_size == 0)
        return out;
    if (!detail)
        detail = kr_detail();
    if (detail[0] == '\0')
        detail = "?";
    int length =
        snprintf(out, out_size, "%.*s%s%s%s%s", head, sentence, hole ? detail : "",
                 hole ? hole + 2 : "", advice[0] && !ends_wide(sentence) ? " " : "", advice);
    if (length < 0)
        out[0] = '\0';
    else if ((size_t)length >= out_size)
        end_on_character(out);
    return out;
}
