#include "facets.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "facet_values.h"
#include "journal_reading.h"

#define CATCH_UP 4096 /* entries a transaction */

uint32_t facet_id_read(const uint8_t bytes[FACET_ID])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* ---- The values of one entry ---- */

struct values {
    struct store *store;
    uint32_t *ids;
    size_t count, room;
    enum kr_error error;
};

enum kr_error facet_find(struct store *s, enum facet_class class, const char *value, int64_t *id)
{
    struct query q;
    *id = 0;
    query_begin(&q, s, "SELECT id FROM facets WHERE class = ?1 AND value = ?2");
    query_int(&q, 1, class);
    query_text(&q, 2, value);
    if (query_row(&q))
        *id = query_get_int(&q, 0);
    return query_end(&q);
}

static enum kr_error new_id(struct store *s, enum facet_class class, const char *value, int64_t *id)
{
    struct query q;
    char turned[FACET_VALUE_MAX];
    facet_turned(class, value, turned);
    query_begin(&q, s, "INSERT INTO facets(class, value, turned) VALUES(?1, ?2, ?3)");
    query_int(&q, 1, class);
    query_text(&q, 2, value);
    query_text(&q, 3, turned);
    enum kr_error error = query_run(&q, KR_E_STORE_DAMAGED);
    if (error == KR_OK)
        *id = sqlite3_last_insert_rowid(s->db);
    return error;
}

static void keep(struct values *v, uint32_t id)
{
    if (v->count == v->room) {
        size_t room = v->room ? 2 * v->room : 32;
        uint32_t *ids = realloc(v->ids, room * sizeof *ids);
        if (!ids) {
            v->error = KR_E_MEMORY;
            return;
        }
        v->ids = ids;
        v->room = room;
    }
    v->ids[v->count++] = id;
}

static enum kr_error add(void *ctx, enum facet_class class, const char *value)
{
    struct values *v = ctx;
    int64_t id = 0;
    if (v->error == KR_OK)
        v->error = facet_find(v->store, class, value, &id);
    if (v->error == KR_OK && id == 0)
        v->error = new_id(v->store, class, value, &id);
    if (v->error == KR_OK && (id <= 0 || id > UINT32_MAX))
        v->error = kr_fail(KR_E_STORE_DAMAGED, "facets");
    if (v->error == KR_OK)
        keep(v, (uint32_t)id);
    return v->error;
}

/* By the wall clock and the time zone of this machine, as people will look for it. */
static void add_date(struct values *v, int64_t time_ms)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm local;
    char day[FACET_DAY_ROOM];
    if (!localtime_r(&seconds, &local))
        return;
    facet_day(&local, day);
    if (day[0] == '\0')
        return;
    (void)add(v, FACET_DAY, day);
    day[7] = '\0';
    (void)add(v, FACET_MONTH, day);
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Ascending, each once. */
static void sort(struct values *v)
{
    size_t kept = 0;
    if (v->count > 0)
        qsort(v->ids, v->count, sizeof *v->ids, by_id);
    for (size_t i = 0; i < v->count; i++)
        if (i == 0 || v->ids[i] != v->ids[i - 1])
            v->ids[kept++] = v->ids[i];
    v->count = kept;
}

static void values_of(struct values *v, const struct entry *e)
{
    (void)facet_values(e, add, v);
    add_date(v, e->time_ms);
    sort(v);
}

/* ---- Into the tail, and a full stretch into sets ---- */

static enum kr_error put_tail(struct store *s, uint64_t seq, const struct values *v)
{
    struct query q;
    uint8_t *bytes = malloc(v->count * FACET_ID + 1);
    if (!bytes)
        return KR_E_MEMORY;
    for (size_t i = 0; i < v->count; i++)
        for (size_t n = 0; n < FACET_ID; n++)
            bytes[i * FACET_ID + n] = (uint8_t)(v->ids[i] >> (24 - 8 * n));
    query_begin(&q, s, "INSERT INTO facet_tail(seq, facets) VALUES(?1, ?2)");
    query_int(&q, 1, (int64_t)seq);
    query_blob(&q, 2, bytes, v->count * FACET_ID);
    enum kr_error error = query_run(&q, KR_E_STORE_DAMAGED);
    free(bytes);
    return error;
}

/* One occurrence: the id above, the place within the stretch below; so they sort by id. */
struct occurrences {
    uint64_t *list;
    size_t count, room;
};

static enum kr_error occur(struct occurrences *o, uint32_t id, uint64_t place)
{
    if (o->count == o->room) {
        size_t room = o->room ? 2 * o->room : 16 * FACET_STRETCH;
        uint64_t *list = realloc(o->list, room * sizeof *list);
        if (!list)
            return KR_E_MEMORY;
        o->list = list;
        o->room = room;
    }
    o->list[o->count++] = (uint64_t)id << 32 | place;
    return KR_OK;
}

static enum kr_error read_tail(struct store *s, uint64_t first, struct occurrences *o)
{
    struct query q;
    size_t len;
    query_begin(&q, s, "SELECT seq, facets FROM facet_tail WHERE seq >= ?1");
    query_int(&q, 1, (int64_t)first);
    while (query_row(&q)) {
        uint64_t place = (uint64_t)query_get_int(&q, 0) - first;
        const uint8_t *ids = query_peek(&q, 1, &len);
        for (size_t i = 0; q.error == KR_OK && i + FACET_ID <= len; i += FACET_ID)
            q.error = place < FACET_STRETCH ? occur(o, facet_id_read(ids + i), place)
                                            : kr_fail(KR_E_STORE_DAMAGED, "facet_tail");
    }
    return query_end(&q);
}

