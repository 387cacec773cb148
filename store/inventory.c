/* Pages of the inventory, and the entries of the journal that name a card. */
#include "inventory.h"

#include <string.h>

#include "database.h"

#define TEXT                                                                                       \
    "(number || ' ' || kind || ' ' || chip || ' ' || state || ' ' || layout || ' ' || pair || "    \
    "' ' || ceremony || ' ' || label)"
#define WORD(n)  "instr(lower(" TEXT "), lower(" n "))"
#define KNOWN(n) "(" n " <> '' AND " n " IN (kind, state))"
#define TERM(a, b, c, d, e, f)                                                                     \
    "(" a " = '' OR " WORD(a) " OR " KNOWN(b) " OR " KNOWN(c) " OR " KNOWN(d) " OR " KNOWN(        \
        e) " OR " KNOWN(f) ")"
#define MATCHES                                                                                    \
    TERM("?1", "?2", "?3", "?4", "?5", "?6")                                                       \
    " AND " TERM("?7", "?8", "?9", "?10", "?11", "?12") " AND " TERM("?13", "?14", "?15", "?16",   \
                                                                     "?17", "?18")

static void bind_filter(struct query *q, const struct card_filter *filter)
{
    for (int term = 0; term < FILTER_TERMS; term++)
        for (int word = 0; word < FILTER_WORDS; word++)
            query_text(q, 1 + term * FILTER_WORDS + word, filter ? filter->words[term][word] : "");
}

/* ?19 whether there is a card to begin after, ?20 its number, ?21 its piece, ?22 the limit. The
 * first comparison of each is what the index serves. */
static const char *page_statement(enum card_order order, bool backwards)
{
    static const char by_number[] =
        "SELECT " CARD_COLUMNS " FROM cards WHERE substr(number, 5) >= substr(?20, 5) AND "
        "(?19 = 0 OR substr(number, 5) > substr(?20, 5) OR piece > ?21) "
        "AND " MATCHES " ORDER BY substr(number, 5), piece LIMIT ?22";
    static const char by_number_back[] =
        "SELECT " CARD_COLUMNS " FROM cards WHERE substr(number, 5) <= substr(?20, 5) AND "
        "(?19 = 0 OR substr(number, 5) < substr(?20, 5) OR piece < ?21) "
        "AND " MATCHES " ORDER BY substr(number, 5) DESC, piece DESC LIMIT ?22";
    static const char by_arrival[] =
        "SELECT " CARD_COLUMNS " FROM cards WHERE (?19 = 0 OR piece < ?21) AND ?20 = ?20 "
        "AND " MATCHES " ORDER BY piece DESC LIMIT ?22";
    static const char by_arrival_back[] =
        "SELECT " CARD_COLUMNS " FROM cards WHERE piece > ?21 AND ?19 = ?19 AND ?20 = ?20 "
        "AND " MATCHES " ORDER BY piece LIMIT ?22";
    if (order == CARDS_BY_ARRIVAL)
        return backwards ? by_arrival_back : by_arrival;
    return backwards ? by_number_back : by_number;
}

static void turn_round(struct card_record *rows, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct card_record other = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = other;
    }
}

enum kr_error inventory_page(struct store *s, const struct card_page *page, struct card_record *out,
                             size_t room, size_t *count)
{
    struct query q;
    const struct card_record *from = page->from;
    /* Digits sort below ':', so from the end means from there. */
    const char *edge = page->backwards ? "::::::" : "";
    *count = 0;
    query_begin(&q, s, page_statement(page->order, page->backwards));
    bind_filter(&q, page->filter);
    query_int(&q, 19, from != NULL);
    query_text(&q, 20, from ? from->number : edge);
    query_int(&q, 21, from ? from->piece : 0);
    query_int(&q, 22, (int64_t)room);
    while (*count < room && query_row(&q))
        card_from_row(&q, &out[(*count)++]);
    if (page->backwards)
        turn_round(out, *count);
    return query_end(&q);
}

enum kr_error inventory_count(struct store *s, const struct card_filter *filter, uint64_t *count)
{
    struct query q;
    *count = 0;
    query_begin(&q, s, "SELECT count(*) FROM cards WHERE " MATCHES);
    bind_filter(&q, filter);
    if (query_row(&q))
        *count = (uint64_t)query_get_int(&q, 0);
    return query_end(&q);
}

enum kr_error inventory_number_taken(struct store *s, const char *number, bool *taken)
{
    struct query q;
    *taken = false;
    query_begin(&q, s,
                "SELECT 1 FROM cards WHERE substr(number, 5) = substr(?1, 5) AND number <> '' "
                "AND spoiled = 0 LIMIT 1");
    query_text(&q, 1, number);
    *taken = query_row(&q);
    return query_end(&q);
}

enum kr_error journal_naming(struct store *s, const char *number, const char *chip, uint64_t before,
                             uint64_t many, uint64_t *seqs, size_t *count)
{
    struct query q;
    *count = 0;
    /* Both sides as bytes: text would be converted for each entry. */
    query_begin(&q, s,
                "SELECT seq FROM entries WHERE seq >= ?1 AND seq < ?2 AND "
                "((length(?3) > 0 AND instr(body, ?3)) OR (length(?4) > 0 AND instr(body, ?4))) "
                "ORDER BY seq DESC");
    query_int(&q, 1, before > many ? (int64_t)(before - many) : 0);
    query_int(&q, 2, (int64_t)before);
    query_blob(&q, 3, number, strlen(number));
    query_blob(&q, 4, chip, strlen(chip));
    while (*count < many && query_row(&q))
        seqs[(*count)++] = (uint64_t)query_get_int(&q, 0);
    return query_end(&q);
}

/* ---- By layout ---- */

enum kr_error inventory_tally(struct store *s, struct card_tally *out, size_t room, size_t *count)
{
    struct query q;
    *count = 0;
    query_begin(&q, s,
                "SELECT layout, state, count(*) FROM cards GROUP BY layout, state "
                "ORDER BY layout, state");
    while (query_row(&q)) {
        if (*count == room) {
            q.error = kr_fail(KR_E_TOO_LONG, "cards");
            break;
        }
        struct card_tally *t = &out[(*count)++];
        query_get_text(&q, 0, t->layout, sizeof t->layout);
        query_get_text(&q, 1, t->state, sizeof t->state);
        t->count = (uint64_t)query_get_int(&q, 2);
    }
    return query_end(&q);
}

enum kr_error inventory_in_use(struct store *s, const char *layout, bool washed,
                               struct card_record *out, size_t room, size_t *count)
{
    struct query q;
    *count = 0;
    query_begin(&q, s,
                "SELECT " CARD_COLUMNS " FROM cards WHERE layout = ?1 AND (state IN ('issued', "
                "'verified', 'received', 'delivered') OR ?2 <> 0 AND state = 'washed') "
                "ORDER BY number LIMIT ?3");
    query_text(&q, 1, layout);
    query_int(&q, 2, washed);
    query_int(&q, 3, (int64_t)room);
    while (query_row(&q))
        card_from_row(&q, &out[(*count)++]);
    return query_end(&q);
}
