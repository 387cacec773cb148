#include "verify_facets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facet_values.h"
#include "facet_stretch.h"
#include "facets.h"

#define NO_ENTRY UINT64_MAX
#define TAIL_IDS 4096 /* more values than any entry has lines */

/* What the tables have of one day in the stretch: nearly all entries ask for the same. */
struct day_row {
    char day[FACET_DAY_ROOM];
    uint64_t stretch;
    int64_t id; /* 0: it does not occur */
    uint8_t bits[FACET_BITS];
};
/* What the tables have of an entry that is in no set yet. */
struct tail_row {
    bool there;
    bool odd; /* of a length that no row of ours has */
    uint32_t ids[TAIL_IDS];
    size_t count;
};
struct facet_check {
    struct store *store;
    uint64_t next; /* number of the next entry */
    struct stretch said;
    int64_t times[FACET_STRETCH]; /* of the stretch's entries, Unix milliseconds */
    struct day_row days[4];
    size_t day_next;
    uint32_t *stretches; /* by id: in how many the value occurs */
    uint8_t *met;        /* by id */
    size_t ids;          /* room of both */
    enum kr_error fault;
    uint64_t fault_seq;
    char what[200];
};

enum kr_error facet_check_begin(struct store *s, struct facet_check **c)
{
    *c = calloc(1, sizeof **c);
    if (!*c)
        return KR_E_MEMORY;
    (*c)->store = s;
    return KR_OK;
}

void facet_check_end(struct facet_check **c)
{
    if (*c) {
        stretch_free(&(*c)->said);
        free((*c)->stretches);
        free((*c)->met);
    }
    free(*c);
    *c = NULL;
}

/* The first is kept: a signature that fails further on is the deeper fault. */
static void fault(struct facet_check *c, uint64_t seq, const char *table, const char *value,
                  const char *what)
{
    if (c->fault != KR_OK)
        return;
    c->fault = KR_E_STORE_ROW;
    c->fault_seq = seq;
    snprintf(c->what, sizeof c->what, "%s %s: %s", table, value, what);
}

/* ---- What the entries say ---- */

static enum kr_error add(void *ctx, enum facet_class class, const char *text)
{
    struct facet_check *c = ctx;
    return stretch_add(&c->said, class, text, c->next % FACET_STRETCH);
}

/* ---- Which values were met ---- */

static enum kr_error meet(struct facet_check *c, int64_t id, bool packed)
{
    if (id <= 0 || id > UINT32_MAX)
        return kr_fail(KR_E_STORE_DAMAGED, "facets");
    if ((size_t)id >= c->ids) {
        size_t room = c->ids ? c->ids : 1024;
        while (room <= (size_t)id)
            room *= 2;
        uint32_t *stretches = realloc(c->stretches, room * sizeof *stretches);
        c->stretches = stretches ? stretches : c->stretches;
        uint8_t *met = realloc(c->met, room);
        c->met = met ? met : c->met;
        if (!stretches || !met)
            return KR_E_MEMORY;
        memset(stretches + c->ids, 0, (room - c->ids) * sizeof *stretches);
        memset(met + c->ids, 0, room - c->ids);
        c->ids = room;
    }
    c->met[id] = 1;
    c->stretches[id] += packed;
    return KR_OK;
}

/* ---- Dates ---- */

/* The days that it was somewhere at that moment: from 12 hours before UTC to 14 after. */
static size_t days_of(int64_t time_ms, char days[3][FACET_DAY_ROOM])
{
    static const int hours[] = {-12, 0, 14};
    size_t count = 0;
    for (size_t i = 0; i < 3; i++) {
        time_t seconds = (time_t)(time_ms / 1000 + hours[i] * 3600);
        struct tm there;
        days[count][0] = '\0';
        if (gmtime_r(&seconds, &there))
            facet_day(&there, days[count]);
        if (days[count][0] != '\0' && (count == 0 || strcmp(days[count], days[count - 1]) != 0))
            count++;
    }
    return count;
}

/* A value's id, 0 where it has none, and its set in the stretch as it is kept: of no length where
 * there is no row. */
