#include "verify_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../crypto/hash.h"
#include "expected.h"
#include "verify_facets.h"

struct row_check {
    struct store *store;
    struct expected expected;
    struct facet_check *facets;
    struct verify_report *report;
    uint64_t seq; /* the entry that speaks of the row that differs */
};

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

static enum kr_error row_fault(struct row_check *c, uint64_t seq, const char *table,
                               const char *key, const char *what)
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

static const char nothing_said[] = "nothing in the journal speaks of it";

static enum kr_error check_row(struct row_check *c, const struct row *r)
{
    uint8_t digest[16];
    struct expectation *x = expected_find(&c->expected, r->fact, r->key);
    if (!x || x->seen)
        return row_fault(c, VERIFY_NO_ENTRY, fact_table(r->fact), r->key, nothing_said);
    x->seen = true;
    if (x->ended && r->fact == FACT_SEALED)
        return row_fault(c, x->seq, fact_table(r->fact), r->key, "was dropped");
    enum kr_error error = row_digest(r, digest);
    return error == KR_OK && memcmp(digest, x->digest, 16) != 0 ? name_difference(c, r, x) : error;
}

/* SQLite keeps a type with each value; one of another type compares unequal to what the program
 * looks for. */
static void column_is(struct query *q, const char *table, int column, int type)
{
    if (q->error == KR_OK && sqlite3_column_type(q->statement, column) != type)
        q->error = kr_fail(KR_E_STORE_ROW, "%s: column %s is of another type", table,
                           sqlite3_column_name(q->statement, column));
}

static void get_text(struct query *q, const char *table, int column, char out[ROW_TEXT])
{
    out[0] = '\0';
    column_is(q, table, column, SQLITE_TEXT);
    query_get_text(q, column, out, ROW_TEXT);
}

static int64_t get_number(struct query *q, const char *table, int column)
{
    column_is(q, table, column, SQLITE_INTEGER);
    return query_get_int(q, column);
}

static void put_text(struct row *r, struct query *q, int column)
{
    char text[ROW_TEXT];
    get_text(q, fact_table(r->fact), column, text);
    row_put(r, sqlite3_column_name(q->statement, column), text);
}

static void put_number(struct row *r, struct query *q, int column)
{
    row_put_number(r, sqlite3_column_name(q->statement, column),
                   get_number(q, fact_table(r->fact), column));
}

static void put_digest(struct row *r, struct query *q, int column, int type)
{
    size_t len = 0;
    column_is(q, fact_table(r->fact), column, type);
    const void *bytes = query_peek(q, column, &len);
    if (q->error == KR_OK)
        q->error = row_put_digest(r, sqlite3_column_name(q->statement, column), bytes, len);
}

static void check(struct row_check *c, struct query *q, const struct row *r)
{
    if (q->error == KR_OK)
        q->error = check_row(c, r);
}

static enum kr_error compare_keys(struct row_check *c)
{
    struct query q;
    query_begin(&q, c->store,
                "SELECT kind, grp, version, kcv_algorithm, kcv, state, suite, purpose, components, "
                "blob, ceremony, made_ms FROM keys");
    while (query_row(&q)) {
        struct row row;
        char kind[ROW_TEXT], key[ROW_KEY];
        get_text(&q, "keys", 0, kind);
        snprintf(key, sizeof key, "%s/%" PRId64 "/%" PRId64, kind, get_number(&q, "keys", 1),
                 get_number(&q, "keys", 2));
        row_begin(&row, FACT_KEY, "%s", key);
        for (int i = 3; i < 7; i++)
            put_text(&row, &q, i);
        put_number(&row, &q, 7);
        put_number(&row, &q, 8);
        put_digest(&row, &q, 9, SQLITE_BLOB);
        check(c, &q, &row);
        row_begin(&row, FACT_KEY_MADE, "%s", key);
        put_text(&row, &q, 10);
        put_number(&row, &q, 11);
        check(c, &q, &row);
        c->report->keys++;
    }
    return query_end(&q);
}

