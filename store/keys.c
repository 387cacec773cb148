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

enum kr_error keys_find(struct store *s, const char *kind, int group, struct key_record *k)
{
    struct query q;
    bool found = false;
    query_begin(&q, s,
                "SELECT " KEY_COLUMNS " FROM keys WHERE kind = ?1 AND grp = ?2 "
                "AND state IN ('generated', 'active') ORDER BY version DESC LIMIT 1");
    query_text(&q, 1, kind);
    query_int(&q, 2, group);
    if (query_row(&q)) {
        found = true;
        key_from_row(&q, k);
    }
    enum kr_error error = query_end(&q);
    if (error == KR_OK && !found)
        error = group ? kr_fail(KR_E_KEY_MISSING, "%s/%d", kind, group)
                      : kr_fail(KR_E_KEY_MISSING, "%s", kind);
    return error;
}

enum kr_error keys_with_kcv(struct store *s, const char *algorithm, const char *kcv,
                            struct key_record *k)
{
    struct query q;
    bool found = false;
    query_begin(&q, s,
                "SELECT " KEY_COLUMNS " FROM keys WHERE kcv_algorithm = ?1 AND kcv = ?2 "
                "ORDER BY kind, grp, version LIMIT 1");
    query_text(&q, 1, algorithm);
    query_text(&q, 2, kcv);
    if (query_row(&q)) {
        found = true;
        key_from_row(&q, k);
    }
    enum kr_error error = query_end(&q);
    return error == KR_OK && !found ? kr_fail(KR_E_NOT_FOUND, "%s", kcv) : error;
}

enum kr_error keys_list(struct store *s, struct key_record *out, size_t room, size_t *count)
{
    struct query q;
    *count = 0;
    query_begin(&q, s, "SELECT " KEY_COLUMNS " FROM keys ORDER BY kind, grp, version");
    while (query_row(&q)) {
        if (*count == room)
            q.error = kr_fail(KR_E_TOO_LONG, "keys");
        else
            key_from_row(&q, &out[(*count)++]);
    }
    return query_end(&q);
}

enum kr_error keys_set_material(struct store *s, const struct key_record *k)
{
    struct query q;
    query_begin(&q, s, "UPDATE keys SET blob = ?1 WHERE kind = ?2 AND grp = ?3 AND version = ?4");
    query_blob(&q, 1, k->blob, k->blob_len);
    query_text(&q, 2, k->kind);
    query_int(&q, 3, k->group);
    query_int(&q, 4, k->version);
    enum kr_error error = query_run(&q, KR_E_ARGUMENT);
    if (error == KR_OK && sqlite3_changes(s->db) == 0)
        error = kr_fail(KR_E_KEY_MISSING, "%s/%d/%d", k->kind, k->group, k->version);
    return error;
}

enum kr_error keys_set_state(struct store *s, const struct key_record *k, const char *state)
{
    struct query q;
    /* Destroying erases the material in the same row; secure_delete overwrites it in the file. */
    query_begin(
        &q, s,
        "UPDATE keys SET state = ?1, blob = CASE ?1 WHEN 'destroyed' THEN x'' ELSE blob END "
        "WHERE kind = ?2 AND grp = ?3 AND version = ?4");
    query_text(&q, 1, state);
    query_text(&q, 2, k->kind);
    query_int(&q, 3, k->group);
    query_int(&q, 4, k->version);
    enum kr_error error = query_run(&q, KR_E_ARGUMENT);
    if (error == KR_E_ARGUMENT && q.constraint == SQLITE_CONSTRAINT_UNIQUE)
        return kr_fail(KR_E_KEY_EXISTS, "%s/%d", k->kind, k->group);
    if (error == KR_OK && sqlite3_changes(s->db) == 0)
        error = kr_fail(KR_E_KEY_MISSING, "%s/%d/%d", k->kind, k->group, k->version);
    return error;
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
    bool found = query_row(&q);
    if (found)
        get_knowledge(&q, out);
    enum kr_error error = query_end(&q);
    return error == KR_OK && !found ? kr_fail(KR_E_NOT_FOUND, "%s", stem) : error;
}

enum kr_error knowledge_any(struct store *s, const char *person, struct knowledge *out)
{
    struct query q;
    query_begin(&q, s,
                "SELECT key, component, person, seq FROM knowledge "
                "WHERE person = ?1 ORDER BY seq LIMIT 1");
    query_text(&q, 1, person);
    bool found = query_row(&q);
    if (found)
        get_knowledge(&q, out);
    enum kr_error error = query_end(&q);
    return error == KR_OK && !found ? kr_fail(KR_E_NOT_FOUND, "%s", person) : error;
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
