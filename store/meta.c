/* Numbers that the store keeps beside the journal; those of policies name the entries that decided
 * them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "database.h"
#include "journal_reading.h"

#define POLICY_PREFIX "policy."

enum kr_error meta_get(struct store *s, const char *name, int64_t *value)
{
    struct query q;
    *value = 0;
    query_begin(&q, s, "SELECT value FROM meta WHERE name = ?1");
    query_text(&q, 1, name);
    if (query_row(&q))
        *value = query_get_int(&q, 0);
    return query_end(&q);
}

enum kr_error meta_put(struct store *s, const char *name, int64_t value)
{
    struct query q;
    query_begin(&q, s, "INSERT OR REPLACE INTO meta(name, value) VALUES(?1, ?2)");
    query_text(&q, 1, name);
    query_int(&q, 2, value);
    return query_run(&q, KR_E_ARGUMENT);
}

/* ---- Policies ---- */

static void policy_key(const char *name, char key[64])
{
    snprintf(key, 64, POLICY_PREFIX "%.48s", name);
}

enum kr_error policies_set(struct store *s, const char *name, uint64_t seq)
{
    char key[64];
    policy_key(name, key);
    return meta_put(s, key, (int64_t)seq);
}

/* "NAME VALUE" among the entry's policy lines. */
static enum kr_error said_of(const struct entry *e, const char *name, char *value, size_t room)
{
    char line[128];
    size_t len = strlen(name);
    for (size_t n = 0;
         strcmp(e->kind, "policy") == 0 && entry_get(e, "policy", n, line, sizeof line) == KR_OK;
         n++)
        if (strncmp(line, name, len) == 0 && line[len] == ' ' && strlen(line + len + 1) < room) {
            snprintf(value, room, "%s", line + len + 1);
            return KR_OK;
        }
    return kr_fail(KR_E_STORE_ROW, "meta " POLICY_PREFIX "%s, entry %" PRIu64, name, e->seq);
}

enum kr_error policies_get(struct store *s, const char *name, char *value, size_t room)
{
    char key[64];
    int64_t seq;
    struct entry e;
    policy_key(name, key);
    value[0] = '\0';
    enum kr_error error = meta_get(s, key, &seq);
    if (error != KR_OK || seq == 0)
        return error;
    error = journal_read(s, (uint64_t)seq, &e);
    if (error != KR_OK)
        return error;
    error = entry_prove_written(s, &e, (uint64_t)seq);
    if (error == KR_OK)
        error = said_of(&e, name, value, room);
    entry_free(&e);
    return error;
}
