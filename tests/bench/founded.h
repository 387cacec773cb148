/*
 * A centre of two people for benches of the journal, whose keys are made from their number. What
 * fails in here ends the bench.
 */
#ifndef KEYRITE_BENCH_FOUNDED_H
#define KEYRITE_BENCH_FOUNDED_H

#include "../../store/database.h"

struct bench {
    char dir[256];
    struct secret *key;
    struct slots slots;
    struct store *store;
};
enum bench_person { BENCH_ADMINISTRATOR, BENCH_SUPERVISOR, BENCH_LOG };

/* Says what failed and ends with status 2. */
void bench_must(enum kr_error error, const char *what);
/* A founded store in a new folder of that folder. */
void bench_begin(struct bench *b, const char *folder);
/* Closes the store and removes it. */
void bench_end(struct bench *b);
/* For journal_append() and checkpoint_make(). */
struct signer bench_signer(enum bench_person who);
/* KiB of memory that this process holds now. */
long bench_resident_kib(void);
double bench_median(double *values, size_t count);

#endif
