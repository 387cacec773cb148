/*
 * An answers file: what the people of a rehearsal say and type, by request key (docs/rehearsal.md
 * is the format). The YAML is read by a process of its own that ends with the reading, because the
 * parser leaves copies of what it frees; here everything lies in one struct secret, and a typed
 * secret is wiped out of it once it has been used.
 */
#ifndef KEYRITE_UI_ANSWERS_H
#define KEYRITE_UI_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "../crypto/secret.h"

#define ANSWERS_BYTES_MAX 60000 /* of text in one file, keys and values together */

struct answers;

/* Needs secret_heap_open() before. KR_E_FILE; KR_E_ANSWERS_FORM with "FILE line N: ...";
 * KR_E_TOO_LONG. */
enum kr_error answers_read(const char *path, struct answers **a);
void answers_free(struct answers **a);

/* The n-th person of people:, NULL past the end. */
const char *answers_person(const struct answers *a, size_t n);
/* What people: says of a person: "passphrase" (always there), "name", "role". NULL when absent. */
const char *answers_of_person(const struct answers *a, const char *person, const char *what);

/* The n-th kind of card under deck: and how many there are to be; NULL past the end. */
const char *answers_deck(const struct answers *a, size_t n, unsigned *count);

/* The n-th script named under answers:, NULL past the end. */
const char *answers_script(const struct answers *a, size_t n);

/* Takes the answers of one holding of a script: where answers: has a list for it, the times-th
 * element (0-based), else the same map for each. after_resume: the place where it
 * goes on was reached by an earlier run, so a pause there is over. */
void answers_begin(struct answers *a, const char *script, size_t times, bool after_resume);
/* The n-th key given for that holding, and its line in the file; NULL past the end. */
const char *answers_key(const struct answers *a, size_t n, unsigned *line);

enum act_kind {
    ACT_NOTHING, /* the file has nothing (more) for this request */
    ACT_VALUE,
    ACT_NOTE,
    ACT_EXCEPTION,
    ACT_PAUSE,
    ACT_ABORT,
};
struct act {
    enum act_kind kind;
    const char *text; /* lies in the answers; "" for ACT_PAUSE */
    bool spent;       /* ACT_NOTHING: there were answers, but all have been given */
};
enum asked {
    ASKED_NEW,   /* the key's first request, or the same one asked in the course of things */
    ASKED_AGAIN, /* the last answer did not do: only a further value of a list serves */
    ASKED_TWICE, /* a secret typed a second time for comparison: the same value */
};
/* What to say to the request with this key. Looked up as: the key itself; its name with the index
 * inside ("component: {1.2: ..}", "component: {1: {2: ..}}", "*" for every other index); the bare
 * name; then the same under defaults:. */
struct act answers_take(struct answers *a, const char *key, enum asked asked);
/* A word under defaults: ("any-choice"), NULL when it is not there. */
const char *answers_default(const struct answers *a, const char *word);
/* The last value taken was a secret and has done: wiped, unless it serves further requests. */
void answers_used_up(struct answers *a);

#endif
