/* A document on its way to the program that draws it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

static const char first_line[] = "keyrite-document/1";
/* In the order of enum line_style. */
static const char styles[] = "pthwdq";

/* ---- Writing ---- */

static void put_line(FILE *out, const char *name, const char *text)
{
    fputs(name, out);
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
    char made[24];
    if (d->failed != KR_OK)
        return d->failed;
    snprintf(made, sizeof made, "%" PRId64, d->made_ms);
    put_line(out, "", first_line);
    put_line(out, "title ", d->title);
    put_line(out, "running ", d->running);
    put_line(out, "mark ", d->mark);
    put_line(out, "made ", made);
    put_line(out, "", "");
    for (size_t i = 0; i < d->count; i++) {
        const struct document_line *l = &d->lines[i];
        put_line(out, (const char[]){styles[l->style], l->joined ? '+' : '-', ' ', '\0'}, l->text);
    }
    return fflush(out) == 0 && !ferror(out) ? KR_OK : kr_fail(KR_E_FILE, "%s", strerror(errno));
}

/* ---- Reading ---- */

struct reading {
    FILE *in;
    char *line;
    size_t room;
    bool cut; /* the last line has no end */
};

/* The next line without its newline and escapes, or NULL. */
static char *next_line(struct reading *r)
{
    ssize_t len = getline(&r->line, &r->room, r->in);
    r->cut = len > 0 && r->line[len - 1] != '\n';
    if (len <= 0 || r->cut)
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
    if (line == NULL || strcmp(line, first_line) != 0)
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
    return feof(r->in) != 0 && !r->cut;
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
