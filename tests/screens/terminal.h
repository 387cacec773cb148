/*
 * A program in a pseudo-terminal and what a person would see of it: keystrokes go in, the screen
 * comes out as text (libvterm, both its versions: only what they share is used).
 */
#ifndef KEYRITE_TESTS_SCREENS_TERMINAL_H
#define KEYRITE_TESTS_SCREENS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SCREEN_ROOM 65536

struct pseudo_terminal;

/* environment: "NAME=VALUE" strings added to a small fixed one, NULL-ended. NULL on failure. */
struct pseudo_terminal *pt_start(char *const argv[], char *const environment[], int rows,
                                 int columns);
/* Kills what still runs. */
void pt_end(struct pseudo_terminal **t);
pid_t pt_pid(const struct pseudo_terminal *t);
/* Takes what the program writes for that long, or until it has been quiet for a moment. */
void pt_listen(struct pseudo_terminal *t, int milliseconds);
void pt_send(struct pseudo_terminal *t, const char *bytes, size_t len);
void pt_resize(struct pseudo_terminal *t, int rows, int columns);
/* The screen, one line each, blanks at their ends cut off. */
void pt_screen(struct pseudo_terminal *t, char out[SCREEN_ROOM]);
/* Waits until the screen holds (or, present false, no longer holds) the text. */
bool pt_wait(struct pseudo_terminal *t, const char *text, bool present, int milliseconds);
/* Milliseconds until the screen holds (or no longer holds) the text, looked at after each piece of
 * output; negative when it does not. */
double pt_answer(struct pseudo_terminal *t, const char *text, bool present, int milliseconds);
/* Waits for the program's end; -1 when it does not end, 128 + n when signal n ended it. */
int pt_exit(struct pseudo_terminal *t, int milliseconds);
/* "Enter", "F8", "Down" ... as an xterm sends it; NULL for an unknown name. */
const char *pt_key(const char *name);

#endif
