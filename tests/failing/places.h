/*
 * Which call fails: of the calls that calls.c stands before, the first one from a place that was
 * not reached yet while something is at risk. A place is a chain of callers in the program. At most
 * one call fails for each act; places stay remembered over processes and runs, in the file that the
 * environment names, so that acts which are done again come to an end.
 */
#ifndef KEYRITE_TESTS_FAILING_PLACES_H
#define KEYRITE_TESTS_FAILING_PLACES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FAILING_VARIABLE "KEYRITE_FAILING"
#define PLACES_MAX       (1U << 18)
#define FAILED_CALLS_MAX 64

/* The file; tests/failing/machine.py reads and writes its beginning. All zeros but what is asked
 * for is a beginning. */
struct failing {
    uint32_t depth; /* callers that make a place */
    uint32_t every; /* of places, one in so many fails */
    _Atomic uint32_t armed;
    uint32_t unused;
    _Atomic uint64_t fired, reached;
    _Atomic uint64_t returned; /* acts that ended with an error because of it */
    char last[256];            /* which call failed last, and from where: for addr2line */
    _Atomic uint64_t seen[PLACES_MAX];
};

/* NULL where nothing is to fail. */
extern struct failing *failing;

/* From now on the next new place fails, in this process or in one that it started. */
void failing_arm(void);
/* Nothing fails any more. True when something did since failing_arm(). */
bool failing_disarm(void);
/* For calls.c: does this one fail? */
bool failing_here(const char *call);
/* One failure in sixteen. */
bool failing_seldom(void);

#endif
