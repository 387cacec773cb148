/*
 * The console: terminal, session, stack of screens, worker, and the loop that joins them. One per
 * process.
 */
#ifndef KEYRITE_UI_CONSOLE_H
#define KEYRITE_UI_CONSOLE_H

#include "../ceremony/engine.h"
#include "paths.h"
#include "screen.h"
#include "terminal.h"
#include "worker.h"

#define CONSOLE_MIN_HEIGHT 24
#define CONSOLE_MIN_WIDTH  80

struct demo;
struct rehearsal;
struct console_setup {
    struct paths paths;
    enum theme_kind theme;
    struct session *session;     /* started; NULL in a demonstration, which starts its own */
    struct demo *demo;           /* NULL outside a demonstration */
    struct rehearsal *rehearsal; /* whose answers press the keys; NULL: people do */
    int lock_after_s;            /* idle seconds until the console locks */
};
struct console {
    struct console_setup setup;
    struct terminal terminal;
    struct session *session;
    struct worker *worker;
    void (*done)(struct console *c, void *ctx); /* of the job that runs */
    void *done_ctx;
    struct screen *top;
    struct ceremony *running; /* in the runner; for the line of who is present */
    bool leave, dirty;
    bool cursor; /* a field with a text cursor is in view */
    int64_t input_ms, drawn_ms;
    uint64_t journal; /* size as last seen while nothing was being written */
    bool journal_known;
    bool frozen;       /* the store refused a write or was found damaged */
    char message[512]; /* said below the work until the next key */
    enum ink message_ink;
};

/* Runs until somebody leaves or a signal comes. first() pushes the first screen. The session is
 * ended by the caller, as the console leaves it in c->session of setup->session. */
enum kr_error console_run(struct console_setup *setup, void (*first)(struct console *c));

/* Takes over state; on failure (no memory) calls ops->close for it at once. */
void console_push(struct console *c, const struct screen_ops *ops, void *state);
void console_pop(struct console *c);
/* Pops everything above the lowest screen and that one, then pushes. */
void console_restart(struct console *c, const struct screen_ops *ops, void *state);

/* job(ctx) on the worker, then done(c, ctx) here. Only while not busy. */
void console_work(struct console *c, void (*job)(void *ctx),
                  void (*done)(struct console *c, void *ctx), void *ctx);
bool console_busy(struct console *c);

/* A sentence below the work. */
void console_say(struct console *c, enum ink ink, const char *text);
/* The same with an error's sentence and advice. detail NULL: this thread's. */
void console_say_error(struct console *c, enum kr_error error, const char *detail);

/* Frame parts (frame.c). */
void frame_draw(struct console *c);
/* The keys of the top screen, one a line, for a bare screen. */
void frame_key_lines(struct console *c, struct pane *p);
/* Who may use what: the session's rehearsal flag, false without a session. */
bool console_rehearsal(const struct console *c);

#endif
