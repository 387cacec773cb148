/* Ceremonies: what is needed to go on after a kill. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "database.h"

void ceremony_record_free(struct ceremony_record *c)
{
    free(c->script_text);
    free(c->state);
    c->script_text = NULL;
    c->state = NULL;
}

/* The row with the script is written at opening and at closing; in between only the state changes.
 */
static enum kr_error put_ceremony(struct store *s, const struct ceremony_record *c)
{
    struct query q;
    bool same = false;
    query_begin(&q, s,
                "SELECT script = ?2 AND status = ?3 AND opened_ms = ?4 AND script_text = ?5 FROM "
                "ceremonies "
                "WHERE id = ?1");
    query_text(&q, 1, c->id);
    query_text(&q, 2, c->script);
    query_text(&q, 3, c->status);
    query_int(&q, 4, c->opened_ms);
    query_text(&q, 5, c->script_text);
    if (query_row(&q))
        same = query_get_int(&q, 0) != 0;
    enum kr_error error = query_end(&q);
    if (error != KR_OK || same)
        return error;
    query_begin(&q, s,
                "INSERT OR REPLACE INTO ceremonies(id, script, status, opened_ms, script_text) "
                "VALUES(?1, ?2, ?3, ?4, ?5)");
    query_text(&q, 1, c->id);
    query_text(&q, 2, c->script);
    query_text(&q, 3, c->status);
    query_int(&q, 4, c->opened_ms);
    query_text(&q, 5, c->script_text);
    return query_run(&q, KR_E_ARGUMENT);
}

enum kr_error ceremonies_put(struct store *s, const struct ceremony_record *c)
{
    struct query q;
    enum kr_error error = put_ceremony(s, c);
    if (error != KR_OK)
        return error;
    query_begin(&q, s, "INSERT OR REPLACE INTO ceremony_states(id, state) VALUES(?1, ?2)");
    query_text(&q, 1, c->id);
    query_text(&q, 2, c->state);
    return query_run(&q, KR_E_ARGUMENT);
}

enum kr_error ceremonies_put_state(struct store *s, const char *id, const char *state)
{
    struct query q;
    query_begin(&q, s, "UPDATE ceremony_states SET state = ?2 WHERE id = ?1");
    query_text(&q, 1, id);
    query_text(&q, 2, state);
    enum kr_error error = query_run(&q, KR_E_ARGUMENT);
    if (error == KR_OK && sqlite3_changes(s->db) == 0)
        error = kr_fail(KR_E_NOT_FOUND, "%s", id);
    return error;
}

static char *text_copy(struct query *q, int column)
{
    size_t len = 0;
    const void *text = query_peek(q, column, &len);
    char *copy = q->error == KR_OK ? malloc(len + 1) : NULL;
    if (q->error == KR_OK && !copy)
        q->error = KR_E_MEMORY;
    if (!copy)
        return NULL;
    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

enum kr_error ceremonies_get(struct store *s, const char *id, struct ceremony_record *c)
{
    struct query q;
    bool found = false;
    *c = (struct ceremony_record){0};
    query_begin(&q, s,
                "SELECT id, script, status, opened_ms, script_text, state FROM ceremonies "
                "JOIN ceremony_states USING(id) WHERE id = ?1");
    query_text(&q, 1, id);
    if (query_row(&q)) {
        found = true;
        query_get_text(&q, 0, c->id, sizeof c->id);
        query_get_text(&q, 1, c->script, sizeof c->script);
        query_get_text(&q, 2, c->status, sizeof c->status);
        c->opened_ms = query_get_int(&q, 3);
        c->script_text = text_copy(&q, 4);
        c->state = text_copy(&q, 5);
    }
    enum kr_error error = query_end(&q);
    if (error == KR_OK && !found)
        error = kr_fail(KR_E_NOT_FOUND, "%s", id);
    if (error != KR_OK)
        ceremony_record_free(c);
    return error;
}

enum kr_error ceremonies_list(struct store *s, const char *status, char ids[][40], size_t room,
                              size_t *count)
{
    struct query q;
    *count = 0;
    query_begin(
        &q, s,
        "SELECT id FROM ceremonies WHERE status = ?1 OR (status = 'closing' AND ?1 = 'open') "
        "ORDER BY opened_ms DESC, id DESC LIMIT ?2");
    query_text(&q, 1, status);
    query_int(&q, 2, (int64_t)room);
    while (query_row(&q))
        query_get_text(&q, 0, ids[(*count)++], 40);
    return query_end(&q);
}

enum kr_error ceremonies_next_id(struct store *s, const char *prefix, char id[40])
{
    struct query q;
    struct tm day;
    time_t now = time(NULL);
    char stem[40];
    int64_t last = 0;
    id[0] = '\0';
    localtime_r(&now, &day);
    int n = snprintf(stem, sizeof stem, "%s-%04d-", prefix, day.tm_year + 1900);
    if (n < 0 || n > 28)
        return kr_fail(KR_E_TOO_LONG, "%s", prefix);
    query_begin(&q, s,
                "SELECT max(CAST(substr(id, length(?1) + 1) AS INTEGER)) FROM ceremonies "
                "WHERE substr(id, 1, length(?1)) = ?1");
    query_text(&q, 1, stem);
    if (query_row(&q))
        last = query_get_int(&q, 0);
    enum kr_error error = query_end(&q);
    if (error == KR_OK && (last < 0 || last > 99999))
        error = kr_fail(KR_E_TOO_LONG, "%s", stem);
    if (error == KR_OK)
        snprintf(id, 40, "%.28s%03u", stem, (unsigned)last + 1);
    return error;
}
