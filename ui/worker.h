/*
 * The one thread that may wait: for the database, the vault's key derivation, cards. The screen's
 * thread gives it one job at a time and goes on drawing.
 */
#ifndef KEYRITE_UI_WORKER_H
#define KEYRITE_UI_WORKER_H

#include <stdbool.h>
#include "../crypto/error.h"

struct worker;

enum kr_error worker_start(struct worker **w);
/* Waits for the job that runs. */
void worker_stop(struct worker **w);
/* Only while not busy. ctx belongs to the job until worker_take() has said that it is done. */
void worker_run(struct worker *w, void (*job)(void *ctx), void *ctx);
bool worker_busy(struct worker *w);
/* Readable when a job has finished; worker_take() makes it unreadable again. */
int worker_fd(const struct worker *w);
/* True once for each finished job. */
bool worker_take(struct worker *w);

#endif