static enum kr_error compare_cards(struct row_check *c)
{
    struct query q;
    query_begin(&q, c->store,
                "SELECT chip, number, kind, state, layout, pair, ceremony, label, changed_ms, "
                "piece, spoiled FROM cards ORDER BY piece");
    while (query_row(&q)) {
        struct row row;
        char chip[ROW_TEXT];
        get_text(&q, "cards", 0, chip);
        row_begin(&row, FACT_CARD, "%s", chip);
        for (int i = 1; i < 8; i++)
            put_text(&row, &q, i);
        for (int i = 8; i < 11; i++)
            put_number(&row, &q, i);
        check(c, &q, &row);
        c->report->cards++;
    }
    return query_end(&q);
}

static enum kr_error compare_series(struct row_check *c)
{
    struct query q;
    int64_t last[SERIES_COUNT] = {0};
    query_begin(&q, c->store, "SELECT series, last FROM series");
    while (query_row(&q)) {
        char name[ROW_TEXT];
        enum card_series series;
        get_text(&q, "series", 0, name);
        int64_t n = get_number(&q, "series", 1);
        if (q.error == KR_OK && !cards_series_by_name(name, &series))
            q.error = row_fault(c, VERIFY_NO_ENTRY, "series", name, nothing_said);
        if (q.error == KR_OK)
            last[series] = n;
    }
    enum kr_error error = query_end(&q);
    for (enum card_series i = 0; error == KR_OK && i < SERIES_COUNT; i++) {
        char what[80];
        snprintf(what, sizeof what, "last is %" PRId64 ", not %" PRId64, last[i],
                 c->expected.series[i]);
        if (last[i] != c->expected.series[i])
            error = row_fault(c, VERIFY_NO_ENTRY, "series", cards_series_name(i), what);
    }
    return error;
}

static enum kr_error compare_knowledge(struct row_check *c)
{
    struct query q;
    query_begin(&q, c->store, "SELECT key, component, person, seq FROM knowledge");
    while (query_row(&q)) {
        struct row row;
        char key[ROW_TEXT], person[ROW_TEXT];
        get_text(&q, "knowledge", 0, key);
        get_text(&q, "knowledge", 2, person);
        row_begin(&row, FACT_KNOWLEDGE, "%s %" PRId64 " %s", key, get_number(&q, "knowledge", 1),
                  person);
        put_number(&row, &q, 3);
        check(c, &q, &row);
        c->report->knowledge++;
    }
    return query_end(&q);
}

/* ---- Ceremonies and what they keep while they run ---- */

/* Prepared and not opened yet, or given up before: nobody has signed anything of it. */
static bool only_prepared(const struct row_check *c, const char *id, const char *status)
{
    return !expected_find(&c->expected, FACT_CEREMONY, id) &&
           (strcmp(status, "open") == 0 || strcmp(status, "aborted") == 0);
}

static void compare_ceremony(struct row_check *c, struct query *q, const char *id)
{
    struct row row;
    row_begin(&row, FACT_CEREMONY, "%s", id);
    put_text(&row, q, 1);
    put_digest(&row, q, 2, SQLITE_TEXT);
    put_number(&row, q, 3);
    check(c, q, &row);
    row_begin(&row, FACT_STATUS, "%s", id);
    put_text(&row, q, 4);
    /* Closed by its signed entry; the page with the checkpoint is still to be shown. */
    if (strcmp(row.fields[0].text, "closing") == 0)
        snprintf(row.fields[0].text, ROW_TEXT, "closed");
    check(c, q, &row);
    c->report->unfinished += strcmp(row.fields[0].text, "open") == 0;
}

static enum kr_error compare_ceremonies(struct row_check *c)
{
    struct query q;
    query_begin(&q, c->store, "SELECT id, script, script_text, opened_ms, status FROM ceremonies");
    while (query_row(&q)) {
        char id[ROW_TEXT], status[ROW_TEXT];
        get_text(&q, "ceremonies", 0, id);
        get_text(&q, "ceremonies", 4, status);
        if (q.error == KR_OK && only_prepared(c, id, status))
            c->report->prepared++;
        else if (q.error == KR_OK)
            compare_ceremony(c, &q, id);
    }
    return query_end(&q);
}

