/* The inventory: one row per piece of plastic, and the numbers, each given out once. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"

static void bind_card(struct query *q, const struct card_record *c)
{
    query_text(q, 1, c->number);
    query_text(q, 2, c->kind);
    query_text(q, 3, c->chip);
    query_text(q, 4, c->state);
    query_text(q, 5, c->layout);
    query_text(q, 6, c->pair);
    query_text(q, 7, c->ceremony);
    query_text(q, 8, c->label);
    query_int(q, 9, c->changed_ms);
}

/* Runs a statement that may give a card a number; says whether the number or the state was the
 * trouble. */
static enum kr_error run_card(struct query *q, const struct card_record *c)
{
    enum kr_error error = query_run(q, KR_E_CARD_NUMBER);
    if (error == KR_E_CARD_NUMBER && q->constraint == SQLITE_CONSTRAINT_CHECK)
        return kr_fail(KR_E_ARGUMENT, "%s, %s", c->number, c->state);
    return error == KR_E_CARD_NUMBER ? kr_fail(error, "%s", c->number) : error;
}

enum kr_error cards_put(struct store *s, struct card_record *c)
{
    struct query q;
    query_begin(&q, s,
                "INSERT INTO cards(number, kind, chip, state, layout, pair, ceremony, label, "
                "changed_ms, spoiled) "
                "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?4 = 'spoiled')");
    bind_card(&q, c);
    enum kr_error error = run_card(&q, c);
    if (error == KR_OK)
        c->piece = sqlite3_last_insert_rowid(s->db);
    return error;
}

enum kr_error cards_set(struct store *s, const struct card_record *c)
{
    struct query q;
    query_begin(
        &q, s,
        "UPDATE cards SET number = ?1, kind = ?2, chip = ?3, state = ?4, layout = ?5, pair = ?6, "
        "ceremony = ?7, label = ?8, changed_ms = ?9, spoiled = spoiled OR ?4 = 'spoiled' WHERE "
        "piece = ?10");
    bind_card(&q, c);
    query_int(&q, 10, c->piece);
    enum kr_error error = run_card(&q, c);
    if (error == KR_OK && sqlite3_changes(s->db) == 0)
        error = kr_fail(KR_E_NOT_FOUND, "%s %" PRId64, c->number, c->piece);
    return error;
}

void card_from_row(struct query *q, struct card_record *c)
{
    *c = (struct card_record){.piece = query_get_int(q, 0)};
    query_get_text(q, 1, c->number, sizeof c->number);
    query_get_text(q, 2, c->kind, sizeof c->kind);
    query_get_text(q, 3, c->chip, sizeof c->chip);
    query_get_text(q, 4, c->state, sizeof c->state);
    query_get_text(q, 5, c->layout, sizeof c->layout);
    query_get_text(q, 6, c->pair, sizeof c->pair);
    query_get_text(q, 7, c->ceremony, sizeof c->ceremony);
    query_get_text(q, 8, c->label, sizeof c->label);
    c->changed_ms = query_get_int(q, 9);
}

static enum kr_error card_one(struct store *s, const char *sql, const char *key,
                              struct card_record *c)
{
    struct query q;
    bool found = false;
    query_begin(&q, s, sql);
    query_text(&q, 1, key);
    if (query_row(&q)) {
        found = true;
        card_from_row(&q, c);
    }
    enum kr_error error = query_end(&q);
    return error == KR_OK && !found ? kr_fail(KR_E_NOT_FOUND, "%s", key) : error;
}

enum kr_error cards_by_chip(struct store *s, const char *chip, struct card_record *c)
{
    return card_one(
        s, "SELECT " CARD_COLUMNS " FROM cards WHERE chip = ?1 ORDER BY piece DESC LIMIT 1", chip,
        c);
}

enum kr_error cards_by_number(struct store *s, const char *number, struct card_record *c)
{
    return card_one(s,
                    "SELECT " CARD_COLUMNS
                    " FROM cards WHERE number = ?1 AND number <> '' AND spoiled = 0 "
                    "AND state <> 'destroyed'",
                    number, c);
}

enum kr_error cards_of_layout(struct store *s, const char *layout, struct card_record *c)
{
    return card_one(s,
                    "SELECT " CARD_COLUMNS
                    " FROM cards WHERE layout = ?1 AND state IN ('verified', 'received') "
                    "ORDER BY piece DESC LIMIT 1",
                    layout, c);
}

