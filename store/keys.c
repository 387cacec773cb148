/* Keys as they are stored (sealed), and what ceremonies keep sealed between steps. */
#include <stdio.h>
#include <string.h>

#include "database.h"

#define KEY_COLUMNS                                                                                \
    "kind, grp, version, suite, purpose, state, kcv, kcv_algorithm, components, ceremony, "        \
    "made_ms, blob"

void key_label(const struct key_record *k, char out[64])
{
    snprintf(out, 64, "key/%s/%d/%d", k->kind, k->group, k->version);
}

enum kr_error keys_put(struct store *s, const struct key_record *k)
{
    struct query q;
    query_begin(&q, s,
                "INSERT INTO keys(" KEY_COLUMNS ") "
                "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    query_text(&q, 1, k->kind);
    query_int(&q, 2, k->group);
    query_int(&q, 3, k->version);
    query_text(&q, 4, k->suite);
    query_int(&q, 5, k->purpose);
    query_text(&q, 6, k->state);
    query_text(&q, 7, k->kcv);
    query_text(&q, 8, k->kcv_algorithm);
    query_int(&q, 9, k->components);
    query_text(&q, 10, k->ceremony);
    query_int(&q, 11, k->made_ms);
    query_blob(&q, 12, k->blob, k->blob_len);
    enum kr_error error = query_run(&q, KR_E_KEY_EXISTS);
    /* A state that does not exist is the caller's fault, not a key that does. */
    if (error == KR_E_KEY_EXISTS && q.constraint == SQLITE_CONSTRAINT_CHECK)
        return kr_fail(KR_E_ARGUMENT, "%s", k->state);
    if (error == KR_E_KEY_EXISTS)
        kr_fail(error, "%s/%d/%d", k->kind, k->group, k->version);
    return error;
}

static void key_from_row(struct query *q, struct key_record *k)
{
    *k = (struct key_record){0};
    query_get_text(q, 0, k->kind, sizeof k->kind);
    k->group = (int)query_get_int(q, 1);
    k->version = (int)query_get_int(q, 2);
    query_get_text(q, 3, k->suite, sizeof k->suite);
    k->purpose = (int)query_get_int(q, 4);
    query_get_text(q, 5, k->state, sizeof k->state);
    query_get_text(q, 6, k->kcv, sizeof k->kcv);
    query_get_text(q, 7, k->kcv_algorithm, sizeof k->kcv_algorithm);
    k->components = (int)query_get_int(q, 8);
    query_get_text(q, 9, k->ceremony, sizeof k->ceremony);
    k->made_ms = query_get_int(q, 10);
    query_get_blob(q, 11, k->blob, sizeof k->blob, &k->blob_len);
}

/* One row of a statement over KEY_COLUMNS. */
static enum kr_error one_key(struct query *q, struct key_record *k, bool *found)
{
    *found = query_row(q);
    if (*found)
        key_from_row(q, k);
    return query_end(q);
}

static enum kr_error key_missing(const char *kind, int group)
{
    return group ? kr_fail(KR_E_KEY_MISSING, "%s/%d", kind, group)
                 : kr_fail(KR_E_KEY_MISSING, "%s", kind);
}

enum kr_error keys_find(struct store *s, const char *kind, int group, struct key_record *k)
{
    struct query q;
    bool found;
    /* The first version serves without having been activated, until one has ever been. */
    query_begin(&q, s,
                "SELECT " KEY_COLUMNS " FROM keys WHERE kind = ?1 AND grp = ?2 AND (state = "
                "'active' OR state = 'generated' AND version = 1) ORDER BY state LIMIT 1");
    query_text(&q, 1, kind);
    query_int(&q, 2, group);
    enum kr_error error = one_key(&q, k, &found);
    return error == KR_OK && !found ? key_missing(kind, group) : error;
}

#define KEYS_AND_ARCHIVE                                                                           \
    "(SELECT " KEY_COLUMNS " FROM keys UNION ALL SELECT kind, grp, version, suite, purpose, "      \
    "state, kcv, kcv_algorithm, components, ceremony, made_ms, x'' FROM keys_archive)"

enum kr_error keys_get(struct store *s, const char *kind, int group, int version,
                       struct key_record *k)
{
    struct query q;
    bool found;
    query_begin(&q, s,
                "SELECT * FROM " KEYS_AND_ARCHIVE " WHERE kind = ?1 AND grp = ?2 AND version = ?3");
    query_text(&q, 1, kind);
    query_int(&q, 2, group);
    query_int(&q, 3, version);
    enum kr_error error = one_key(&q, k, &found);
    return error == KR_OK && !found ? kr_fail(KR_E_KEY_MISSING, "%s/%d/%d", kind, group, version)
                                    : error;
}

enum kr_error keys_next_version(struct store *s, const char *kind, int group, int *version)
{
    struct query q;
    query_begin(&q, s,
                "SELECT ifnull(max(version), 0) + 1 FROM (SELECT kind, grp, version FROM keys "
                "UNION ALL SELECT kind, grp, version FROM keys_archive) "
                "WHERE kind = ?1 AND grp = ?2");
    query_text(&q, 1, kind);
    query_int(&q, 2, group);
    *version = query_row(&q) ? (int)query_get_int(&q, 0) : 0;
    return query_end(&q);
}

enum kr_error keys_with_kcv(struct store *s, const char *algorithm, const char *kcv,
                            struct key_record *k)
{
    struct query q;
    bool found;
    query_begin(&q, s,
                "SELECT * FROM " KEYS_AND_ARCHIVE " WHERE kcv_algorithm = ?1 AND kcv = ?2 "
                "ORDER BY kind, grp, version LIMIT 1");
    query_text(&q, 1, algorithm);
    query_text(&q, 2, kcv);
    enum kr_error error = one_key(&q, k, &found);
    return error == KR_OK && !found ? kr_fail(KR_E_NOT_FOUND, "%s", kcv) : error;
}

static enum kr_error list(struct query *q, struct key_record *out, size_t room, size_t *count)
{
    *count = 0;
    while (query_row(q)) {
        if (*count == room)
            q->error = kr_fail(KR_E_TOO_LONG, "keys");
        else
            key_from_row(q, &out[(*count)++]);
    }
    return query_end(q);
}

enum kr_error keys_list(struct store *s, struct key_record *out, size_t room, size_t *count)
{
    struct query q;
    query_begin(&q, s, "SELECT " KEY_COLUMNS " FROM keys ORDER BY kind, grp, version");
    return list(&q, out, room, count);
}

enum kr_error keys_list_all(struct store *s, struct key_record *out, size_t room, size_t *count)
{
    struct query q;
    query_begin(&q, s, "SELECT * FROM " KEYS_AND_ARCHIVE " ORDER BY kind, grp, version");
    return list(&q, out, room, count);
}

/* ---- Changing a row ---- */

#define THE_KEY " WHERE kind = ?1 AND grp = ?2 AND version = ?3"

static void begin_for(struct query *q, struct store *s, const char *sql, const struct key_record *k)
{
    query_begin(q, s, sql);
    query_text(q, 1, k->kind);
    query_int(q, 2, k->group);
    query_int(q, 3, k->version);
}

static enum kr_error end_for(struct query *q, struct store *s, const struct key_record *k)
{
    enum kr_error error = query_run(q, KR_E_ARGUMENT);
    if (error == KR_E_ARGUMENT && q->constraint == SQLITE_CONSTRAINT_UNIQUE)
        return kr_fail(KR_E_KEY_EXISTS, "%s/%d", k->kind, k->group);
    if (error == KR_OK && sqlite3_changes(s->db) == 0)
        error = kr_fail(KR_E_KEY_MISSING, "%s/%d/%d", k->kind, k->group, k->version);
    return error;
}

enum kr_error keys_set_material(struct store *s, const struct key_record *k)
{
    struct query q;
    begin_for(&q, s, "UPDATE keys SET blob = ?4" THE_KEY, k);
    query_blob(&q, 4, k->blob, k->blob_len);
    return end_for(&q, s, k);
}

static enum kr_error run_for(struct store *s, const char *sql, const struct key_record *k,
                             const char *state)
{
    struct query q;
    begin_for(&q, s, sql, k);
    if (state != NULL)
        query_text(&q, 4, state);
    return end_for(&q, s, k);
}

/* secure_delete overwrites the material in the page that it leaves. */
static enum kr_error archive(struct store *s, const struct key_record *k, const char *state)
{
    enum kr_error error =
        run_for(s,
                "INSERT INTO keys_archive SELECT kind, grp, version, suite, purpose, ?4, kcv, "
                "kcv_algorithm, components, ceremony, made_ms FROM keys" THE_KEY,
                k, state);
    return error == KR_OK ? run_for(s, "DELETE FROM keys" THE_KEY, k, NULL) : error;
}

enum kr_error keys_set_state(struct store *s, const struct key_record *k, const char *state)
{
    enum key_state now, next;
    if (!key_state_by_word(state, &next) || !key_state_by_word(k->state, &now))
        return kr_fail(KR_E_ARGUMENT, "%s", state);
    if (!key_state_is_gone(next))
        return run_for(s, "UPDATE keys SET state = ?4" THE_KEY, k, state);
    return key_state_is_gone(now)
               ? run_for(s, "UPDATE keys_archive SET state = ?4" THE_KEY, k, state)
               : archive(s, k, state);
}

/* ---- Sealed ---- */

enum kr_error sealed_put(struct store *s, const char *ceremony, const char *name,
                         const uint8_t *blob, size_t len)
{
    struct query q;
    query_begin(&q, s, "INSERT OR REPLACE INTO sealed(ceremony, name, blob) VALUES(?1, ?2, ?3)");
    query_text(&q, 1, ceremony);
    query_text(&q, 2, name);
    query_blob(&q, 3, blob, len);
    return query_run(&q, KR_E_ARGUMENT);
}

enum kr_error sealed_get(struct store *s, const char *ceremony, const char *name, uint8_t *blob,
                         size_t *len)
{
    struct query q;
    size_t room = *len;
    bool found = false;
    *len = 0;
    query_begin(&q, s, "SELECT blob FROM sealed WHERE ceremony = ?1 AND name = ?2");
    query_text(&q, 1, ceremony);
    query_text(&q, 2, name);
    if (query_row(&q)) {
        found = true;
        query_peek(&q, 0, len);
        if (q.error == KR_OK && *len > room)
            q.error = kr_fail(KR_E_TOO_LONG, "%s", name);
        else
            query_get_blob(&q, 0, blob, room, len);
    }
    enum kr_error error = query_end(&q);
    return error == KR_OK && !found ? kr_fail(KR_E_NOT_FOUND, "%s, %s", ceremony, name) : error;
}

enum kr_error sealed_drop(struct store *s, const char *ceremony, const char *name)
{
    struct query q;
    query_begin(&q, s,
                name ? "DELETE FROM sealed WHERE ceremony = ?1 AND name = ?2"
                     : "DELETE FROM sealed WHERE ceremony = ?1");
    query_text(&q, 1, ceremony);
    if (name)
        query_text(&q, 2, name);
    return query_run(&q, KR_E_ARGUMENT);
}

/* ---- Knowledge ---- */

enum kr_error knowledge_put(struct store *s, const struct knowledge *k)
{
    struct query q;
    /* Typed again after a correction: the first entry that shows it stays. */
    query_begin(
        &q, s,
        "INSERT OR IGNORE INTO knowledge(key, component, person, seq) VALUES(?1, ?2, ?3, ?4)");
    query_text(&q, 1, k->key);
    query_int(&q, 2, k->component);
    query_text(&q, 3, k->person);
    query_int(&q, 4, (int64_t)k->seq);
    return query_run(&q, KR_E_ARGUMENT);
}

static void get_knowledge(struct query *q, struct knowledge *k)
{
    query_get_text(q, 0, k->key, sizeof k->key);
    k->component = (int)query_get_int(q, 1);
    query_get_text(q, 2, k->person, sizeof k->person);
    k->seq = (uint64_t)query_get_int(q, 3);
}

enum kr_error knowledge_of(struct store *s, const char *key, struct knowledge *out, size_t room,
                           size_t *count)
{
    struct query q;
    *count = 0;
    query_begin(
        &q, s,
        "SELECT key, component, person, seq FROM knowledge WHERE key = ?1 ORDER BY component, seq");
    query_text(&q, 1, key);
    while (query_row(&q)) {
        if (*count == room) {
            q.error = kr_fail(KR_E_TOO_LONG, "%s", key);
            break;
        }
        get_knowledge(&q, &out[(*count)++]);
    }
    return query_end(&q);
}

static enum kr_error one_knowledge(struct query *q, const char *what, struct knowledge *out)
{
    bool found = query_row(q);
    if (found)
        get_knowledge(q, out);
    enum kr_error error = query_end(q);
    return error == KR_OK && !found ? kr_fail(KR_E_NOT_FOUND, "%s", what) : error;
}

enum kr_error knowledge_by(struct store *s, const char *kind, int group, const char *person,
                           struct knowledge *out)
{
    struct query q;
    char stem[40];
    snprintf(stem, sizeof stem, "%.24s/%d/", kind, group);
    query_begin(&q, s,
                "SELECT key, component, person, seq FROM knowledge "
                "WHERE person = ?1 AND substr(key, 1, length(?2)) = ?2 ORDER BY seq LIMIT 1");
    query_text(&q, 1, person);
    query_text(&q, 2, stem);
    return one_knowledge(&q, stem, out);
}

enum kr_error knowledge_any(struct store *s, const char *person, struct knowledge *out)
{
    struct query q;
    query_begin(&q, s,
                "SELECT key, component, person, seq FROM knowledge "
                "WHERE person = ?1 ORDER BY seq LIMIT 1");
    query_text(&q, 1, person);
    return one_knowledge(&q, person, out);
}

enum kr_error sealed_waiting(struct store *s, char ceremony[40])
{
    struct query q;
    ceremony[0] = '\0';
    query_begin(&q, s, "SELECT ceremony FROM sealed ORDER BY ceremony LIMIT 1");
    if (query_row(&q))
        query_get_text(&q, 0, ceremony, 40);
    return query_end(&q);
}