/* The saved state itself is the console's, but each ceremony has one and nothing else has. */
static enum kr_error compare_states(struct row_check *c)
{
    struct query q;
    char id[ROW_TEXT];
    query_begin(&q, c->store,
                "SELECT id, 1 FROM ceremony_states WHERE id NOT IN (SELECT id FROM ceremonies) "
                "UNION ALL "
                "SELECT id, 0 FROM ceremonies WHERE id NOT IN (SELECT id FROM ceremony_states)");
    if (query_row(&q)) {
        query_get_text(&q, 0, id, sizeof id);
        if (q.error == KR_OK)
            q.error = row_fault(c, VERIFY_NO_ENTRY, "ceremony_states", id,
                                query_get_int(&q, 1) != 0 ? "no such ceremony" : "missing");
    }
    return query_end(&q);
}

static enum kr_error compare_sealed(struct row_check *c)
{
    struct query q;
    query_begin(&q, c->store, "SELECT ceremony, name, blob FROM sealed");
    while (query_row(&q)) {
        struct row row;
        char ceremony[ROW_TEXT], name[ROW_TEXT];
        get_text(&q, "sealed", 0, ceremony);
        get_text(&q, "sealed", 1, name);
        row_begin(&row, FACT_SEALED, "%.70s %.40s", ceremony, name);
        put_digest(&row, &q, 2, SQLITE_BLOB);
        check(c, &q, &row);
        const struct expectation *status = expected_find(&c->expected, FACT_STATUS, ceremony);
        if (q.error == KR_OK && (!status || status->ended))
            q.error = row_fault(c, status ? status->seq : VERIFY_NO_ENTRY, "sealed", row.key,
                                "its ceremony is over");
        c->report->sealed++;
    }
    return query_end(&q);
}

/* ---- Pieces drawn ---- */

static enum kr_error compare_pieces(struct row_check *c)
{
    struct query q;
    if (c->store->schema < PIECES_SCHEMA)
        return KR_OK;
    query_begin(&q, c->store, "SELECT ceremony, chip, number, what, place FROM pieces");
    while (query_row(&q)) {
        struct row row;
        char ceremony[ROW_TEXT], chip[ROW_TEXT];
        get_text(&q, "pieces", 0, ceremony);
        get_text(&q, "pieces", 1, chip);
        row_begin(&row, FACT_PIECE, "%s %.20s", ceremony, chip);
        put_text(&row, &q, 2);
        put_text(&row, &q, 3);
        put_number(&row, &q, 4);
        check(c, &q, &row);
        c->report->pieces++;
    }
    return query_end(&q);
}

static enum kr_error compare_layouts(struct row_check *c)
{
    struct query q;
    if (c->store->schema < PIECES_SCHEMA)
        return KR_OK;
    query_begin(&q, c->store, "SELECT digest, text FROM layouts");
    while (query_row(&q)) {
        struct row row;
        char digest[ROW_TEXT];
        get_text(&q, "layouts", 0, digest);
        row_begin(&row, FACT_LAYOUT, "%s", digest);
        put_digest(&row, &q, 1, SQLITE_BLOB);
        check(c, &q, &row);
    }
    return query_end(&q);
}

static enum kr_error compare_policies(struct row_check *c)
{
    struct query q;
    query_begin(&q, c->store, "SELECT name, value FROM meta WHERE name LIKE 'policy.%'");
    while (query_row(&q)) {
        struct row row;
        char name[ROW_TEXT];
        get_text(&q, "meta", 0, name);
        row_begin(&row, FACT_POLICY, "%s", name);
        put_number(&row, &q, 1);
        check(c, &q, &row);
    }
    return query_end(&q);
}

