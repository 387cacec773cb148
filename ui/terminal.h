/*
 * The terminal as a whole: alternate screen on and off, raw mode, signals, size, what the program
 * and its children write to stderr meanwhile. Restored on every way out, a crash included.
 */
#ifndef KEYRITE_UI_TERMINAL_H
#define KEYRITE_UI_TERMINAL_H

#include "keyboard.h"
#include "theme.h"

struct terminal {
    SCREEN *screen;
    struct theme theme;
    struct keyboard keyboard;
    int stderr_real; /* -1 while stderr is where it was */
    int stderr_kept; /* what was written meanwhile; shown after leaving */
    int height, width;
};

/* KR_E_TERMINAL when this is no terminal or ncurses does not know it. */
enum kr_error terminal_open(struct terminal *t, enum theme_kind theme);
/* Gives the terminal back, cleared; windows and panels live on until terminal_close(). */
void terminal_leave(struct terminal *t);
void terminal_close(struct terminal *t);
/* A signal asked to leave (SIGTERM, SIGHUP, SIGINT). Where the terminal takes no more output, the
 * program ends by itself two seconds later, with status 128 and the signal's number. */
bool terminal_must_leave(void);
/* Takes over a new size; true when it changed. */
bool terminal_resized(struct terminal *t);
/* Waits until a key, other_fd (or -1) or the time; then feeds the keyboard. False at the end of
 * input. */
bool terminal_wait(struct terminal *t, int other_fd, int milliseconds);
/* Milliseconds since boot, for clocks that must not jump. */
int64_t terminal_now_ms(void);

#endif
