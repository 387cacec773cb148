/* The one place that knows colours: what a text means, and how each theme shows it. */
#ifndef KEYRITE_UI_THEME_H
#define KEYRITE_UI_THEME_H

#include <curses.h>
#include "../crypto/error.h"

enum ink {
    INK_PLAIN,
    INK_STRONG,
    INK_FAINT,
    INK_TITLE,  /* first line */
    INK_GOOD,   /* beside a tick */
    INK_WARN,   /* beside an exclamation mark */
    INK_BAD,    /* beside a cross */
    INK_CHOSEN, /* beside an arrow */
    INK_BAND,   /* REHEARSAL */
    INK_KEY,
    INK_FIELD,
    INK_CODE, /* light modules of a QR code, on dark */
    INK_COUNT
};
enum theme_kind { THEME_COLOUR, THEME_MONO, THEME_CONTRAST };
struct theme {
    attr_t ink[INK_COUNT];
};

/* "colour", "mono", "contrast"; NULL: colour unless NO_COLOR is set. KR_E_COMMAND_LINE. */
enum kr_error theme_by_name(const char *name, enum theme_kind *kind);
/* After the terminal is open; falls back to mono where it has no colours. */
void theme_open(struct theme *t, enum theme_kind kind);

#endif
