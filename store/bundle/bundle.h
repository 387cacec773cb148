/*
 * A bundle's items as they stand in the file, as text or as JSON: docs/bundle-format.md gives both
 * byte for byte. Reading demands the one form there is for each content; what the items prove is
 * verify_bundle.h. Inside the store floor; no database.
 */
#ifndef KEYRITE_STORE_BUNDLE_BUNDLE_H
#define KEYRITE_STORE_BUNDLE_BUNDLE_H

#include <stdio.h>

#include "../checkpoint.h"
#include "../entry.h"

#define BUNDLE_LINE_MAX 65536
#define CEREMONY_ID_MAX 40

struct bundle_head {
    char origin[ORIGIN_MAX];
    uint64_t size;                  /* entries covered */
    char ceremony[CEREMONY_ID_MAX]; /* "": the whole journal */
};
struct bundle_counts {
    uint64_t entries, withheld, hidden, checkpoints;
    uint8_t notes[32]; /* over the checkpoints, bundle_count() */
};
enum bundle_kind { BUNDLE_ENTRY, BUNDLE_GAP, BUNDLE_CHECKPOINT, BUNDLE_END };
struct bundle_item {
    enum bundle_kind kind;
    /* BUNDLE_ENTRY; salt and body only where they are not withheld. Each text has a NUL behind. */
    char leaf[ENTRY_LEAF_MAX + 1];
    size_t leaf_len;
    bool withheld;
    uint8_t salt[32];
    char body[ENTRY_BODY_MAX + 1];
    size_t body_len;
    /* BUNDLE_GAP: count entries from from on; the root of their subtree */
    uint64_t from, count;
    uint8_t hash[32];
    /* BUNDLE_CHECKPOINT: the signed note */
    char note[CHECKPOINT_MAX + 1];
    size_t note_len;
    /* BUNDLE_END */
    struct bundle_counts end;
};

/* Adds an item to what the end of the bundle says. */
enum kr_error bundle_count(struct bundle_counts *c, const struct bundle_item *item);

/* ---- Reading ---- */

struct bundle_reader;
/* Reads up to the first item. f stays the caller's and must outlive the reader. KR_E_NOT_BUNDLE
 * when the first line is not a bundle's; KR_E_BUNDLE, its detail the line and what is wrong, when
 * it goes on otherwise; KR_E_FILE. */
enum kr_error bundle_reader_open(FILE *f, struct bundle_reader **r, struct bundle_head *head);
/* The next item. After BUNDLE_END, behind which nothing stands, not to be called again.
 * KR_E_BUNDLE, KR_E_FILE. That a leaf or a body is canonical is not looked at. */
enum kr_error bundle_read(struct bundle_reader *r, struct bundle_item *item);
void bundle_reader_close(struct bundle_reader **r);

/* ---- Writing ---- */

struct bundle_writer {
    FILE *f; /* the caller's */
    bool json;
    bool any; /* an item was written */
    char origin[ORIGIN_MAX];
    struct bundle_counts counts;
};
/* KR_E_ARGUMENT when the ceremony's id does not fit the form; KR_E_FILE. */
enum kr_error bundle_write_head(struct bundle_writer *w, FILE *f, bool json,
                                const struct bundle_head *head);
/* Counts what it writes. KR_E_FILE; KR_E_ENTRY_FORMAT for a leaf that is none. */
enum kr_error bundle_write(struct bundle_writer *w, const struct bundle_item *item);
/* The end, with what was counted. */
enum kr_error bundle_write_end(struct bundle_writer *w);

#endif