static enum kr_error compare_receptions(struct row_check *c)
{
    struct query q;
    if (c->store->schema < RECEPTIONS_SCHEMA)
        return KR_OK;
    query_begin(&q, c->store,
                "SELECT ceremony, note, origin, size, root, log_key, text FROM receptions");
    while (query_row(&q)) {
        struct row row;
        char ceremony[ROW_TEXT];
        get_text(&q, "receptions", 0, ceremony);
        row_begin(&row, FACT_RECEPTION, "%s", ceremony);
        put_text(&row, &q, 1);
        put_digest(&row, &q, 2, SQLITE_TEXT);
        put_number(&row, &q, 3);
        put_text(&row, &q, 4);
        put_text(&row, &q, 5);
        put_digest(&row, &q, 6, SQLITE_BLOB);
        check(c, &q, &row);
    }
    return query_end(&q);
}

/* ---- People ---- */

static const char *differing_column(const struct person *p, const struct enrolled *known)
{
    if (p->roles != known->roles)
        return "roles differ";
    if (memcmp(p->slot.public_key, known->public_key, 32) != 0)
        return "public_key differs";
    if (p->revoked != known->revoked)
        return "revoked differs";
    /* The founding may leave names out. */
    return known->name[0] != '\0' && strcmp(p->name, known->name) != 0 ? "name differs" : NULL;
}

static enum kr_error compare_person(struct row_check *c, struct roster *roster,
                                    const struct person *p)
{
    const struct enrolled *known = roster_find(roster, p->slot.person);
    if (!known)
        return row_fault(c, VERIFY_NO_ENTRY, "people", p->slot.person, nothing_said);
    const char *what = differing_column(p, known);
    return what ? row_fault(c, known->seq, "people", p->slot.person, what) : KR_OK;
}

static enum kr_error compare_people(struct row_check *c, struct roster *roster)
{
    struct query q;
    bool seen[PEOPLE_MAX] = {false};
    query_begin(&q, c->store, "SELECT person, name, roles, public_key, revoked FROM people");
    while (query_row(&q)) {
        struct person p = {.roles = (unsigned)get_number(&q, "people", 2),
                           .revoked = get_number(&q, "people", 4) != 0};
        column_is(&q, "people", 0, SQLITE_TEXT);
        column_is(&q, "people", 1, SQLITE_TEXT);
        column_is(&q, "people", 3, SQLITE_BLOB);
        query_get_text(&q, 0, p.slot.person, sizeof p.slot.person);
        query_get_text(&q, 1, p.name, sizeof p.name);
        query_get_bytes(&q, 3, p.slot.public_key, sizeof p.slot.public_key);
        if (q.error == KR_OK)
            q.error = compare_person(c, roster, &p);
        if (q.error == KR_OK)
            seen[roster_find(roster, p.slot.person) - roster->people] = true;
    }
    enum kr_error error = query_end(&q);
    for (size_t i = 0; error == KR_OK && i < roster->count; i++)
        if (!seen[i])
            error =
                row_fault(c, roster->people[i].seq, "people", roster->people[i].person, "missing");
    return error;
}

/* ---- The whole ---- */

/* Components that were typed may be typed anew, so a sealed one may be gone; everything else that
 * was said must be there. */
static enum kr_error find_missing(struct row_check *c)
{
    for (size_t i = 0; i < c->expected.count; i++) {
        const struct expectation *x = &c->expected.list[i];
        if (!x->seen && x->fact != FACT_SEALED)
            return row_fault(c, x->seq, fact_table(x->fact), expected_key(&c->expected, x),
                             "missing");
    }
    return KR_OK;
}

enum kr_error row_check_compare(struct row_check *c, struct roster *roster,
                                struct verify_report *report, uint64_t *seq)
{
    static enum kr_error (*const tables[])(struct row_check *) = {
        compare_keys,       compare_cards,    compare_series,     compare_knowledge,
        compare_ceremonies, compare_states,   compare_sealed,     compare_pieces,
        compare_layouts,    compare_policies, compare_receptions, find_missing,
    };
    c->report = report;
    c->seq = VERIFY_NO_ENTRY;
    enum kr_error error = compare_people(c, roster);
    for (size_t i = 0; error == KR_OK && i < sizeof tables / sizeof tables[0]; i++)
        error = tables[i](c);
    *seq = c->seq;
    return error == KR_OK ? facet_check_result(c->facets, seq) : error;
}
