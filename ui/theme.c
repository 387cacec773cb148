#include "theme.h"

#include <stdlib.h>
#include <string.h>

enum pair {
    PAIR_GOOD = 1,
    PAIR_WARN,
    PAIR_BAD,
    PAIR_BAND,
    PAIR_TITLE,
    PAIR_KEY,
    PAIR_STRONG,
    PAIR_CODE
};

enum kr_error theme_by_name(const char *name, enum theme_kind *kind)
{
    const char *no_color = getenv("NO_COLOR");

    *kind = THEME_COLOUR;
    if (!name)
        *kind = no_color && no_color[0] ? THEME_MONO : THEME_COLOUR;
    else if (strcmp(name, "mono") == 0)
        *kind = THEME_MONO;
    else if (strcmp(name, "contrast") == 0)
        *kind = THEME_CONTRAST;
    else if (strcmp(name, "colour") != 0 && strcmp(name, "color") != 0)
        return kr_fail(KR_E_COMMAND_LINE, "--theme %.20s", name);
    return KR_OK;
}

static const attr_t mono[INK_COUNT] = {
    [INK_PLAIN] = A_NORMAL,  [INK_STRONG] = A_BOLD,     [INK_FAINT] = A_NORMAL,
    [INK_TITLE] = A_REVERSE, [INK_GOOD] = A_NORMAL,     [INK_WARN] = A_BOLD,
    [INK_BAD] = A_BOLD,      [INK_CHOSEN] = A_BOLD,     [INK_BAND] = A_REVERSE | A_BOLD,
    [INK_KEY] = A_REVERSE,   [INK_FIELD] = A_UNDERLINE, [INK_CODE] = A_NORMAL,
};

static void colour_inks(struct theme *t)
{
    short back = use_default_colors() == OK ? -1 : COLOR_BLACK;

    init_pair(PAIR_GOOD, COLOR_GREEN, back);
    init_pair(PAIR_WARN, COLOR_YELLOW, back);
    init_pair(PAIR_BAD, COLOR_RED, back);
    init_pair(PAIR_BAND, COLOR_BLACK, COLOR_YELLOW);
    init_pair(PAIR_TITLE, COLOR_WHITE, COLOR_BLUE);
    init_pair(PAIR_KEY, COLOR_CYAN, back);
    init_pair(PAIR_CODE, COLOR_WHITE, COLOR_BLACK);
    t->ink[INK_FAINT] = A_DIM;
    t->ink[INK_GOOD] = COLOR_PAIR(PAIR_GOOD);
    t->ink[INK_WARN] = COLOR_PAIR(PAIR_WARN) | A_BOLD;
    t->ink[INK_BAD] = COLOR_PAIR(PAIR_BAD) | A_BOLD;
    t->ink[INK_BAND] = COLOR_PAIR(PAIR_BAND) | A_BOLD;
    t->ink[INK_TITLE] = COLOR_PAIR(PAIR_TITLE) | A_BOLD;
    t->ink[INK_KEY] = COLOR_PAIR(PAIR_KEY) | A_BOLD;
    t->ink[INK_CODE] = COLOR_PAIR(PAIR_CODE) | A_BOLD;
}

/* White and yellow on black, nothing dim: for a bright room and tired eyes. */
static void contrast_inks(struct theme *t)
{
    init_pair(PAIR_STRONG, COLOR_WHITE, COLOR_BLACK);
    init_pair(PAIR_WARN, COLOR_YELLOW, COLOR_BLACK);
    init_pair(PAIR_BAND, COLOR_BLACK, COLOR_WHITE);
    for (int i = 0; i < INK_COUNT; i++)
        t->ink[i] = COLOR_PAIR(PAIR_STRONG) | A_BOLD | (mono[i] & (A_REVERSE | A_UNDERLINE));
    t->ink[INK_WARN] = t->ink[INK_BAD] = COLOR_PAIR(PAIR_WARN) | A_BOLD;
    t->ink[INK_BAND] = COLOR_PAIR(PAIR_BAND) | A_BOLD;
}

void theme_open(struct theme *t, enum theme_kind kind)
{
    memcpy(t->ink, mono, sizeof mono);
    if (kind == THEME_MONO || !has_colors() || start_color() != OK)
        return;
    if (kind == THEME_CONTRAST)
        contrast_inks(t);
    else
        colour_inks(t);
}
