/*
 * What powercut.c, survey.c and look.c share: a recorded ceremony, what must be there at each of
 * its instants, and one look at one state of the disk. flips.c looks at stores with it as well.
 */
#ifndef KEYRITE_TESTS_TORTURE_CUT_H
#define KEYRITE_TESTS_TORTURE_CUT_H

#include <stdatomic.h>
#include <time.h>

#include "disk.h"
#include "../../store/store.h"

#define SEEN_BITS 22

struct commit { /* what had been recorded when a commit returned */
    size_t point;
    uint64_t size, digest;
};
struct told { /* a file people had been told of */
    size_t point;
    char path[PATH_LENGTH];
    uint64_t hash;
};
struct tally {
    _Atomic uint64_t tried, distinct, lost, before, unfounded, read, verified, points;
    _Atomic uint64_t shown;
    _Atomic uint64_t seen[1u << SEEN_BITS];
};
struct cut {
    struct log log;
    const char *base, *scratch, *person, *lie_word, *to;
    enum lie lie;
    uint64_t seed, states, seconds;
    unsigned workers;
    struct secret *key;
    struct slots slots; /* the last ones */
    struct commit *commits;
    size_t commit_count, founded; /* from this point on the store is there */
    struct told told[32];
    size_t told_count;
    struct tally *tally;
    struct timespec begun;
};

struct look {
    const struct cut *cut;
    char folder[200], store[256];
    struct state state;
    size_t point;
    uint64_t *verified; /* contents that were proved whole, entry by entry */
    char why[300];
};

/* A folder of its own for worker n, below cut->scratch. */
void look_begin(struct look *l, struct cut *c, unsigned worker);
void look_end(struct look *l);
/* The database key of the store in that folder, by the person's passphrase, the first line of
 * standard input; *slots: all of the store's. Stops the program when there is none. The key is the
 * caller's to free. */
void look_key(const char *store, const char *person, struct slots *slots, struct secret **key);
/* Opens the store in that folder as the program would. *s is the caller's to close. */
enum kr_error look_open_at(const char *store, const struct secret *key, bool read_only,
                           struct store **s);
/* The same of the one that l looks at. */
enum kr_error look_open(struct look *l, bool read_only, struct store **s);
/* Every row that is part of what was recorded, as one number. */
enum kr_error look_content(struct store *s, uint64_t *h);
/* Writes l->state and does everything with it that is to be done at l->point; l->why says what was
 * lost. */
bool look_survives(struct look *l);
/* The commit that had returned last at that point, NULL for none; *flying: another one may be there
 * too. */
const struct commit *recorded_by(const struct cut *c, size_t point, const struct commit **flying);

/* Once over the log, with everything on the disk at every point: fills in key, slots, commits, told
 * and founded. folder: what the programs left, with which the end is compared. */
void survey(struct cut *c, const char *folder);

struct order {
    uint64_t effects, early; /* commands; sent while a commit was on its way */
    uint64_t wrong;          /* of these, such as may change a card; and cards that did change */
};
void order_of(const struct cut *c, struct order *o);

#endif
