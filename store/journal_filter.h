/*
 * Looking for entries: a filter is made into the set of entries that match, from which a list takes
 * any page at once, whatever the journal's length. It rests on tables derived from the entries
 * (docs/store-format.md), which nothing signs: what a filter shows are entries, each of which can
 * be proved; that it shows all of them is not proved.
 */
#ifndef KEYRITE_STORE_JOURNAL_FILTER_H
#define KEYRITE_STORE_JOURNAL_FILTER_H

#include "store.h"

/* What entries can be looked for by. */
enum facet_class {
    FACET_KIND = 1,
    FACET_PERSON, /* who signed, or whom the entry is about */
    FACET_ROLE,   /* in which somebody signed */
    FACET_CARD,   /* 20 digits */
    FACET_CHIP,
    FACET_KEY, /* "GMPK/3/1 3A910C": kind, group, version and check value */
    FACET_CEREMONY,
    FACET_REQUIREMENT,
    FACET_MONTH, /* "2026-11", as the clock of the machine showed it that wrote the entry */
    FACET_DAY,   /* "2026-11-25" */
    FACET_CLASSES
};
#define FACET_VALUE_MAX 64

#define JOURNAL_TERMS    6
#define JOURNAL_MEANINGS 8
struct journal_term {
    unsigned classes;           /* sum of 1u << enum facet_class; 0: all */
    char word[FACET_VALUE_MAX]; /* as typed, "" for none: the term then matches all */
    /* Whole values that the word also stands for ("supervisor" for 监督人). */
    char meanings[JOURNAL_MEANINGS][FACET_VALUE_MAX];
};
/*
 * Every term must match. A word that is a date (2026, 2026-11, 2026-11-25, or two of these with ..
 * between them) and has no classes is looked for as the date of the entry. Any other one is found
 * at the beginning or the end of a card's number, at the beginning of a chip, and anywhere in the
 * other values, ASCII letters of either case.
 */
struct journal_filter {
    struct journal_term terms[JOURNAL_TERMS];
    size_t count;
};

/* At most so many values of a class are taken for one word. */
#define JOURNAL_VALUES 200
struct journal_matches;
/* The caller frees. Takes time that grows with the journal, about 1 ms for a million entries and
 * each value. */
enum kr_error journal_match(struct store *s, const struct journal_filter *filter,
                            struct journal_matches **out);
void journal_matches_free(struct journal_matches **m);
uint64_t journal_matches_count(const struct journal_matches *m);
/* Entries there were when the set was made. */
uint64_t journal_matches_size(const struct journal_matches *m);
/* A word had more than JOURNAL_VALUES values: some entries may be left out. */
bool journal_matches_cut(const struct journal_matches *m);
/* The number of the n-th entry that matches, from the newest (0) on; n < count. */
uint64_t journal_matches_at(const struct journal_matches *m, uint64_t n);
/* How many of those that match are newer than that entry. */
uint64_t journal_matches_before(const struct journal_matches *m, uint64_t seq);

#endif
