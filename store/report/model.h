/* What a report was told, and how its parts lay it out. Inside the report room. */
#ifndef KEYRITE_STORE_REPORT_MODEL_H
#define KEYRITE_STORE_REPORT_MODEL_H

#include <libintl.h>
#include "../checkpoint.h"
#include "../vocabulary.h"
#include "outline.h"
#include "report.h"

#define _(text) gettext(text)

#define VALUE_ROOM 16500 /* a body's longest value */

struct report_person {
    char id[24], name[96], key_id[9];
    char actor[16], seat[40]; /* in this ceremony; "" for none */
    unsigned signatures;
};
/* A step that was done or begun: all entries that have its key. */
struct report_step {
    char key[64];
    size_t first, last; /* of the entries */
    bool failed, refused, recorded;
    uint64_t open_intent; /* its number + 1; 0 for none */
};
struct report {
    char ceremony[64];
    char origin[ORIGIN_MAX], centre[128], tier[24];
    bool rehearsal;
    struct report_person *people;
    size_t people_count, people_room;
    struct entry *entries; /* of the ceremony */
    size_t count, room;
    struct report_step *steps; /* in the order of their first entries */
    size_t step_count, step_room;
    struct outline outline; /* count 0: no script was given */
    char *checkpoint;
};
/* What the parts share while a document is made. */
struct page {
    const struct report *r;
    struct document *d;
    bool chinese;
};

/* ---- The entries ---- */

/* The n-th value of that name, or "". */
const char *value_of(const struct entry *e, const char *name, size_t n, char *out, size_t room);
bool is_kind(const struct entry *e, const char *kind);
const struct report_person *report_person(const struct report *r, const char *id);
/* The entry that ended it (close or abort), or NULL. */
const struct entry *report_end(const struct report *r);

/* ---- Words ---- */

/* "Li Na (lina)" */
void person_words(const struct report *r, const char *id, char out[140]);
/* All signers of an entry. */
void signer_words(const struct report *r, const struct entry *e, char *out, size_t room);
/* "2026-11-25 09:14:03" and "09:14:03", UTC. */
void date_words(int64_t time_ms, char out[24]);
void clock_words(int64_t time_ms, char out[12]);
/* "0000 0000 0000 4207": hexadecimal or decimal digits in groups of so many; other text as it is.
 */
void grouped(const char *digits, size_t group, char out[64]);

/* A check value at the beginning of value, whole or in pairs of digits, grouped in pairs; returns
 * what follows it. */
const char *kcv_words(const char *value, char out[64]);
/* The value of a line "key". */
struct key_line {
    char kind[32], algorithm[24], kcv[64], state[24];
    int group, version;
};
bool key_words(const char *value, struct key_line *k);

/* ---- The parts, in their order ---- */
void put_opening(const struct page *p); /* title, centre, script, people, parameters */
void put_steps(const struct page *p);
void put_keys(const struct page *p);
void put_cards(const struct page *p);
/* Of the cards that spoiled, as rows: for the record of their destruction. */
void put_spoiled(const struct page *p);
/* Of those that are lost: nobody can destroy them. */
void put_lost(const struct page *p);
void put_exceptions(const struct page *p);
void put_balance(const struct page *p);
void put_coverage(const struct page *p);
void put_checkpoint(const struct page *p);
void put_signatures(const struct page *p);
void put_limits(const struct page *p);

#endif
