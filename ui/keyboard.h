/*
 * The keyboard, byte by byte from the terminal itself: ncurses never reads a key, because its input
 * queue would keep what was typed. Escape sequences (the terminal's own by terminfo, and those of
 * xterm, the Linux console, rxvt) become key codes; unknown ones and pasted text are swallowed.
 * Every byte is wiped as soon as it has become an event.
 */
#ifndef KEYRITE_UI_KEYBOARD_H
#define KEYRITE_UI_KEYBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_code {
    KEY_NONE_YET, /* nothing complete has arrived */
    KEY_CHARACTER,
    KEY_ENTER_CODE,
    KEY_TAB_CODE,
    KEY_BACKTAB,
    KEY_ESCAPE,
    KEY_ERASE, /* backspace */
    KEY_DELETE,
    KEY_UP_CODE,
    KEY_DOWN_CODE,
    KEY_LEFT_CODE,
    KEY_RIGHT_CODE,
    KEY_HOME_CODE,
    KEY_END_CODE,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_REDRAW,    /* Ctrl-L */
    KEY_INTERRUPT, /* Ctrl-C */
    KEY_F1_CODE,   /* F2.. follow */
    KEY_F12_CODE = KEY_F1_CODE + 11,
    KEY_IGNORED, /* something arrived that means nothing */
};
struct key_event {
    enum key_code code;
    uint8_t utf8[4]; /* KEY_CHARACTER: its bytes; the reader of the event wipes it */
    size_t len;
};

#define KEYBOARD_ROOM      64
#define KEYBOARD_ESCAPE_MS 50 /* an escape alone for so long is the Esc key */
#define KEYBOARD_LEARNED   48
struct key_sequence {
    char bytes[14];
    enum key_code code;
};
struct keyboard {
    struct key_sequence learned[KEYBOARD_LEARNED]; /* this terminal's own, from terminfo */
    size_t learned_count;
    uint8_t bytes[KEYBOARD_ROOM];
    size_t len;
    bool pasting;       /* between the brackets of a bracketed paste */
    unsigned refused;   /* characters of pastes thrown away */
    int64_t arrived_ms; /* of the newest byte */
};

void keyboard_begin(struct keyboard *k);
/* Takes bytes as they came at now_ms; what does not fit is dropped. Returns how many were taken. */
size_t keyboard_feed(struct keyboard *k, const uint8_t *bytes, size_t len, int64_t now_ms);
/* The next event; KEY_NONE_YET when none is complete. */
struct key_event keyboard_next(struct keyboard *k, int64_t now_ms);
/* An escape is waiting to become either a key or Esc: ask again soon. */
bool keyboard_waits(const struct keyboard *k);
/* Adds the terminal's own sequence for a key (from terminfo); one that is too long is not learned.
 */
void keyboard_learn(struct keyboard *k, const char *sequence, enum key_code code);

#endif
