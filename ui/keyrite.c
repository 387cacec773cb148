#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../crypto/harden.h"
#include "check.h"
#include "command_line.h"
#include "demo.h"
#include "first.h"
#include "language.h"
#include "rehearse.h"

static int complain(enum kr_error e)
{
    char text[512];

    fprintf(stderr, "keyrite: %s\n", kr_explain(e, NULL, text, sizeof text));
    return e == KR_E_COMMAND_LINE ? 2 : 1;
}

/* The folder of the site's store: named, by the environment, or where this user may write. */
static enum kr_error store_folder(const struct command_line *line, char out[PATH_ROOM])
{
    const char *named = line->store ? line->store : getenv("KEYRITE_STORE");
    const char *home = getenv("HOME");
    int n;

    if (named && named[0])
        n = snprintf(out, PATH_ROOM, "%s", named);
    else if (geteuid() == 0)
        n = snprintf(out, PATH_ROOM, "/var/lib/keyrite");
    else
        n = snprintf(out, PATH_ROOM, "%s/.local/share/keyrite", home ? home : ".");
    return n > 0 && n < PATH_ROOM ? KR_OK : kr_fail(KR_E_TOO_LONG, "--store");
}

static void first_console(struct console *c)
{
    first_push(c);
}

static int run_console(const struct command_line *line, struct console_setup *setup)
{
    char store[PATH_ROOM];
    enum kr_error e = store_folder(line, store);
    struct session_options o = {.store_dir = store,
                                .scripts_dir = setup->paths.scripts,
                                .layouts_dir = setup->paths.layouts,
                                .readers = READER_PCSC};

    if (e == KR_OK)
        e = session_start(&o, &setup->session);
    if (e == KR_OK)
        e = console_run(setup, first_console);
    session_end(&setup->session);
    return e == KR_OK ? 0 : complain(e);
}

static int run_demo(const struct command_line *line, struct console_setup *setup)
{
    struct demo demo;
    enum kr_error e = demo_place(&demo, line->store, line->deck, line->readers);

    // cppcheck-suppress autoVariables ; the console has ended when this returns
    setup->demo = &demo;
    if (e == KR_OK)
        e = console_run(setup, demo_first_push);
    session_end(&setup->session);
    return e == KR_OK ? 0 : complain(e);
}

static int run(int argc, char **argv, const struct command_line *line, const struct paths *paths)
{
    struct console_setup setup = {
        .paths = *paths, .theme = line->theme, .lock_after_s = line->lock_after_s};

    switch (line->what) {
    case DO_HELP:
        command_line_help();
        return 0;
    case DO_VERSION:
        printf("keyrite %s\n", KEYRITE_VERSION);
        return 0;
    case DO_CHECK:
        return check_files(argv + line->rest, argc - line->rest, paths->layouts);
    case DO_DEMO:
        return run_demo(line, &setup);
    case DO_REHEARSE:
        return rehearse_main(argc - line->rest, argv + line->rest);
    case DO_CONSOLE:
        break;
    }
    return run_console(line, &setup);
}

/* The environment's language first, so that a wrong command line is explained in it. */
static enum kr_error begin(int argc, char **argv, struct command_line *line, struct paths *paths)
{
    enum kr_error e = harden_process();

    if (e == KR_OK)
        e = paths_find(paths);
    if (e == KR_OK)
        e = language_start(paths, NULL);
    if (e == KR_OK)
        e = command_line_read(argc, argv, line);
    if (e == KR_OK && line->lang)
        e = language_start(paths, line->lang);
    return e;
}

int main(int argc, char **argv)
{
    const struct child_role roles[] = {vault_role, cards_role, watch_role};
    struct command_line line;
    struct paths paths;
    int status = 0;

    if (child_dispatch(argc, argv, roles, sizeof roles / sizeof roles[0], &status))
        return status;
    enum kr_error e = begin(argc, argv, &line, &paths);
    return e == KR_OK ? run(argc, argv, &line, &paths) : complain(e);
}
