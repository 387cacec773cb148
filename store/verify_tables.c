/* Table by table: what each row says goes to be held against the journal. */
#include "verify_tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Of keys and of their archive; the latter has no blob. */
static enum kr_error compare_key_rows(struct row_check *c, struct query *q, enum fact fact)
{
    while (query_row(q)) {
        struct row row;
        char kind[ROW_TEXT], key[ROW_KEY];
        const char *table = fact_table(fact);
        column_text(q, table, 0, kind);
        snprintf(key, sizeof key, "%s/%" PRId64 "/%" PRId64, kind, column_number(q, table, 1),
                 column_number(q, table, 2));
        row_begin(&row, fact, "%s", key);
        for (int i = 5; i < 9; i++)
            row_text(&row, q, i);
        row_number(&row, q, 9);
        row_number(&row, q, 10);
        if (fact == FACT_KEY)
            row_bytes(&row, q, 11, SQLITE_BLOB);
        row_held(c, q, &row);
        row_begin(&row, FACT_KEY_MADE, "%s", key);
        row_text(&row, q, 3);
        row_number(&row, q, 4);
        row_held(c, q, &row);
        c->report->keys += fact == FACT_KEY;
    }
    return query_end(q);
}

#define KEY_ROWS                                                                                   \
    "SELECT kind, grp, version, ceremony, made_ms, kcv_algorithm, kcv, state, suite, purpose, "    \
    "components"

static enum kr_error compare_keys(struct row_check *c)
{
    struct query q;
    query_begin(&q, c->store, KEY_ROWS ", blob FROM keys");
    enum kr_error error = compare_key_rows(c, &q, FACT_KEY);
    if (error != KR_OK || c->store->schema < ARCHIVE_SCHEMA)
        return error;
    query_begin(&q, c->store, KEY_ROWS " FROM keys_archive");
    return compare_key_rows(c, &q, FACT_ARCHIVED);
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
        column_text(&q, "cards", 0, chip);
        row_begin(&row, FACT_CARD, "%s", chip);
        for (int i = 1; i < 8; i++)
            row_text(&row, &q, i);
        for (int i = 8; i < 11; i++)
            row_number(&row, &q, i);
        row_held(c, &q, &row);
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
        column_text(&q, "series", 0, name);
        int64_t n = column_number(&q, "series", 1);
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
        column_text(&q, "knowledge", 0, key);
        column_text(&q, "knowledge", 2, person);
        row_begin(&row, FACT_KNOWLEDGE, "%s %" PRId64 " %s", key, column_number(&q, "knowledge", 1),
                  person);
        row_number(&row, &q, 3);
        row_held(c, &q, &row);
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
    row_text(&row, q, 1);
    row_bytes(&row, q, 2, SQLITE_TEXT);
    row_number(&row, q, 3);
    row_held(c, q, &row);
    row_begin(&row, FACT_STATUS, "%s", id);
    row_text(&row, q, 4);
    /* Closed by its signed entry; the page with the checkpoint is still to be shown. */
    if (strcmp(row.fields[0].text, "closing") == 0)
        snprintf(row.fields[0].text, ROW_TEXT, "closed");
    row_held(c, q, &row);
    c->report->unfinished += strcmp(row.fields[0].text, "open") == 0;
}

static enum kr_error compare_ceremonies(struct row_check *c)
{
    struct query q;
    query_begin(&q, c->store, "SELECT id, script, script_text, opened_ms, status FROM ceremonies");
    while (query_row(&q)) {
        char id[ROW_TEXT], status[ROW_TEXT];
        column_text(&q, "ceremonies", 0, id);
        column_text(&q, "ceremonies", 4, status);
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
        column_text(&q, "sealed", 0, ceremony);
        column_text(&q, "sealed", 1, name);
        row_begin(&row, FACT_SEALED, "%.70s %.40s", ceremony, name);
        row_bytes(&row, &q, 2, SQLITE_BLOB);
        row_held(c, &q, &row);
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
        column_text(&q, "pieces", 0, ceremony);
        column_text(&q, "pieces", 1, chip);
        row_begin(&row, FACT_PIECE, "%s %.20s", ceremony, chip);
        row_text(&row, &q, 2);
        row_text(&row, &q, 3);
        row_number(&row, &q, 4);
        row_held(c, &q, &row);
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
        column_text(&q, "layouts", 0, digest);
        row_begin(&row, FACT_LAYOUT, "%s", digest);
        row_bytes(&row, &q, 1, SQLITE_BLOB);
        row_held(c, &q, &row);
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
        column_text(&q, "meta", 0, name);
        row_begin(&row, FACT_POLICY, "%s", name);
        row_number(&row, &q, 1);
        row_held(c, &q, &row);
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
        column_text(&q, "receptions", 0, ceremony);
        row_begin(&row, FACT_RECEPTION, "%s", ceremony);
        row_text(&row, &q, 1);
        row_bytes(&row, &q, 2, SQLITE_TEXT);
        row_number(&row, &q, 3);
        row_text(&row, &q, 4);
        row_text(&row, &q, 5);
        row_bytes(&row, &q, 6, SQLITE_BLOB);
        row_held(c, &q, &row);
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
        struct person p = {.roles = (unsigned)column_number(&q, "people", 2),
                           .revoked = column_number(&q, "people", 4) != 0};
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

enum kr_error tables_compare(struct row_check *c, struct roster *roster)
{
    static enum kr_error (*const tables[])(struct row_check *) = {
        compare_keys,       compare_cards,    compare_series,     compare_knowledge,
        compare_ceremonies, compare_states,   compare_sealed,     compare_pieces,
        compare_layouts,    compare_policies, compare_receptions,
    };
    enum kr_error error = compare_people(c, roster);
    for (size_t i = 0; error == KR_OK && i < sizeof tables / sizeof tables[0]; i++)
        error = tables[i](c);
    return error;
}
