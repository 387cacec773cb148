/*
 * What the entries of one ceremony owe each other while a journal is read from its beginning: all
 * carry the script of the opening, nothing is done before a supervisor approved that step, and
 * nothing after the end. docs/journal-format.md, section 4. Inside the store floor.
 */
#ifndef KEYRITE_STORE_COURSE_H
#define KEYRITE_STORE_COURSE_H

#include "entry.h"
#include "intents.h"

/* Texts are kept as the first 8 bytes of their SHA-256. */
struct ceremony_course {
    uint64_t ceremony, script;
    uint64_t opening; /* number of its open or found entry */
    bool ended;       /* closed or aborted */
    uint64_t *steps;  /* that are approved */
    size_t count, room;
};
struct courses {
    struct ceremony_course *list; /* in the order of the openings */
    size_t count, room;
    /* An entry of this kind was passed whose body is withheld. */
    bool opening_withheld, approval_withheld;
};
void courses_free(struct courses *t);
/* Takes an entry in. KR_E_NOT_APPROVED when it does what no earlier approval of its ceremony
 * covers; KR_E_ENTRY_FORMAT when its ceremony has no opening, another script, or is over. */
enum kr_error courses_apply(struct courses *t, const struct entry *e);
/* Passes an entry whose body is withheld: it may be the opening or the approval that a later one
 * rests on. */
void courses_withhold(struct courses *t, const struct entry *e);

/* The one ceremony that is being written, as the journal in the database has it. */
struct course_now {
    char ceremony[64];
    struct courses courses;
    struct intents intents;
    uint64_t size; /* of the journal up to which it was read, and its last leaf hash then */
    uint8_t last_leaf[32];
    bool in_step; /* nothing was written since, nor taken back */
};
void course_now_free(struct course_now *n);
struct store;
/* Whether e may be appended next. The errors of courses_apply() and intents_apply(), and of the
 * entries it rests on when they are not what was signed. */
enum kr_error course_admits(struct store *s, const struct entry *e);
/* e was appended. */
void course_goes_on(struct store *s);

#endif
