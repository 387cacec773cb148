/* Small boxes over a screen: a message, a form with a word to be typed, a list of choices. */
#ifndef KEYRITE_UI_DIALOG_H
#define KEYRITE_UI_DIALOG_H

#include "console.h"
#include "fields.h"

#define DIALOG_TEXT 600

struct dialog_spec {
    const char *id;    /* help */
    const char *title; /* N_() */
    /* Writes the paragraphs in the current language; called at each drawing. May be NULL. */
    void (*text)(struct console *c, void *ctx, char *out, size_t room);
    const char *labels[FIELDS_MAX]; /* N_(), up to the first NULL */
    size_t most[FIELDS_MAX];        /* bytes */
    bool optional[FIELDS_MAX];      /* may stay empty */
    /* The first field must hold this word before Enter does anything; "" for none. Copied. */
    char word[32];
    const char *go; /* N_() label of Enter */
    /* values as typed; values[0] is the word where one is asked for. Called after the box is gone.
     */
    void (*done)(struct console *c, void *ctx, char values[FIELDS_MAX][DIALOG_TEXT]);
    void *ctx;
};
void dialog_push(struct console *c, const struct dialog_spec *spec);

#endif
