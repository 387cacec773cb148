/*
 * Between verify_rows.c, which holds a row against what the journal says of it, and
 * verify_tables.c, which reads the tables. Inside the store floor.
 */
#ifndef KEYRITE_STORE_VERIFY_TABLES_H
#define KEYRITE_STORE_VERIFY_TABLES_H

#include "expected.h"
#include "verify_rows.h"

struct row_check {
    struct store *store;
    struct expected expected;
    struct facet_check *facets;
    struct verify_report *report;
    uint64_t seq; /* the entry that speaks of the row that differs */
};

extern const char nothing_said[];
/* KR_E_STORE_ROW, naming table, row and what is wrong with it; seq is kept in c. */
enum kr_error row_fault(struct row_check *c, uint64_t seq, const char *table, const char *key,
                        const char *what);
/* A column of the current row, which has to be of that type: another one is an error of the query.
 */
void column_is(struct query *q, const char *table, int column, int type);
void column_text(struct query *q, const char *table, int column, char out[ROW_TEXT]);
int64_t column_number(struct query *q, const char *table, int column);
/* The same put into a row, under the column's name; bytes by their digest. */
void row_text(struct row *r, struct query *q, int column);
void row_number(struct row *r, struct query *q, int column);
void row_bytes(struct row *r, struct query *q, int column, int type);
/* The row is what the journal says, and has not been seen before; else it is an error of the query.
 */
void row_held(struct row_check *c, struct query *q, const struct row *r);

/* All tables against the journal. What is missing in them is for the caller to find. */
enum kr_error tables_compare(struct row_check *c, struct roster *roster);

#endif
