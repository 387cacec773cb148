/*
 * What the journal says of the rows beside it: each entry that changes a row of keys, cards,
 * ceremonies, knowledge or sealed says all of that row (docs/journal-format.md, "What rows follow
 * from"). Inside the store floor, for an auditor's check.
 */
#ifndef KEYRITE_STORE_ROWS_H
#define KEYRITE_STORE_ROWS_H

#include "entry.h"

/* Things said of a row. Two of them may be about one row, where what is said later leaves out what
 * was said first. */
enum fact {
    FACT_KEY,       /* key KIND/GROUP/VERSION: as it is now */
    FACT_KEY_MADE,  /* the same: by which ceremony */
    FACT_ARCHIVED,  /* the same, once it is destroyed */
    FACT_CARD,      /* key CHIP */
    FACT_CEREMONY,  /* key ID: script and when it was begun */
    FACT_STATUS,    /* key ID */
    FACT_KNOWLEDGE, /* key KIND/GROUP/VERSION COMPONENT PERSON */
    FACT_SEALED,    /* key CEREMONY NAME; without fields: it is dropped */
    FACT_LAYOUT,    /* key DIGEST: the text of which it is */
    FACT_PIECE,     /* key CEREMONY CHIP */
    FACT_POLICY,    /* key "policy." NAME: the entry that decides */
    FACT_RECEPTION, /* key CEREMONY: the transfer note on which it took cards in */
    FACTS
};
/* The table that a fact is about. */
const char *fact_table(enum fact fact);

#define ROW_KEY    112
#define ROW_TEXT   80
#define ROW_FIELDS 10
struct row {
    enum fact fact;
    char key[ROW_KEY];
    struct {
        const char *column;
        char text[ROW_TEXT];
    } fields[ROW_FIELDS];
    size_t count;
};
/* Both sides, entry and table, put the same columns in the same order. */
void row_begin(struct row *r, enum fact fact, const char *key_format, ...)
    __attribute__((format(printf, 3, 4)));
void row_put(struct row *r, const char *column, const char *text);
void row_put_number(struct row *r, const char *column, int64_t number);
/* SHA-256 of the bytes, "-" for none. */
enum kr_error row_put_digest(struct row *r, const char *column, const void *bytes, size_t len);
/* Over key and fields, each with its length; the first 16 bytes of SHA-256. */
enum kr_error row_digest(const struct row *r, uint8_t digest[16]);

/* Calls each() for every fact that the entry states; its error ends it and is returned. A card's
 * row lacks piece and spoiled, which follow from all entries together. KR_E_ENTRY_FORMAT when a
 * line is not as the format says. */
enum kr_error rows_of_entry(const struct entry *e, enum kr_error (*each)(void *ctx, struct row *r),
                            void *ctx);

#endif
