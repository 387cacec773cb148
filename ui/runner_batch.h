/* A batch of cards in the runner: how far it is, its account, its pace, and a line for each of the
 * last cards. */
#ifndef KEYRITE_UI_RUNNER_BATCH_H
#define KEYRITE_UI_RUNNER_BATCH_H

#include "runner.h"

/* A batch goes on: more than one card. */
bool runner_batch_runs(const struct runner *r);
/* Sums, bar, rate and time left. */
void runner_batch_draw(const struct runner *r, struct pane *p);
/* The last cards, newest at the bottom, in the rows that the pane still has. */
void runner_batch_cards(const struct runner *r, struct pane *p);

/* Bar with "17 / 300  5 %" behind it. */
void runner_bar_draw(struct pane *p, unsigned done, unsigned total);
/* "4.1 s", "11 min 40 s" */
void duration_text(int64_t ms, char *out, size_t room);
/* "▅▅▆▅": one glyph for each piece of work, high where it took long. */
void pace_text(const uint32_t *ms, size_t count, char *out, size_t room);

#endif
