#include "fields.h"

#include <form.h>
#include <panel.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define LABEL_ROOM 128

struct fields {
    const struct theme *theme;
    size_t count;
    char labels[FIELDS_MAX][LABEL_ROOM];
    size_t most[FIELDS_MAX];
    bool proposed[FIELDS_MAX]; /* nobody has touched it yet */
    FIELD *field[FIELDS_MAX + 1];
    FORM *form;
    WINDOW *window;
    PANEL *panel;
    struct area area;
};

static int label_width(const struct fields *f)
{
    int widest = 0;

    for (size_t i = 0; i < f->count; i++) {
        int width = text_width(f->labels[i]);
        widest = width > widest ? width : widest;
    }
    return widest + 2;
}

/* The form library gives the buffer filled with blanks. */
static void copy_trimmed(const char *from, char *out, size_t room)
{
    size_t len = strlen(from);

    while (*from == ' ')
        from++, len--;
    while (len > 0 && from[len - 1] == ' ')
        len--;
    while (len >= room)
        len--;
    memcpy(out, from, len);
    out[len] = '\0';
}

static void unpost(struct fields *f)
{
    if (f->form) {
        unpost_form(f->form);
        free_form(f->form);
    }
    for (size_t i = 0; i < f->count; i++)
        if (f->field[i])
            free_field(f->field[i]), f->field[i] = NULL;
    f->form = NULL;
    if (f->panel)
        del_panel(f->panel);
    if (f->window)
        delwin(f->window);
    f->panel = NULL;
    f->window = NULL;
}

static bool make_field(struct fields *f, size_t i, int column, int width, const char *text)
{
    FIELD *field = new_field(1, width, (int)i * 2, column, 0, 0);

    f->field[i] = field;
    if (!field)
        return false;
    field_opts_off(field, O_STATIC | O_AUTOSKIP | O_BLANK | O_NULLOK | O_PASSOK);
    field_opts_on(field, O_NULLOK);
    if ((int)f->most[i] > width)
        set_max_field(field, (int)f->most[i]);
    else
        field_opts_on(field, O_STATIC);
    set_field_back(field, f->theme->ink[INK_FIELD]);
    set_field_buffer(field, 0, text);
    return true;
}

static void draw_labels(struct fields *f)
{
    char line[LABEL_ROOM];

    for (size_t i = 0; i < f->count; i++) {
        text_fit(f->labels[i], f->area.width - 6, line, sizeof line);
        mvwaddstr(f->window, (int)i * 2, 0, line);
    }
}

static void post(struct fields *f, char texts[][1024])
{
    int column = label_width(f);
    int width = f->area.width - column;

    if (width < 8)
        width = 8;
    f->window = newwin(f->area.height, f->area.width, f->area.y, f->area.x);
    if (!f->window)
        return;
    f->panel = new_panel(f->window);
    for (size_t i = 0; i < f->count; i++)
        if (!make_field(f, i, column, width, texts[i]))
            return;
    f->form = new_form(f->field);
    set_form_win(f->form, f->window);
    set_form_sub(f->form, f->window);
    post_form(f->form); /* clears the window */
    draw_labels(f);
    form_driver_w(f->form, KEY_CODE_YES, REQ_INS_MODE);
    form_driver_w(f->form, KEY_CODE_YES, REQ_END_LINE);
}

struct fields *fields_open(const struct theme *t, const struct field_spec *specs, size_t count)
{
    struct fields *f = calloc(1, sizeof *f);
    char texts[FIELDS_MAX][1024] = {{0}};

    if (!f)
        return NULL;
    f->theme = t;
    f->count = count < FIELDS_MAX ? count : FIELDS_MAX;
    for (size_t i = 0; i < f->count; i++) {
        text_fit(specs[i].label, 60, f->labels[i], LABEL_ROOM);
        f->most[i] = specs[i].most && specs[i].most < 1000 ? specs[i].most : 1000;
        f->proposed[i] = specs[i].proposed;
        if (specs[i].initial)
            copy_trimmed(specs[i].initial, texts[i], sizeof texts[i]);
    }
    f->area = (struct area){0, 0, fields_height(f), 60};
    post(f, texts);
    if (f->panel)
        hide_panel(f->panel);
    return f;
}

