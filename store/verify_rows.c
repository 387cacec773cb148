#include "verify_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"
#include "verify_facets.h"
#include "verify_tables.h"

enum kr_error row_check_begin(struct store *s, struct row_check **c)
{
    *c = calloc(1, sizeof **c);
    if (!*c)
        return KR_E_MEMORY;
    (*c)->store = s;
    return facet_check_begin(s, &(*c)->facets);
}

void row_check_end(struct row_check **c)
{
    if (*c) {
        expected_free(&(*c)->expected);
        facet_check_end(&(*c)->facets);
    }
    free(*c);
    *c = NULL;
}

enum kr_error row_check_take(struct row_check *c, const struct entry *e)
{
    enum kr_error error = facet_check_take(c->facets, e);
    return error == KR_OK ? expected_take(&c->expected, c->store, e) : error;
}

/* ---- Naming what differs ---- */

enum kr_error row_fault(struct row_check *c, uint64_t seq, const char *table, const char *key,
                        const char *what)
{
    c->seq = seq;
    return kr_fail(KR_E_STORE_ROW, "%s %s: %s", table, key, what);
}

struct search {
    const struct expectation *x;
    struct row wanted;
    bool found;
};

static enum kr_error pick_row(void *ctx, struct row *r)
{
    struct search *s = ctx;
    if (r->fact == s->wanted.fact && strcmp(r->key, s->wanted.key) == 0) {
        if (r->fact == FACT_CARD)
            expected_card(s->x, r);
        s->wanted = *r;
        s->found = true;
    }
    return KR_OK;
}

/* The digest does not say which column it is: the entry is read once more. */
static enum kr_error name_difference(struct row_check *c, const struct row *r,
                                     const struct expectation *x)
{
    struct entry e;
    struct search s = {.x = x, .wanted = *r};
    char what[2 * ROW_TEXT + 48];
    enum kr_error error = journal_read(c->store, x->seq, &e);
    if (error != KR_OK)
        return error;
    error = rows_of_entry(&e, pick_row, &s);
    entry_free(&e);
    if (error != KR_OK)
        return error;
    for (size_t i = 0; s.found && i < r->count && i < s.wanted.count; i++) {
        const char *is = r->fields[i].text, *said = s.wanted.fields[i].text;
        if (strcmp(is, said) != 0) {
            snprintf(what, sizeof what, "%s is %s, not %s", r->fields[i].column,
                     *is == '\0' ? "empty" : is, *said == '\0' ? "empty" : said);
            return row_fault(c, x->seq, fact_table(r->fact), r->key, what);
        }
    }
    return row_fault(c, x->seq, fact_table(r->fact), r->key, "differs");
}

/* ---- Reading the tables ---- */

const char nothing_said[] = "nothing in the journal speaks of it";

static enum kr_error check_row(struct row_check *c, const struct row *r)
{
    uint8_t digest[16];
    struct expectation *x = expected_find(&c->expected, r->fact, r->key);
    if (!x || x->seen)
        return row_fault(c, VERIFY_NO_ENTRY, fact_table(r->fact), r->key, nothing_said);
    x->seen = true;
    if (x->ended && (r->fact == FACT_SEALED || r->fact == FACT_KEY))
        return row_fault(c, x->seq, fact_table(r->fact), r->key,
                         r->fact == FACT_KEY ? "was destroyed" : "was dropped");
    enum kr_error error = row_digest(r, digest);
    return error == KR_OK && memcmp(digest, x->digest, 16) != 0 ? name_difference(c, r, x) : error;
}

/* SQLite keeps a type with each value; one of another type compares unequal to what the program
 * looks for. */
void column_is(struct query *q, const char *table, int column, int type)
{
    if (q->error == KR_OK && sqlite3_column_type(q->statement, column) != type)
        q->error = kr_fail(KR_E_STORE_ROW, "%s: column %s is of another type", table,
                           sqlite3_column_name(q->statement, column));
}

void column_text(struct query *q, const char *table, int column, char out[ROW_TEXT])
{
    out[0] = '\0';
    column_is(q, table, column, SQLITE_TEXT);
    query_get_text(q, column, out, ROW_TEXT);
}

int64_t column_number(struct query *q, const char *table, int column)
{
    column_is(q, table, column, SQLITE_INTEGER);
    return query_get_int(q, column);
}

void row_text(struct row *r, struct query *q, int column)
{
    char text[ROW_TEXT];
    column_text(q, fact_table(r->fact), column, text);
    row_put(r, sqlite3_column_name(q->statement, column), text);
}

void row_number(struct row *r, struct query *q, int column)
{
    row_put_number(r, sqlite3_column_name(q->statement, column),
                   column_number(q, fact_table(r->fact), column));
}

void row_bytes(struct row *r, struct query *q, int column, int type)
{
    size_t len = 0;
    column_is(q, fact_table(r->fact), column, type);
    const void *bytes = query_peek(q, column, &len);
    if (q->error == KR_OK)
        q->error = row_put_digest(r, sqlite3_column_name(q->statement, column), bytes, len);
}

void row_held(struct row_check *c, struct query *q, const struct row *r)
{
    if (q->error == KR_OK)
        q->error = check_row(c, r);
}

/* ---- The whole ---- */

/* Components that were typed may be typed anew, so a sealed one may be gone, and a destroyed key
 * is; everything else that was said must be there. */
static enum kr_error find_missing(struct row_check *c)
{
    for (size_t i = 0; i < c->expected.count; i++) {
        const struct expectation *x = &c->expected.list[i];
        bool gone = x->fact == FACT_SEALED || (x->fact == FACT_KEY && x->ended);
        if (!x->seen && !gone)
            return row_fault(c, x->seq, fact_table(x->fact), expected_key(&c->expected, x),
                             "missing");
    }
    return KR_OK;
}

enum kr_error row_check_compare(struct row_check *c, struct roster *roster,
                                struct verify_report *report, uint64_t *seq)
{
    c->report = report;
    c->seq = VERIFY_NO_ENTRY;
    enum kr_error error = tables_compare(c, roster);
    if (error == KR_OK)
        error = find_missing(c);
    *seq = c->seq;
    return error == KR_OK ? facet_check_result(c->facets, seq) : error;
}
