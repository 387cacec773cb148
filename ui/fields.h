/*
 * Labelled fields for text that is no secret (ncurses form library): one or several below each
 * other, on a panel of their own at the place they are given. Secrets go through masked.h, never
 * through a form, which keeps copies.
 */
#ifndef KEYRITE_UI_FIELDS_H
#define KEYRITE_UI_FIELDS_H

#include "draw.h"
#include "keymap.h"

#define FIELDS_MAX 4
struct field_spec {
    const char *label;   /* in the current language; copied */
    const char *initial; /* may be NULL */
    size_t most;         /* bytes */
    bool proposed;       /* initial is a proposal: the first character typed takes its place */
};
struct fields;

/* NULL without memory. */
struct fields *fields_open(const struct theme *t, const struct field_spec *specs, size_t count);
void fields_close(struct fields **f);
/* Rows they take. */
int fields_height(const struct fields *f);
/* Puts them there, above everything drawn so far; a place of height 0 hides them. */
void fields_place(struct fields *f, struct area a);
void fields_label(struct fields *f, size_t i, const char *label);
/* True when the command or character was theirs. */
bool fields_command(struct fields *f, enum command c);
void fields_type(struct fields *f, const struct key_event *e);
/* What stands in field i, without blanks at its ends. */
void fields_get(struct fields *f, size_t i, char *out, size_t room);
/* The field with the cursor is the last one: Enter then means done. */
bool fields_at_last(const struct fields *f);

#endif
