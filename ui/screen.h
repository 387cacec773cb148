/*
 * A screen is a row of functions (struct screen_ops) and its own state. Screens lie on a stack: the
 * top one gets the keys; overlays leave what is below them visible. Nothing here waits: what takes
 * time is given to console_work().
 */
#ifndef KEYRITE_UI_SCREEN_H
#define KEYRITE_UI_SCREEN_H

#include <panel.h>
#include "draw.h"
#include "keymap.h"

struct console;
struct screen;

/* One entry of the function bar; label NULL: the command's usual one. */
struct key_hint {
    enum command command;
    const char *label;
};
#define KEY_HINTS_MAX 16

struct screen_ops {
    const char *id; /* names its help text */
    bool overlay;   /* drawn as a box over the one below */
    bool bare;      /* a whole screen without header, people and function bar: has all lines */
    /* Whole screens draw into the pane's area; overlays say their size with size(). */
    void (*size)(struct console *c, struct screen *s, int *height, int *width);
    void (*draw)(struct console *c, struct screen *s, struct pane *p);
    /* A key that is a command here. */
    void (*command)(struct console *c, struct screen *s, enum command k);
    /* A character typed while typing() says that text is taken; both NULL where nothing is typed.
     */
    void (*type)(struct console *c, struct screen *s, const struct key_event *e);
    bool (*typing)(struct console *c, struct screen *s);
    /* What works now, for the function bar: the left group first; a hint with COMMAND_NONE parts
     * the groups. */
    size_t (*keys)(struct console *c, struct screen *s, struct key_hint *out);
    /* Called between keys, at least every 250 ms. May be NULL. */
    void (*tick)(struct console *c, struct screen *s);
    /* Box title of an overlay; part of the header for whole screens. */
    const char *(*title)(struct console *c, struct screen *s);
    void (*close)(struct console *c, struct screen *s); /* frees state */
};
struct screen {
    const struct screen_ops *ops;
    void *state;
    struct screen *below;
    int scroll;
    bool more;      /* the last drawing did not all fit */
    WINDOW *window; /* overlays */
    PANEL *panel;
};

/* A list with one chosen row. */
struct choice {
    size_t chosen, count;
};
/* Up, down, page, first, last; true when the command moved (or could have). */
bool choice_command(struct choice *l, enum command c, size_t page);
/* Keeps chosen in range after the list has changed. */
void choice_count(struct choice *l, size_t count);

#endif
