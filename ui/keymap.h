/*
 * What keys mean: one table from key codes and letters to commands, so that F-keys and letters both
 * work and the function bar, the help screen and the code agree.
 */
#ifndef KEYRITE_UI_KEYMAP_H
#define KEYRITE_UI_KEYMAP_H

#include "keyboard.h"

enum command {
    COMMAND_NONE,
    COMMAND_HELP,
    COMMAND_NOTE,
    COMMAND_LANGUAGE,
    COMMAND_DETAILS,
    COMMAND_PAUSE,
    COMMAND_EXCEPTION,
    COMMAND_SIGN_OUT,
    COMMAND_ABORT,
    COMMAND_DRAWER,
    COMMAND_LEAVE,
    COMMAND_LOCK,
    COMMAND_CARDS,
    COMMAND_BACK,
    COMMAND_ENTER,
    COMMAND_UP,
    COMMAND_DOWN,
    COMMAND_LEFT,
    COMMAND_RIGHT,
    COMMAND_PAGE_UP,
    COMMAND_PAGE_DOWN,
    COMMAND_FIRST,
    COMMAND_LAST,
    COMMAND_NEXT,     /* Tab */
    COMMAND_PREVIOUS, /* Shift-Tab */
    COMMAND_ERASE,
    COMMAND_DELETE,
    COMMAND_SLOT_1, /* drawer: into reader 1 / 2, or back into the drawer */
    COMMAND_SLOT_2,
    COMMAND_PULL,
    COMMAND_COUNT
};
/* typing: letters are text now, only keys that are no characters are commands. */
enum command keymap_command(const struct key_event *e, bool typing);
/* "F1", "Enter", "↑↓": what stands before the label in the function bar. */
const char *keymap_key(enum command c);
/* The letter that does the same where nothing is typed; '\0' for none. */
char keymap_letter(enum command c);
/* Label in the current language. */
const char *keymap_label(enum command c);

#endif