void fields_close(struct fields **f)
{
    if (!*f)
        return;
    unpost(*f);
    free(*f);
    *f = NULL;
}

int fields_height(const struct fields *f)
{
    return (int)f->count * 2 - 1;
}

void fields_place(struct fields *f, struct area a)
{
    char texts[FIELDS_MAX][1024] = {{0}};
    int current = f->form ? field_index(current_field(f->form)) : 0;

    if (a.height <= 0) {
        if (f->panel)
            hide_panel(f->panel);
        return;
    }
    a.height = fields_height(f);
    if (!f->window || memcmp(&a, &f->area, sizeof a) != 0) {
        for (size_t i = 0; i < f->count; i++)
            fields_get(f, i, texts[i], sizeof texts[i]);
        unpost(f);
        f->area = a;
        post(f, texts);
        if (f->form && current > 0) {
            set_current_field(f->form, f->field[current]);
            form_driver_w(f->form, KEY_CODE_YES, REQ_END_LINE);
        }
    }
    if (f->panel) {
        show_panel(f->panel);
        pos_form_cursor(f->form);
    }
}

void fields_label(struct fields *f, size_t i, const char *label)
{
    struct area a = f->area;
    char fresh[LABEL_ROOM];

    text_fit(label, 60, fresh, sizeof fresh);
    if (strcmp(fresh, f->labels[i]) == 0)
        return;
    memcpy(f->labels[i], fresh, sizeof fresh);
    f->area.width = 0; /* forces a new layout */
    fields_place(f, a);
}

bool fields_command(struct fields *f, enum command c)
{
    static const struct {
        enum command command;
        int request;
    } requests[] = {
        {COMMAND_LEFT, REQ_PREV_CHAR},  {COMMAND_RIGHT, REQ_NEXT_CHAR},
        {COMMAND_FIRST, REQ_BEG_LINE},  {COMMAND_LAST, REQ_END_LINE},
        {COMMAND_ERASE, REQ_DEL_PREV},  {COMMAND_DELETE, REQ_DEL_CHAR},
        {COMMAND_NEXT, REQ_NEXT_FIELD}, {COMMAND_PREVIOUS, REQ_PREV_FIELD},
        {COMMAND_DOWN, REQ_NEXT_FIELD}, {COMMAND_UP, REQ_PREV_FIELD},
    };

    if (!f->form)
        return false;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        if (requests[i].command == c) {
            f->proposed[field_index(current_field(f->form))] = false;
            form_driver_w(f->form, KEY_CODE_YES, requests[i].request);
            if (requests[i].request == REQ_NEXT_FIELD || requests[i].request == REQ_PREV_FIELD)
                form_driver_w(f->form, KEY_CODE_YES, REQ_END_LINE);
            return true;
        }
    return false;
}

void fields_type(struct fields *f, const struct key_event *e)
{
    char bytes[8] = "";
    char now[1024];
    wchar_t glyph;
    int columns;

    if (!f->form || e->code != KEY_CHARACTER)
        return;
    memcpy(bytes, e->utf8, e->len);
    size_t i = (size_t)field_index(current_field(f->form));
    fields_get(f, i, now, sizeof now);
    if (f->proposed[i]) {
        form_driver_w(f->form, KEY_CODE_YES, REQ_CLR_FIELD);
        f->proposed[i] = false;
        now[0] = '\0';
    }
    if (text_next(bytes, &glyph, &columns) == 0 || strlen(now) + e->len > f->most[i])
        return;
    form_driver_w(f->form, OK, glyph);
}

void fields_get(struct fields *f, size_t i, char *out, size_t room)
{
    out[0] = '\0';
    if (!f->form)
        return;
    form_driver_w(f->form, KEY_CODE_YES, REQ_VALIDATION);
    copy_trimmed(field_buffer(f->field[i], 0), out, room);
}

bool fields_at_last(const struct fields *f)
{
    return !f->form || (size_t)field_index(current_field(f->form)) + 1 == f->count;
}