static enum kr_error read_set(struct facet_check *c, enum facet_class class, const char *text,
                              uint64_t stretch, int64_t *id, uint8_t raw[FACET_BITS], size_t *len)
{
    struct query q;
    *id = 0;
    *len = 0;
    query_begin(&q, c->store,
                "SELECT f.id, s.entries FROM facets AS f LEFT JOIN facet_sets AS s ON s.facet = "
                "f.id AND s.stretch = ?3 WHERE f.class = ?1 AND f.value = ?2");
    query_int(&q, 1, class);
    query_text(&q, 2, text);
    query_int(&q, 3, (int64_t)stretch);
    if (query_row(&q)) {
        const uint8_t *set = query_peek(&q, 1, len);
        *id = query_get_int(&q, 0);
        *len = *len > FACET_BITS ? FACET_BITS : *len;
        if (*len > 0)
            memcpy(raw, set, *len);
    }
    return query_end(&q);
}

/* The bitmap, whichever form the set is kept in. */
static void unpack(const uint8_t *raw, size_t len, uint8_t bits[FACET_BITS])
{
    memset(bits, 0, FACET_BITS);
    if (len == FACET_BITS) {
        memcpy(bits, raw, FACET_BITS);
        return;
    }
    for (size_t i = 0; i + 2 <= len; i += 2) {
        uint32_t place = (uint32_t)raw[i] << 8 | raw[i + 1];
        if (place < FACET_STRETCH)
            bits[place / 8] |= (uint8_t)(1u << place % 8);
    }
}

static enum kr_error day_row(struct facet_check *c, uint64_t stretch, const char *day,
                             const struct day_row **row)
{
    uint8_t raw[FACET_BITS];
    size_t len;
    for (size_t i = 0; i < 4; i++) {
        *row = &c->days[i];
        if (c->days[i].stretch == stretch && strcmp(c->days[i].day, day) == 0)
            return KR_OK;
    }
    struct day_row *fresh = &c->days[c->day_next++ % 4];
    *row = fresh;
    enum kr_error error = read_set(c, FACET_DAY, day, stretch, &fresh->id, raw, &len);
    unpack(raw, len, fresh->bits);
    fresh->stretch = stretch;
    snprintf(fresh->day, sizeof fresh->day, "%s", day);
    return error;
}

/* Whether the tables have that entry under that day: in a set, or in its row of the tail. */
static enum kr_error is_of_day(struct facet_check *c, uint64_t seq, const char *day,
                               const struct tail_row *tail, bool *is)
{
    const struct day_row *row;
    enum kr_error error = day_row(c, seq / FACET_STRETCH, day, &row);
    *is = error == KR_OK && tail == NULL && stretch_bit(row->bits, seq % FACET_STRETCH);
    for (size_t i = 0; error == KR_OK && tail != NULL && row->id != 0 && i < tail->count; i++)
        *is = *is || tail->ids[i] == row->id;
    return error;
}

/* The day under which the tables have the entry, of those that it can be, counts as said; else the
 * one in UTC. */
static enum kr_error add_date(struct facet_check *c, uint64_t seq, const struct tail_row *tail)
{
    char days[3][FACET_DAY_ROOM];
    size_t count = days_of(c->times[seq % FACET_STRETCH], days), taken = count / 2;
    enum kr_error error = KR_OK;
    if (count == 0)
        return KR_OK;
    for (size_t i = 0; error == KR_OK && i < count; i++) {
        bool is = false;
        error = is_of_day(c, seq, days[i], tail, &is);
        taken = is ? i : taken;
    }
    if (error == KR_OK)
        error = stretch_add(&c->said, FACET_DAY, days[taken], seq % FACET_STRETCH);
    days[taken][7] = '\0';
    return error == KR_OK ? stretch_add(&c->said, FACET_MONTH, days[taken], seq % FACET_STRETCH)
                          : error;
}

/* ---- A full stretch ---- */

static size_t places_in(const uint8_t bits[FACET_BITS], uint64_t places[FACET_STRETCH])
{
    size_t count = 0;
    for (uint64_t n = 0; n < FACET_STRETCH; n++)
        if (stretch_bit(bits, n))
            places[count++] = n;
    return count;
}

