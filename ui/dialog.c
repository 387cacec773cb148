#include "dialog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language.h"
#include "text.h"

#define DIALOG_WIDTH 76

struct dialog {
    struct dialog_spec spec;
    struct fields *fields;
    size_t count;
    bool word_wrong;
};

static void paragraphs(struct console *c, struct dialog *d, char *out, size_t room)
{
    out[0] = '\0';
    if (d->spec.text)
        d->spec.text(c, d->spec.ctx, out, room);
}

static void dialog_size(struct console *c, struct screen *s, int *height, int *width)
{
    struct dialog *d = s->state;
    char text[1024];

    paragraphs(c, d, text, sizeof text);
    *width = DIALOG_WIDTH;
    *height = 4 + (text[0] ? text_lines(text, DIALOG_WIDTH - 4) : 0);
    if (d->fields)
        *height += fields_height(d->fields) + 1;
    if (d->spec.word[0])
        *height += 2;
}

static void dialog_draw(struct console *c, struct screen *s, struct pane *p)
{
    struct dialog *d = s->state;
    char text[1024];

    paragraphs(c, d, text, sizeof text);
    pane_next(p);
    if (text[0])
        pane_wrap(p, 0, INK_PLAIN, text);
    if (d->spec.word[0]) {
        pane_putf(p, 0, d->word_wrong ? INK_WARN : INK_STRONG,
                  d->word_wrong
                      ? _("! The word is %s, in small letters; Esc to leave things as they are.")
                      : _("To go on, type the word %s."),
                  d->spec.word);
        pane_next(p);
        pane_next(p);
    }
    if (!d->fields)
        return;
    for (size_t i = 0; i < d->count; i++)
        fields_label(d->fields, i, _(d->spec.labels[i]));
    int y, x;
    getbegyx(p->window, y, x);
    struct area a = {y + p->area.y + p->row - p->scroll, x + p->area.x, fields_height(d->fields),
                     p->area.width};
    fields_place(d->fields, c->top == s ? a : (struct area){0, 0, 0, 0});
    c->cursor = c->top == s;
    p->row += fields_height(d->fields);
}

static bool word_typed(struct dialog *d, const char *typed)
{
    return !d->spec.word[0] || strcmp(typed, d->spec.word) == 0;
}

static void dialog_enter(struct console *c, struct dialog *d)
{
    char values[FIELDS_MAX][DIALOG_TEXT];
    struct dialog_spec spec = d->spec;

    if (d->fields && !fields_at_last(d->fields)) {
        fields_command(d->fields, COMMAND_NEXT);
        return;
    }
    memset(values, 0, sizeof values);
    for (size_t i = 0; i < d->count; i++)
        fields_get(d->fields, i, values[i], DIALOG_TEXT);
    if (!word_typed(d, values[0])) {
        d->word_wrong = true;
        return;
    }
    for (size_t i = spec.word[0] ? 1 : 0; i < d->count; i++)
        if (!values[i][0] && !spec.optional[i])
            return;
    console_pop(c);
    if (spec.done)
        spec.done(c, spec.ctx, values);
}

static void dialog_command(struct console *c, struct screen *s, enum command k)
{
    struct dialog *d = s->state;

    if (k == COMMAND_BACK)
        console_pop(c);
    else if (k == COMMAND_ENTER)
        dialog_enter(c, d);
    else if (d->fields)
        fields_command(d->fields, k);
}

static void dialog_type(struct console *c, struct screen *s, const struct key_event *e)
{
    struct dialog *d = s->state;

    (void)c;
    if (d->fields)
        fields_type(d->fields, e);
}

static bool dialog_typing(struct console *c, struct screen *s)
{
    struct dialog *d = s->state;

    (void)c;
    return d->fields != NULL;
}

static size_t dialog_keys(struct console *c, struct screen *s, struct key_hint *out)
{
    struct dialog *d = s->state;
    size_t n = 0;

    (void)c;
    out[n++] = (struct key_hint){COMMAND_HELP, NULL};
    if (language_can_switch())
        out[n++] = (struct key_hint){COMMAND_LANGUAGE, NULL};
    out[n++] = (struct key_hint){COMMAND_BACK, NULL};
    out[n++] = (struct key_hint){COMMAND_NONE, NULL};
    if (d->count > 1)
        out[n++] = (struct key_hint){COMMAND_NEXT, NULL};
    out[n++] = (struct key_hint){COMMAND_ENTER, d->spec.go ? _(d->spec.go) : NULL};
    return n;
}

static const char *dialog_title(struct console *c, struct screen *s)
{
    struct dialog *d = s->state;

    (void)c;
    return _(d->spec.title);
}

static void dialog_close(struct console *c, struct screen *s)
{
    struct dialog *d = s->state;

    (void)c;
    if (!d)
        return;
    fields_close(&d->fields);
    free(d);
}

void dialog_push(struct console *c, const struct dialog_spec *spec)
{
    static const struct screen_ops ops = {.id = "dialog",
                                          .overlay = true,
                                          .size = dialog_size,
                                          .draw = dialog_draw,
                                          .command = dialog_command,
                                          .type = dialog_type,
                                          .typing = dialog_typing,
                                          .keys = dialog_keys,
                                          .title = dialog_title,
                                          .close = dialog_close};
    struct dialog *d = calloc(1, sizeof *d);
    struct field_spec fields[FIELDS_MAX] = {{0}};

    if (!d) {
        console_say_error(c, KR_E_MEMORY, NULL);
        return;
    }
    d->spec = *spec;
    for (; d->count < FIELDS_MAX && spec->labels[d->count]; d->count++) {
        size_t most = spec->most[d->count];
        fields[d->count].label = _(spec->labels[d->count]);
        fields[d->count].most = most && most < DIALOG_TEXT ? most : DIALOG_TEXT - 1;
    }
    if (d->count > 0)
        d->fields = fields_open(&c->terminal.theme, fields, d->count);
    console_push(c, &ops, d);
}
