/* A document on its way to the program that draws it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

static const char first_line[] = "keyrite-document/1\n";
/* In the order of enum line_style. */
static const char styles[] = "pthwdq";

/* ---- Writing ---- */

static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '\\')
            fputs("\\\\", out);
        else
            fputc(*text, out);
    }
    fputc('\n', out);
}

enum kr_error document_write(const struct document *d, FILE *out)
{
    if (d->failed != KR_OK)
        return d->failed;
    fprintf(out, "%stitle ", first_line);
    put_text(out, d->title);
    fputs("running ", out);
    put_text(out, d->running);
    fputs("mark ", out);
    put_text(out, d->mark);
    fprintf(out, "made %" PRId64 "\n\n", d->made_ms);
    for (size_t i = 0; i < d->count; i++) {
        const struct document_line *l = &d->lines[i];
        fprintf(out, "%c%c ", styles[l->style], l->joined ? '+' : '-');
        put_text(out, l->text);
    }
    return fflush(out) == 0 && !ferror(out) ? KR_OK : kr_fail(KR_E_FILE, "%s", strerror(errno));
}

/* ---- Reading ---- */

struct reading {
    FILE *in;
    char *line;
    size_t room;
};

/* The next line without its newline and escapes, or NULL. */
static char *next_line(struct reading *r)
{
    ssize_t len = getline(&r->line, &r->room, r->in);
    if (len <= 0 || r->line[len - 1] != '\n')
        return NULL;
    r->line[len - 1] = '\0';
    char *to = r->line;
    for (const char *from = r->line; *from != '\0'; from++) {
        if (*from == '\\' && (from[1] == 'n' || from[1] == '\\'))
            *to++ = *++from == 'n' ? '\n' : '\\';
        else
            *to++ = *from;
    }
    *to = '\0';
    return r->line;
}

static bool take_field(struct reading *r, const char *name, char *out, size_t room)
{
    size_t len = strlen(name);
    const char *line = next_line(r);
    if (line == NULL || strncmp(line, name, len) != 0 || line[len] != ' ')
        return false;
    return (size_t)snprintf(out, room, "%s", line + len + 1) < room;
}

static bool take_head(struct reading *r, struct document *d)
{
    char made[32];
    const char *line = next_line(r);
    if (line == NULL || strncmp(line, first_line, strlen(line)) != 0 ||
        strlen(line) + 1 != strlen(first_line))
        return false;
    if (!take_field(r, "title", d->title, sizeof d->title) ||
        !take_field(r, "running", d->running, sizeof d->running) ||
        !take_field(r, "mark", d->mark, sizeof d->mark) ||
        !take_field(r, "made", made, sizeof made))
        return false;
    d->made_ms = strtoll(made, NULL, 10);
    line = next_line(r);
    return line != NULL && line[0] == '\0';
}

static bool take_lines(struct reading *r, struct document *d)
{
    for (const char *line; (line = next_line(r)) != NULL;) {
        const char *style = line[0] == '\0' ? NULL : strchr(styles, line[0]);
        if (style == NULL || (line[1] != '+' && line[1] != '-') || line[2] != ' ')
            return false;
        d->joining = line[1] == '+';
        document_add(d, (enum line_style)(style - styles), line + 3);
    }
    d->joining = false;
    return feof(r->in) != 0;
}

enum kr_error document_read(struct document *d, FILE *in)
{
    struct reading r = {.in = in};
    document_begin(d);
    bool good = take_head(&r, d) && take_lines(&r, d);
    free(r.line);
    if (!good)
        return kr_fail(KR_E_MESSAGE, "document, line %zu", d->count);
    return d->failed;
}