static enum kr_error compare_set(struct facet_check *c, uint64_t stretch,
                                 const struct stretch_value *v)
{
    uint8_t raw[FACET_BITS], said[FACET_BITS];
    uint64_t places[FACET_STRETCH];
    size_t len = 0, count = places_in(v->bits, places);
    uint64_t seq = stretch * FACET_STRETCH + places[0];
    int64_t id = 0;
    enum kr_error error = read_set(c, v->class, v->text, stretch, &id, raw, &len);
    if (error == KR_OK && id == 0) {
        fault(c, seq, "facets", v->text, "missing");
        return KR_OK;
    }
    if (error == KR_OK)
        error = meet(c, id, len > 0);
    if (error == KR_OK && len == 0)
        fault(c, seq, "facet_sets", v->text, "missing");
    else if (error == KR_OK &&
             (facet_set(places, count, said) != len || memcmp(said, raw, len) != 0))
        fault(c, seq, "facet_sets", v->text, "other entries than those that say so");
    return error;
}

static enum kr_error compare_stretch(struct facet_check *c, uint64_t stretch)
{
    enum kr_error error = KR_OK;
    for (uint64_t n = 0; error == KR_OK && n < FACET_STRETCH; n++)
        error = add_date(c, stretch * FACET_STRETCH + n, NULL);
    for (size_t i = 0; error == KR_OK && i < c->said.count; i++)
        error = compare_set(c, stretch, &c->said.values[i]);
    return error;
}

/* ---- The unfinished one ---- */

