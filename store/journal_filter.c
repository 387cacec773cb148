#include "journal_filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facets.h"

#define WORD_BITS 64

struct journal_matches {
    uint64_t size, count;
    size_t words;
    uint64_t *bits;   /* one for each entry, from entry 0 on */
    uint64_t *before; /* of the words of bits: how many match in those below */
    bool cut;
};

/* ---- The values that a word stands for ---- */

struct ids {
    int64_t *list;
    size_t count, room;
};

static enum kr_error take_ids(struct query *q, struct ids *ids, bool *cut)
{
    size_t taken = 0;
    while (query_row(q)) {
        if (cut && taken++ == JOURNAL_VALUES) {
            *cut = true;
            break;
        }
        if (ids->count == ids->room) {
            size_t room = ids->room ? 2 * ids->room : 64;
            int64_t *list = realloc(ids->list, room * sizeof *list);
            if (!list) {
                q->error = KR_E_MEMORY;
                break;
            }
            ids->list = list;
            ids->room = room;
        }
        ids->list[ids->count++] = query_get_int(q, 0);
    }
    return query_end(q);
}

static bool wanted(const struct journal_term *t, enum facet_class class)
{
    return t->classes == 0 || (t->classes & 1u << class) != 0;
}

/* "2026", "2026-11" or "2026-11-25". */
static bool is_date(const char *text, size_t len)
{
    static const char form[] = "dddd-dd-dd";
    if (len != 4 && len != 7 && len != 10)
        return false;
    for (size_t i = 0; i < len; i++)
        if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != '-')
            return false;
    return text[0] == '1' || text[0] == '2';
}

/* From the first to the last day of what was typed, as text that sorts. */
static bool date_range(const char *word, char first[16], char last[16])
{
    const char *dots = strstr(word, "..");
    size_t len = dots ? (size_t)(dots - word) : strlen(word);
    const char *end = dots ? dots + 2 : word;
    if (!is_date(word, len) || !is_date(end, strlen(end)))
        return false;
    snprintf(first, 16, "%.*s", (int)len, word);
    snprintf(last, 16, "%s~", end); /* above every digit and hyphen */
    return true;
}

static enum kr_error find_dates(struct store *s, const char *first, const char *last,
                                struct ids *ids)
{
    struct query q;
    bool months = strlen(first) <= 7 && strlen(last) <= 8;
    query_begin(&q, s, "SELECT id FROM facets WHERE class = ?1 AND value >= ?2 AND value <= ?3");
    query_int(&q, 1, months ? FACET_MONTH : FACET_DAY);
    query_text(&q, 2, first);
    query_text(&q, 3, last);
    return take_ids(&q, ids, NULL);
}

static enum kr_error find_within(struct store *s, enum facet_class class, const char *word,
                                 struct ids *ids, bool *cut)
{
    struct query q;
    query_begin(&q, s,
                "SELECT id FROM facets WHERE class = ?1 AND instr(lower(value), lower(?2)) "
                "ORDER BY id DESC LIMIT ?3");
    query_int(&q, 1, class);
    query_text(&q, 2, word);
    query_int(&q, 3, JOURNAL_VALUES + 1);
    return take_ids(&q, ids, cut);
}

/* Those that begin so; of a card also those that end so. Upper case sorts below '~', and digits
 * and letters of chips are upper case. */
static enum kr_error find_card(struct store *s, enum facet_class class, const char *word,
                               struct ids *ids, bool *cut)
{
    struct query q;
    char plain[FACET_VALUE_MAX], turned[FACET_VALUE_MAX], above[FACET_VALUE_MAX + 1],
        turned_above[FACET_VALUE_MAX + 1];
    size_t len = strlen(word);
    for (size_t i = 0; i <= len; i++) {
        plain[i] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 'a' + 'A') : word[i];
        turned[i] = i < len ? word[len - 1 - i] : '\0';
    }
    snprintf(above, sizeof above, "%s~", plain);
    snprintf(turned_above, sizeof turned_above, "%s~", turned);
    query_begin(
        &q, s,
        "SELECT id FROM facets WHERE class = ?1 AND value >= ?2 AND value <= ?3 "
        "UNION ALL SELECT id FROM facets WHERE class = ?1 AND turned >= ?4 AND turned <= ?5 "
        "AND turned <> '' LIMIT ?6");
    query_int(&q, 1, class);
    query_text(&q, 2, plain);
    query_text(&q, 3, above);
    query_text(&q, 4, turned);
    query_text(&q, 5, turned_above);
    query_int(&q, 6, JOURNAL_VALUES + 1);
    return take_ids(&q, ids, cut);
}

