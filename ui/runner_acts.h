/* What people do in the runner: keys become answers, notes, exception sheets, a pause, an abort. */
#ifndef KEYRITE_UI_RUNNER_ACTS_H
#define KEYRITE_UI_RUNNER_ACTS_H

#include "runner.h"
#include "../crypto/secret.h"

void runner_command(struct console *c, struct screen *s, enum command k);
void runner_type(struct console *c, struct screen *s, const struct key_event *e);
bool runner_typing(struct console *c, struct screen *s);
size_t runner_keys(struct console *c, struct screen *s, struct key_hint *out);

/* Gives an answer to the engine, on the worker. */
void runner_answer(struct console *c, struct screen *s, enum answer_kind kind, const char *text);
/* Asks the engine for the request, with the answer in r->answer first where r->answering says so
 * (runner.c). */
void runner_work(struct console *c, struct screen *s);
/* Back to where ceremonies are chosen (runner.c). */
void runner_leave(struct console *c);

#endif
