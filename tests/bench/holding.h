/*
 * Holds a ceremony for a benchmark: everything that people say and type is fixed (centre.yaml), the
 * caller moves the cards and is told how long the engine worked on them.
 */
#ifndef KEYRITE_BENCH_HOLDING_H
#define KEYRITE_BENCH_HOLDING_H

#include "../../ceremony/engine.h"

struct holding {
    struct session *session;
    const char *quantity; /* what is said to the parameter of that name */
    unsigned enrolled;    /* by a founding so far */
    const char *until;    /* the ceremony is left where it first asks this; NULL: held to its end */
    /* Both may be NULL. Around each answer that may set a card to work: a card was asked for, or a
     * PIN was typed. before() has the cards in their readers when it returns; seconds are those
     * until the next request was there, because some work is done on the way to it. */
    void (*before)(void *ctx, const struct request *r);
    void (*after)(void *ctx, const struct request *r, double seconds);
    void *ctx;
};

/* Somebody of the centre, and the passphrase. */
#define HOLDING_FIRST            "zhang"
#define HOLDING_FIRST_PASSPHRASE "zhang five words demo"

#define HOLDING_PIN "204816"
/* Who takes the seats of a ceremony of the vault, in the order in which they are asked to sign in.
 */
#define HOLDING_SEATS 4
extern const char *const holding_seats[HOLDING_SEATS];
const char *holding_passphrase(const char *person);

double bench_now(void); /* seconds of the monotonic clock */
/* Signs somebody in, so that the store is open. */
enum kr_error hold_begin(struct holding *h, const char *person);
/* From the opening to the close (or to h->until); a request that comes with a problem ends it with
 * that problem. */
enum kr_error hold(struct holding *h, const char *script_path);

#endif
