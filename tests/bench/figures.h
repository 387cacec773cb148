/* What every benchmark does with its figures, and how it ends when something is not as it should
 * be. */
#ifndef KEYRITE_BENCH_FIGURES_H
#define KEYRITE_BENCH_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../../crypto/error.h"

#define SAMPLES_MAX 4096

struct samples {
    double value[SAMPLES_MAX];
    size_t count;
};

/* Both end the program with status 2 and a sentence. */
void must(enum kr_error err, const char *what);
void must_hold(bool good, const char *what);

void sample_add(struct samples *s, double value); /* none beyond SAMPLES_MAX */
double samples_median(struct samples *s);         /* sorts them */
double samples_worst(const struct samples *s);
/* Share of them, 0 to 1, at most so large. */
double samples_within(const struct samples *s, double limit);
long resident_kib(pid_t pid); /* 0 when it is gone */
/* "ok" or "MISSED". */
const char *verdict(bool good);

#endif
