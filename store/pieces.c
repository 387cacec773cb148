/* The account of the pieces of plastic drawn in each ceremony (R4). */
#include <stdio.h>
#include <string.h>

#include "database.h"

static enum kr_error piece_run(struct query *q, const struct piece_record *p)
{
    enum kr_error error = query_run(q, KR_E_ARGUMENT);
    return error == KR_E_ARGUMENT ? kr_fail(error, "%s %s, %s", p->ceremony, p->chip, p->what)
                                  : error;
}

enum kr_error pieces_set(struct store *s, const struct piece_record *p)
{
    struct query q;
    query_begin(&q, s,
                "UPDATE pieces SET number = ?3, what = ?4 WHERE ceremony = ?1 AND chip = ?2");
    query_text(&q, 1, p->ceremony);
    query_text(&q, 2, p->chip);
    query_text(&q, 3, p->number);
    query_text(&q, 4, p->what);
    enum kr_error error = piece_run(&q, p);
    if (error != KR_OK || sqlite3_changes(s->db) > 0)
        return error;
    query_begin(&q, s,
                "INSERT INTO pieces(ceremony, chip, number, what, place) "
                "VALUES(?1, ?2, ?3, ?4, ?5)");
    query_text(&q, 1, p->ceremony);
    query_text(&q, 2, p->chip);
    query_text(&q, 3, p->number);
    query_text(&q, 4, p->what);
    query_int(&q, 5, p->place);
    return piece_run(&q, p);
}

static void piece_from_row(struct query *q, struct piece_record *p)
{
    *p = (struct piece_record){.place = query_get_int(q, 4)};
    query_get_text(q, 0, p->ceremony, sizeof p->ceremony);
    query_get_text(q, 1, p->chip, sizeof p->chip);
    query_get_text(q, 2, p->number, sizeof p->number);
    query_get_text(q, 3, p->what, sizeof p->what);
}

enum kr_error pieces_get(struct store *s, const char *ceremony, const char *chip,
                         struct piece_record *p)
{
    struct query q;
    bool found = false;
    query_begin(&q, s,
                "SELECT ceremony, chip, number, what, place FROM pieces "
                "WHERE ceremony = ?1 AND chip = ?2");
    query_text(&q, 1, ceremony);
    query_text(&q, 2, chip);
    if (query_row(&q)) {
        found = true;
        piece_from_row(&q, p);
    }
    enum kr_error error = query_end(&q);
    return error == KR_OK && !found ? kr_fail(KR_E_NOT_FOUND, "%s %s", ceremony, chip) : error;
}

enum kr_error pieces_list(struct store *s, const char *ceremony, const char *what, int64_t after,
                          struct piece_record *out, size_t room, size_t *count)
{
    struct query q;
    *count = 0;
    query_begin(&q, s,
                "SELECT ceremony, chip, number, what, place FROM pieces "
                "WHERE ceremony = ?1 AND (?2 = '' OR what = ?2) AND place > ?3 "
                "ORDER BY place LIMIT ?4");
    query_text(&q, 1, ceremony);
    query_text(&q, 2, what);
    query_int(&q, 3, after);
    query_int(&q, 4, (int64_t)room);
    while (query_row(&q))
        piece_from_row(&q, &out[(*count)++]);
    return query_end(&q);
}

enum kr_error pieces_sum(struct store *s, const char *ceremony, struct piece_sum *sum)
{
    struct query q;
    *sum = (struct piece_sum){0};
    query_begin(&q, s,
                "SELECT count(*), total(what = 'good'), total(what = 'doubt'), "
                "total(what = 'spoiled'), total(what = 'returned'), total(what = 'lost'), "
                "total(what IN ('spoiled', 'lost') AND NOT EXISTS(SELECT 1 FROM pieces AS other "
                "WHERE other.ceremony = ?1 AND "
                "other.number = pieces.number AND other.what IN ('good', 'doubt'))) "
                "FROM pieces WHERE ceremony = ?1");
    query_text(&q, 1, ceremony);
    if (query_row(&q)) {
        sum->drawn = (unsigned)query_get_int(&q, 0);
        sum->good = (unsigned)query_get_int(&q, 1);
        sum->doubt = (unsigned)query_get_int(&q, 2);
        sum->spoiled = (unsigned)query_get_int(&q, 3);
        sum->returned = (unsigned)query_get_int(&q, 4);
        sum->lost = (unsigned)query_get_int(&q, 5);
        sum->aside = (unsigned)query_get_int(&q, 6);
    }
    return query_end(&q);
}

enum kr_error pieces_astray(struct store *s, const char *ceremony, struct piece_record *p)
{
    struct query q;
    bool found = false;
    query_begin(&q, s,
                "SELECT p.ceremony, p.chip, p.number, p.what, p.place FROM pieces AS p "
                "LEFT JOIN cards AS c ON c.chip = p.chip WHERE p.ceremony = ?1 AND NOT CASE p.what "
                "WHEN 'good' THEN ifnull(c.spoiled = 0 AND c.state NOT IN ('spoiled', 'destroyed') "
                "AND c.number = p.number, 0) "
                "WHEN 'spoiled' THEN ifnull(c.spoiled = 1 AND c.number = p.number, 0) "
                "WHEN 'lost' THEN ifnull(c.spoiled = 1 AND c.number = p.number, 0) "
                "WHEN 'returned' THEN c.chip IS NULL ELSE 0 END ORDER BY p.place LIMIT 1");
    query_text(&q, 1, ceremony);
    if (query_row(&q)) {
        found = true;
        piece_from_row(&q, p);
    }
    enum kr_error error = query_end(&q);
    return error == KR_OK && !found ? kr_fail(KR_E_NOT_FOUND, "%s", ceremony) : error;
}