static int by_occurrence(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

size_t facet_set(const uint64_t *list, size_t count, uint8_t set[FACET_BITS])
{
    bool numbers = 2 * count < FACET_BITS;
    memset(set, 0, FACET_BITS);
    for (size_t i = 0; i < count; i++) {
        uint32_t place = (uint32_t)list[i];
        if (numbers) {
            set[2 * i] = (uint8_t)(place >> 8);
            set[2 * i + 1] = (uint8_t)place;
        } else {
            set[place / 8] |= (uint8_t)(1u << place % 8);
        }
    }
    return numbers ? 2 * count : FACET_BITS;
}

static enum kr_error put_set(struct store *s, uint64_t stretch, const uint64_t *list, size_t count)
{
    struct query q;
    uint8_t set[FACET_BITS];
    size_t len = facet_set(list, count, set);
    query_begin(&q, s, "INSERT INTO facet_sets(facet, stretch, entries) VALUES(?1, ?2, ?3)");
    query_int(&q, 1, (int64_t)(list[0] >> 32));
    query_int(&q, 2, (int64_t)stretch);
    query_blob(&q, 3, set, len);
    return query_run(&q, KR_E_STORE_DAMAGED);
}

/* The newest stays, so that one sees how far the tables go. */
static enum kr_error cut_tail(struct store *s, uint64_t newest)
{
    struct query q;
    query_begin(&q, s, "DELETE FROM facet_tail WHERE seq < ?1");
    query_int(&q, 1, (int64_t)newest);
    return query_run(&q, KR_E_STORE_DAMAGED);
}

static enum kr_error pack(struct store *s, uint64_t stretch)
{
    struct occurrences o = {NULL, 0, 0};
    enum kr_error error = read_tail(s, stretch * FACET_STRETCH, &o);
    if (error == KR_OK && o.count > 0)
        qsort(o.list, o.count, sizeof *o.list, by_occurrence);
    for (size_t from = 0, to; error == KR_OK && from < o.count; from = to) {
        for (to = from; to < o.count && o.list[to] >> 32 == o.list[from] >> 32; to++)
            continue;
        error = put_set(s, stretch, o.list + from, to - from);
    }
    free(o.list);
    return error == KR_OK ? cut_tail(s, (stretch + 1) * FACET_STRETCH - 1) : error;
}

static enum kr_error append(struct store *s, const struct entry *e)
{
    struct values v = {.store = s};
    values_of(&v, e);
    enum kr_error error = v.error;
    if (error == KR_OK)
        error = put_tail(s, e->seq, &v);
    if (error == KR_OK && (e->seq + 1) % FACET_STRETCH == 0)
        error = pack(s, e->seq / FACET_STRETCH);
    free(v.ids);
    return error;
}

/* ---- What the tables lack ---- */

enum kr_error facets_covered(struct store *s, uint64_t *entries)
{
    struct query q;
    *entries = 0;
    query_begin(&q, s, "SELECT ifnull(max(seq) + 1, 0) FROM facet_tail");
    if (query_row(&q))
        *entries = (uint64_t)query_get_int(&q, 0);
    return query_end(&q);
}

static enum kr_error forget_all(struct store *s)
{
    static const char *const statements[] = {"DELETE FROM facet_sets", "DELETE FROM facet_tail",
                                             "DELETE FROM facets"};
    enum kr_error error = store_begin(s);
    if (error != KR_OK)
        return error;
    for (size_t i = 0; error == KR_OK && i < 3; i++) {
        struct query q;
        query_begin(&q, s, statements[i]);
        error = query_run(&q, KR_E_STORE_DAMAGED);
    }
    if (error == KR_OK)
        return store_commit(s);
    store_rollback(s);
    return error;
}

static enum kr_error take_in(struct store *s, uint64_t first)
{
    struct query q;
    query_begin(&q, s,
                "SELECT salt, leaf, body FROM entries WHERE seq >= ?1 ORDER BY seq LIMIT ?2");
    query_int(&q, 1, (int64_t)first);
    query_int(&q, 2, CATCH_UP);
    while (query_row(&q)) {
        struct entry e;
        q.error = entry_from_row(&q, 0, &e);
        if (q.error == KR_OK)
            q.error = append(s, &e);
        entry_free(&e);
    }
    return query_end(&q);
}

enum kr_error facets_appended(struct store *s)
{
    uint64_t at;
    if (s->head.tree.size % FACET_LAG != 0)
        return KR_OK;
    enum kr_error error = facets_covered(s, &at);
    if (error == KR_OK)
        error = take_in(s, at);
    if (error != KR_OK && s->failed == KR_OK)
        s->failed = error;
    return error;
}

enum kr_error facets_catch_up(struct store *s, uint64_t least)
{
    uint64_t at, size = journal_size(s);
    enum kr_error error = facets_covered(s, &at);
    if (error == KR_OK && at > size) { /* of another journal */
        error = forget_all(s);
        at = 0;
    }
    if (at + least > size)
        return error;
    for (; error == KR_OK && at < size; at += CATCH_UP) {
        error = store_begin(s);
        if (error != KR_OK)
            break;
        error = take_in(s, at);
        if (error == KR_OK)
            error = store_commit(s);
        else
            store_rollback(s);
    }
    return error;
}
