/*
 * Words that come from catalogues, files and cards, on their way to a person. First byte: an error;
 * second: columns; then the catalogue's sentence and advice and the detail, a zero byte between.
 * What a catalogue says serves as it is: it may hold anything.
 */
#include "fuzz.h"

#include "../../crypto/error.h"
#include "../../store/body.h"
#include "../../store/report/text.h"

static const char *sentence, *advice;

/* Every message is asked for once: the sentence, then the advice. */
static bool sentence_given;
char *__wrap_gettext(const char *message);
char *__wrap_gettext(const char *message)
{
    (void)message;
    const char *said = sentence_given ? advice : sentence;
    sentence_given = !sentence_given;
    return (char *)(uintptr_t)said;
}

static void explained(enum kr_error code, const char *detail)
{
    bool text = utf8_is_valid(sentence, strlen(sentence)) &&
                utf8_is_valid(advice, strlen(advice)) && utf8_is_valid(detail, strlen(detail));

    for (size_t room = 1; room <= 513; room = 2 * room + 1) {
        char *out = malloc(room);
        HOLDS(out, "no memory");
        sentence_given = false;
        kr_explain(code, detail, out, room);
        HOLDS(memchr(out, 0, room), "an explanation has no end");
        HOLDS(!text || utf8_is_valid(out, strlen(out)), "an explanation is cut inside a character");
        free(out);
    }
    (void)kr_fail(code, "%s", detail);
    HOLDS(strlen(kr_detail()) <= strlen(detail), "a detail grows");
    HOLDS(!utf8_is_valid(detail, strlen(detail)) || utf8_is_valid(kr_detail(), strlen(kr_detail())),
          "a detail is cut inside a character");
}

static void can_be_drawn(const char *text)
{
    HOLDS(utf8_is_valid(text, strlen(text)), "what is drawn is no UTF-8");
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        HOLDS(*c >= 0x20 && *c != 0x7F && !(c[0] == 0xC2 && c[1] < 0xA0),
              "what is drawn moves the cursor");
    HOLDS(!strstr(text, "\u202E") && !strstr(text, "\u2067"),
          "what is drawn turns the line around");
}

static void drawn(const char *text, int columns)
{
    char line[1024], again[1024];
    int used = -1, lines = 0, glyph_columns;
    wchar_t glyph;
    size_t len = strlen(text), walked = 0, step;

    while ((step = text_next(text + walked, &glyph, &glyph_columns)) > 0)
        walked += step;
    HOLDS(walked == len, "a text has another end");
    HOLDS(text_head(text, columns, &used) <= len && used <= columns, "a head is too long");
    used = text_fit(text, columns, line, sizeof line);
    HOLDS(used <= columns && used == text_width(line), "a line is wider than its columns");
    can_be_drawn(line);
    HOLDS(text_fit(line, columns, again, sizeof again) == used && strcmp(line, again) == 0,
          "what fits is cut again");
    text_pad(text, columns, line, sizeof line);
    HOLDS(text_width(line) == columns, "a padded line is not as wide as its columns");
    for (const char *at = text, *next = NULL; at; at = next, lines++) {
        size_t n = text_line(at, columns, &next);
        HOLDS(n <= strlen(at) && (!next || (next > at && next <= text + len)),
              "a line goes nowhere");
    }
    HOLDS(lines == text_lines(text, columns), "lines are miscounted");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    char *text = input_text(data + 2, size - 2);
    char *end = text + size - 2;
    sentence = text;
    advice = text + strlen(text) < end ? text + strlen(text) + 1 : end;
    const char *detail = advice + strlen(advice) < end ? advice + strlen(advice) + 1 : end;
    explained((enum kr_error)(data[0] % KR_ERROR_COUNT), detail);
    drawn(detail, 2 + data[1] % 100);
    drawn(sentence, 2 + data[1] % 100);
    char *chopped = input_text(data + 2, size - 2);
    size_t left = strlen(chopped);
    while (left > 0) {
        size_t now = text_chop(chopped, left);
        HOLDS(now < left, "nothing was chopped off");
        left = now;
    }
    free(chopped);
    free(text);
    return 0;
}
