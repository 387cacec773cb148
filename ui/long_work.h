/* Work that goes through the whole journal on the worker: its pace on the screen, and Esc, which
 * stops it. Embedded in the state of the page that shows it. */
#ifndef KEYRITE_UI_LONG_WORK_H
#define KEYRITE_UI_LONG_WORK_H

#include <stdatomic.h>

#include "console.h"

struct long_work {
    atomic_uint_fast64_t done, all;
    atomic_bool stop;
    bool started, finished, leaving;
    int64_t begun_ms, took_ms;
    enum kr_error error;
    char detail[192];
};
/* Starts it as soon as the worker is free; called between keys until then. job and done get ctx,
 * and call the two functions below. */
void long_work_start(struct console *c, struct long_work *w, void (*job)(void *ctx),
                     void (*done)(struct console *c, void *ctx), void *ctx);
/* For whatever reports how far it is; ctx is the struct long_work. */
bool long_work_progress(void *ctx, uint64_t done, uint64_t all);
/* At the end of job: its result and this thread's detail. */
void long_work_result(struct long_work *w, enum kr_error error);
/* In done: says what went wrong; closes the page (whose state is given) where Esc asked for it. */
void long_work_done(struct console *c, struct long_work *w, const void *state);

void long_work_draw(const struct long_work *w, struct pane *p, const char *what);
/* "Stopped after ..." */
void long_work_draw_stopped(const struct long_work *w, struct pane *p);
/* The first Esc stops, the second one leaves as soon as it has stopped. */
void long_work_command(struct console *c, struct screen *s, struct long_work *w, enum command k);
size_t long_work_keys(struct console *c, struct screen *s, const struct long_work *w,
                      struct key_hint *out);

#endif