static enum kr_error find_whole(struct store *s, enum facet_class class, const char *value,
                                struct ids *ids)
{
    struct query q;
    query_begin(&q, s, "SELECT id FROM facets WHERE class = ?1 AND value = ?2");
    query_int(&q, 1, class);
    query_text(&q, 2, value);
    return take_ids(&q, ids, NULL);
}

static enum kr_error find_class(struct store *s, const struct journal_term *t,
                                enum facet_class class, struct ids *ids, bool *cut)
{
    enum kr_error error = KR_OK;
    if (class == FACET_CARD || class == FACET_CHIP)
        error = find_card(s, class, t->word, ids, cut);
    else
        error = find_within(s, class, t->word, ids, cut);
    for (size_t i = 0; error == KR_OK && i < JOURNAL_MEANINGS && t->meanings[i][0]; i++)
        error = find_whole(s, class, t->meanings[i], ids);
    return error;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static enum kr_error find_values(struct store *s, const struct journal_term *t, struct ids *ids,
                                 bool *cut)
{
    char first[16], last[16];
    const unsigned dates = 1u << FACET_MONTH | 1u << FACET_DAY;
    enum kr_error error = KR_OK;
    if ((t->classes & ~dates) == 0 && date_range(t->word, first, last))
        return find_dates(s, first, last, ids);
    for (int class = FACET_KIND; error == KR_OK && class < FACET_MONTH; class ++)
        if (wanted(t, (enum facet_class) class))
            error = find_class(s, t, (enum facet_class) class, ids, cut);
    return error;
}

/* ---- Sets of entries ---- */

static void set_bit(struct journal_matches *m, uint64_t *bits, uint64_t seq)
{
    if (seq < m->size)
        bits[seq / WORD_BITS] |= (uint64_t)1 << seq % WORD_BITS;
}

static void set_many(struct journal_matches *m, uint64_t *bits, uint64_t stretch,
                     const uint8_t *set, size_t len)
{
    uint64_t first = stretch * FACET_STRETCH;
    for (size_t i = 0; len < FACET_BITS && i + 2 <= len; i += 2)
        set_bit(m, bits, first + ((uint64_t)set[i] << 8 | set[i + 1]));
    for (size_t i = 0; len == FACET_BITS && i < len; i++)
        if (set[i] && first + 8 * i < m->size)
            bits[(first + 8 * i) / WORD_BITS] |= (uint64_t)set[i] << (8 * i) % WORD_BITS;
}

static enum kr_error add_sets(struct store *s, struct journal_matches *m, const struct ids *ids,
                              uint64_t *bits)
{
    enum kr_error error = KR_OK;
    size_t len;
    for (size_t i = 0; error == KR_OK && i < ids->count; i++) {
        struct query q;
        query_begin(&q, s, "SELECT stretch, entries FROM facet_sets WHERE facet = ?1");
        query_int(&q, 1, ids->list[i]);
        while (query_row(&q)) {
            const uint8_t *set = query_peek(&q, 1, &len);
            set_many(m, bits, (uint64_t)query_get_int(&q, 0), set, len);
        }
        error = query_end(&q);
    }
    return error;
}

static enum kr_error add_tail(struct store *s, struct journal_matches *m, const struct ids *ids,
                              uint64_t *bits)
{
    struct query q;
    size_t len;
    query_begin(&q, s, "SELECT seq, facets FROM facet_tail WHERE seq >= ?1");
    query_int(&q, 1, (int64_t)(m->size / FACET_STRETCH * FACET_STRETCH));
    while (query_row(&q)) {
        const uint8_t *facets = query_peek(&q, 1, &len);
        for (size_t i = 0; i + FACET_ID <= len; i += FACET_ID) {
            int64_t id = facet_id_read(facets + i);
            if (bsearch(&id, ids->list, ids->count, sizeof id, by_id))
                set_bit(m, bits, (uint64_t)query_get_int(&q, 0));
        }
    }
    return query_end(&q);
}

/* What also matches this term stays. */
static enum kr_error narrow(struct store *s, struct journal_matches *m,
                            const struct journal_term *t)
{
    struct ids ids = {NULL, 0, 0};
    uint64_t *bits = calloc(m->words + 1, sizeof *bits);
    enum kr_error error = bits ? find_values(s, t, &ids, &m->cut) : KR_E_MEMORY;
    if (error == KR_OK && ids.count > 0) {
        qsort(ids.list, ids.count, sizeof *ids.list, by_id);
        error = add_sets(s, m, &ids, bits);
    }
    if (error == KR_OK && ids.count > 0)
        error = add_tail(s, m, &ids, bits);
    for (size_t i = 0; error == KR_OK && i < m->words; i++)
        m->bits[i] &= bits[i];
    free(bits);
    free(ids.list);
    return error;
}

static unsigned ones(uint64_t word)
{
    return (unsigned)__builtin_popcountll(word);
}

static void count_all(struct journal_matches *m)
{
    for (size_t i = 0; i < m->words; i++) {
        m->before[i] = m->count;
        m->count += ones(m->bits[i]);
    }
}

static enum kr_error matches_new(uint64_t size, struct journal_matches **out)
{
    struct journal_matches *m = calloc(1, sizeof *m);
    *out = m;
    if (!m)
        return KR_E_MEMORY;
    m->size = size;
    m->words = (size_t)((size + WORD_BITS - 1) / WORD_BITS);
    m->bits = calloc(m->words + 1, sizeof *m->bits);
    m->before = calloc(m->words + 1, sizeof *m->before);
    if (!m->bits || !m->before)
        return KR_E_MEMORY;
    for (uint64_t i = 0; i < m->words; i++)
        m->bits[i] = UINT64_MAX;
    if (size % WORD_BITS)
        m->bits[m->words - 1] = ((uint64_t)1 << size % WORD_BITS) - 1;
    return KR_OK;
}

enum kr_error journal_match(struct store *s, const struct journal_filter *filter,
                            struct journal_matches **out)
{
    uint64_t size = 0;
    *out = NULL;
    enum kr_error error = facets_catch_up(s, 1);
    database_lock(s); /* the size and the sets of one moment */
    if (error == KR_OK)
        error = facets_covered(s, &size);
    if (error == KR_OK)
        error = matches_new(size, out);
    for (size_t i = 0; error == KR_OK && i < filter->count; i++)
        if (filter->terms[i].word[0])
            error = narrow(s, *out, &filter->terms[i]);
    database_unlock(s);
    if (error == KR_OK)
        count_all(*out);
    else
        journal_matches_free(out);
    return error;
}

void journal_matches_free(struct journal_matches **m)
{
    if (!*m)
        return;
    free((*m)->bits);
    free((*m)->before);
    free(*m);
    *m = NULL;
}

uint64_t journal_matches_count(const struct journal_matches *m)
{
    return m->count;
}

uint64_t journal_matches_size(const struct journal_matches *m)
{
    return m->size;
}

bool journal_matches_cut(const struct journal_matches *m)
{
    return m->cut;
}

uint64_t journal_matches_at(const struct journal_matches *m, uint64_t n)
{
    uint64_t place = m->count - 1 - n; /* from the oldest */
    size_t low = 0, high = m->words;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (m->before[middle] <= place)
            low = middle;
        else
            high = middle;
    }
    uint64_t word = m->bits[low];
    for (uint64_t skip = place - m->before[low]; skip > 0; skip--)
        word &= word - 1;
    return (uint64_t)low * WORD_BITS + (uint64_t)__builtin_ctzll(word);
}

uint64_t journal_matches_before(const struct journal_matches *m, uint64_t seq)
{
    if (seq + 1 >= m->size)
        return 0;
    size_t i = (size_t)((seq + 1) / WORD_BITS);
    uint64_t below = ((uint64_t)1 << (seq + 1) % WORD_BITS) - 1;
    return m->count - m->before[i] - ones(m->bits[i] & below);
}
