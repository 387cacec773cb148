/* The command line of keyrite, read and nothing more. */
#ifndef KEYRITE_UI_COMMAND_LINE_H
#define KEYRITE_UI_COMMAND_LINE_H

#include <stdbool.h>
#include "../cardio/reader.h"
#include "theme.h"

enum what_to_do { DO_CONSOLE, DO_DEMO, DO_REHEARSE, DO_CHECK, DO_HELP, DO_VERSION };
struct command_line {
    enum what_to_do what;
    const char *store, *deck, *lang; /* NULL: not given */
    enum theme_kind theme;
    enum reader_kind readers;
    int lock_after_s;
    int rest; /* index of the first argument that is no option: files to check, or "rehearse" itself
               */
};

/* KR_E_COMMAND_LINE with what was not understood. */
enum kr_error command_line_read(int argc, char **argv, struct command_line *out);
/* Prints --help in the current language. */
void command_line_help(void);

#endif