enum kr_error cards_list(struct store *s, const char *state, const char *kind,
                         struct card_record *out, size_t room, size_t *count)
{
    struct query q;
    *count = 0;
    query_begin(&q, s,
                "SELECT " CARD_COLUMNS
                " FROM cards WHERE (?1 = '' OR state = ?1) AND (?2 = '' OR kind = ?2) "
                "ORDER BY piece");
    query_text(&q, 1, state);
    query_text(&q, 2, kind);
    while (query_row(&q)) {
        if (*count == room)
            q.error = kr_fail(KR_E_TOO_LONG, "cards");
        else
            card_from_row(&q, &out[(*count)++]);
    }
    return query_end(&q);
}

enum kr_error cards_ready(struct store *s, const char *layout, const char *first, const char *last,
                          struct card_record *out, size_t room, size_t *count)
{
    struct query q;
    *count = 0;
    query_begin(&q, s,
                "SELECT " CARD_COLUMNS " FROM cards WHERE state = 'verified' AND layout = ?1 "
                "AND number >= ?2 AND (?3 = '' OR number <= ?3) ORDER BY number");
    query_text(&q, 1, layout);
    query_text(&q, 2, first);
    query_text(&q, 3, last);
    while (query_row(&q)) {
        if (*count == room)
            q.error = kr_fail(KR_E_TOO_LONG, "cards");
        else
            card_from_row(&q, &out[(*count)++]);
    }
    return query_end(&q);
}

/* ---- Numbers (docs/store-format.md, "Card numbers") ---- */

static const char *const series_names[SERIES_COUNT] = {"KSN", "PSN", "ASN"};

const char *cards_series_name(enum card_series series)
{
    return series_names[series];
}

bool cards_series_by_name(const char *name, enum card_series *series)
{
    for (*series = 0; *series < SERIES_COUNT; ++*series)
        if (strcmp(series_names[*series], name) == 0)
            return true;
    return false;
}

/* Six digits of the centre's identifier: its last six where it is BCD, else the 64-bit number
 * modulo 10^6. */
static unsigned centre_digits(const uint8_t identifier[8])
{
    unsigned digits = 0;
    uint64_t value = 0;
    bool bcd = true;
    for (size_t i = 0; i < 8; i++) {
        unsigned high = identifier[i] >> 4, low = identifier[i] & 15;
        bcd = bcd && high < 10 && low < 10;
        digits = (digits % 10000) * 100 + (high * 10 + low) % 100;
        value = value << 8 | identifier[i];
    }
    return bcd ? digits : (unsigned)(value % 1000000);
}

#define SERIES_LAST 999999999

/* One digit per series, within the rightmost 16 digits, because those diversify keys. */
static void number_make(const struct store *s, enum card_series series, int64_t n, char number[24])
{
    char text[40];
    snprintf(text, sizeof text, "%u000%d%06u%09u", (unsigned)s->slots.centre.tier % 10,
             (int)series + 1, centre_digits(s->slots.centre.identifier), (unsigned)n);
    snprintf(number, 24, "%.20s", text);
}

bool cards_number_read(const struct store *s, const char *number, enum card_series *series,
                       int64_t *n)
{
    char made[24];
    if (strlen(number) != 20 || strspn(number, "0123456789") != 20 || number[4] < '1' ||
        number[4] > '0' + SERIES_COUNT)
        return false;
    *series = (enum card_series)(number[4] - '1');
    *n = strtoll(number + 11, NULL, 10);
    number_make(s, *series, *n, made);
    return strcmp(made, number) == 0;
}

enum kr_error cards_next_number(struct store *s, const char *series, char number[24])
{
    struct query q;
    int64_t last = 0;
    enum card_series which;
    number[0] = '\0';
    if (!cards_series_by_name(series, &which))
        return kr_fail(KR_E_ARGUMENT, "%s", series);
    query_begin(&q, s, "SELECT last FROM series WHERE series = ?1");
    query_text(&q, 1, series);
    if (query_row(&q))
        last = query_get_int(&q, 0);
    enum kr_error error = query_end(&q);
    if (error == KR_OK && (last < 0 || last >= SERIES_LAST))
        error = kr_fail(KR_E_TOO_LONG, "%s", series);
    if (error != KR_OK)
        return error;
    query_begin(&q, s, "INSERT OR REPLACE INTO series(series, last) VALUES(?1, ?2)");
    query_text(&q, 1, series);
    query_int(&q, 2, last + 1);
    error = query_run(&q, KR_E_ARGUMENT);
    if (error == KR_OK)
        number_make(s, which, last + 1, number);
    return error;
}
