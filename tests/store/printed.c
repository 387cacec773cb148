#include "printed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "../../store/report/print.h"
#include "../../store/report/text.h"
#include "recorded.h"

/* What is drawn as lines is no text to a reader of the file, and how wide a gap is neither. */
static void plain(const char *text, char *out)
{
    wchar_t glyph;
    int columns;
    size_t at = 0, len;
    for (; (len = text_next(text, &glyph, &columns)) != 0; text += len) {
        bool blank = glyph == L' ' || glyph == 0x3000;
        char last = at > 0 ? out[at - 1] : '\n';
        if (*text == '\n' || *text == '\f') {
            at -= last == ' ';
            if (at > 0 && out[at - 1] != '\n')
                out[at++] = '\n';
        } else if (blank) {
            if (last != ' ' && last != '\n')
                out[at++] = ' ';
        } else if (glyph < 0x2500 || glyph > 0x259F) {
            memcpy(out + at, text, len);
            at += len;
        }
    }
    out[at] = '\0';
}

/* Pages without what stands at the head and foot of each, which is drawn first and ends with the
 * page's number. */
static char *pdf_text(const char *path)
{
    char command[700], line[2000];
    char *text = calloc(1, 200000);
    size_t at = 0;
    bool furniture = true;
    snprintf(command, sizeof command, "pdftotext -raw -enc UTF-8 '%s' -", path);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    while (fgets(line, sizeof line, in) != NULL) {
        unsigned page, pages;
        char end;
        const char *from = line;
        if (*from == '\f')
            furniture = true, from++;
        if (!furniture)
            at += (size_t)snprintf(text + at, 200000 - at, "%s", from);
        if (sscanf(from, "%u / %u%c", &page, &pages, &end) == 3 && end == '\n')
            furniture = false;
    }
    assert_int_equal(pclose(in), 0);
    return text;
}

void printed_file(const struct document *d, char path[64], int n)
{
    char paper[512];
    const char *build = getenv("BUILD");
    snprintf(paper, sizeof paper, "%s/keyrite-paper", build != NULL ? build : "build");
    snprintf(path, 64, "/var/tmp/keyrite-report-%d-%d.pdf", (int)getpid(), n);
    if (document_print(d, paper, path) != KR_OK)
        fail_msg("%s", kr_detail());
}

void printed_says_the_same(const struct document *d)
{
    char path[64], *text = NULL;
    size_t len;
    assert_int_equal(document_text(d, &text, &len), KR_OK);
    printed_file(d, path, 0);
    char *drawn = pdf_text(path);
    char *expected = malloc(strlen(text) + 2), *found = malloc(strlen(drawn) + 2);
    plain(text, expected);
    plain(drawn, found);
    recorded_same_lines(found, expected);
    free(found);
    free(expected);
    free(drawn);
    free(text);
    unlink(path);
}