static enum kr_error read_tail(struct facet_check *c, uint64_t seq, struct tail_row *row)
{
    struct query q;
    size_t len = 0;
    row->there = false;
    row->odd = false;
    row->count = 0;
    query_begin(&q, c->store, "SELECT facets FROM facet_tail WHERE seq = ?1");
    query_int(&q, 1, (int64_t)seq);
    if (query_row(&q)) {
        const uint8_t *ids = query_peek(&q, 0, &len);
        row->there = true;
        for (size_t i = 0; i + FACET_ID <= len && row->count < TAIL_IDS; i += FACET_ID)
            row->ids[row->count++] = facet_id_read(ids + i);
        row->odd = len != row->count * FACET_ID;
    }
    return query_end(&q);
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The ids of what that entry says, ascending. *whole is false where a value has none. */
static enum kr_error ids_said(struct facet_check *c, uint64_t seq, struct tail_row *said,
                              bool *whole)
{
    enum kr_error error = KR_OK;
    said->count = 0;
    *whole = true;
    for (size_t i = 0; error == KR_OK && i < c->said.count && said->count < TAIL_IDS; i++) {
        struct stretch_value *v = &c->said.values[i];
        if (!stretch_bit(v->bits, seq % FACET_STRETCH))
            continue;
        if (v->id == 0)
            error = facet_find(c->store, v->class, v->text, &v->id);
        if (error == KR_OK && v->id != 0)
            error = meet(c, v->id, false);
        *whole = *whole && v->id != 0;
        said->ids[said->count++] = (uint32_t)v->id;
    }
    qsort(said->ids, said->count, sizeof *said->ids, by_id);
    return error;
}

/* rows: what the tables have, and room for what the entry says. */
static enum kr_error compare_tail_row(struct facet_check *c, uint64_t seq, struct tail_row *rows)
{
    char name[32];
    bool whole = true;
    enum kr_error error = read_tail(c, seq, &rows[0]);
    if (error == KR_OK)
        error = add_date(c, seq, &rows[0]);
    if (error == KR_OK)
        error = ids_said(c, seq, &rows[1], &whole);
    snprintf(name, sizeof name, "%" PRIu64, seq);
    if (error == KR_OK && !rows[0].there)
        fault(c, seq, "facet_tail", name, "missing");
    else if (error == KR_OK &&
             (!whole || rows[0].odd || rows[0].count != rows[1].count ||
              memcmp(rows[0].ids, rows[1].ids, rows[0].count * sizeof rows[0].ids[0]) != 0))
        fault(c, seq, "facet_tail", name, "other values than the entry says");
    return error;
}

static enum kr_error compare_tail(struct facet_check *c, uint64_t first, uint64_t end)
{
    struct tail_row *rows = malloc(2 * sizeof *rows);
    enum kr_error error = rows ? KR_OK : KR_E_MEMORY;
    for (uint64_t seq = first; error == KR_OK && seq < end; seq++)
        error = compare_tail_row(c, seq, rows);
    free(rows);
    return error;
}

/* ---- The whole ---- */

/* The stretch that ends before the next entry, or at the end of the journal the unfinished one:
 * which tables have it depends on how far they go. */
static enum kr_error compare(struct facet_check *c, uint64_t first)
{
    uint64_t covered = 0, end = c->next;
    enum kr_error error = facets_covered(c->store, &covered);
    if (error == KR_OK && end == first + FACET_STRETCH && covered >= end)
        error = compare_stretch(c, first / FACET_STRETCH);
    else if (error == KR_OK && covered > first)
        error = compare_tail(c, first, covered < end ? covered : end);
    stretch_forget(&c->said);
    return error;
}

enum kr_error facet_check_take(struct facet_check *c, const struct entry *e)
{
    if (c->store->schema < FACETS_SCHEMA)
        return KR_OK;
    c->times[c->next % FACET_STRETCH] = e->time_ms;
    enum kr_error error = facet_values(e, add, c);
    c->next++;
    if (error == KR_OK && c->next % FACET_STRETCH == 0)
        error = compare(c, c->next - FACET_STRETCH);
    return error;
}

/* Rows of values that no entry says. */
static enum kr_error check_values(struct facet_check *c)
{
    struct query q;
    query_begin(&q, c->store, "SELECT id, class, value, turned FROM facets");
    while (query_row(&q)) {
        char value[2 * FACET_VALUE_MAX], turned[2 * FACET_VALUE_MAX], said[FACET_VALUE_MAX];
        int64_t id = query_get_int(&q, 0), class = query_get_int(&q, 1);
        query_get_text(&q, 2, value, sizeof value);
        query_get_text(&q, 3, turned, sizeof turned);
        if (q.error != KR_OK)
            break;
        value[FACET_VALUE_MAX - 1] = '\0';
        facet_turned((enum facet_class) class, value, said);
        if (id <= 0 || (uint64_t)id >= c->ids || !c->met[id])
            fault(c, NO_ENTRY, "facets", value, "nothing in the journal speaks of it");
        else if (strcmp(said, turned) != 0)
            fault(c, NO_ENTRY, "facets", value, "turned is another number");
    }
    return query_end(&q);
}

/* Sets for stretches in which the value does not occur. */
static enum kr_error check_sets(struct facet_check *c)
{
    struct query q;
    query_begin(&q, c->store, "SELECT facet, count(*) FROM facet_sets GROUP BY facet");
    while (query_row(&q)) {
        int64_t id = query_get_int(&q, 0), count = query_get_int(&q, 1);
        char name[32];
        snprintf(name, sizeof name, "%" PRId64, id);
        if (id <= 0 || (uint64_t)id >= c->ids || c->stretches[id] != (uint64_t)count)
            fault(c, NO_ENTRY, "facet_sets", name, "nothing in the journal speaks of it");
    }
    return query_end(&q);
}

/* From the first entry on that is not in sets, and the one before it. */
static enum kr_error check_tail(struct facet_check *c, uint64_t covered)
{
    struct query q;
    uint64_t first = covered - covered % FACET_STRETCH;
    query_begin(&q, c->store, "SELECT seq FROM facet_tail WHERE seq < ?1 OR seq >= ?2");
    query_int(&q, 1, (int64_t)(first > 0 ? first - 1 : 0));
    query_int(&q, 2, (int64_t)c->next);
    if (query_row(&q)) {
        char name[32];
        snprintf(name, sizeof name, "%" PRId64, query_get_int(&q, 0));
        fault(c, NO_ENTRY, "facet_tail", name, "no entry that belongs there");
    }
    return query_end(&q);
}

enum kr_error facet_check_result(struct facet_check *c, uint64_t *seq)
{
    uint64_t covered = 0;
    if (c->store->schema < FACETS_SCHEMA)
        return KR_OK;
    enum kr_error error = facets_covered(c->store, &covered);
    if (error == KR_OK)
        error = check_tail(c, covered);
    if (error == KR_OK && c->next % FACET_STRETCH != 0)
        error = compare(c, c->next - c->next % FACET_STRETCH);
    if (error == KR_OK)
        error = check_sets(c);
    if (error == KR_OK)
        error = check_values(c);
    *seq = c->fault_seq;
    return error == KR_OK && c->fault != KR_OK ? kr_fail(c->fault, "%s", c->what) : error;
}
