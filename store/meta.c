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

/* A name and the place for its value; value NULL: it is not wanted. */
struct policy_line {
    const char *name;
    char *value;
    size_t room;
};

/* "NAME VALUE" among the policy lines of a policy entry. */
static bool says(void *ctx, const struct entry *e)
{
    const struct policy_line *p = ctx;
    char line[128];
    size_t len = strlen(p->name);
    for (size_t n = 0; entry_get(e, "policy", n, line, sizeof line) == KR_OK; n++) {
        if (strncmp(line, p->name, len) != 0 || line[len] != ' ' ||
            strlen(line + len + 1) >= p->room)
            continue;
        snprintf(p->value, p->room, "%s", line + len + 1);
        return true;
    }
    return false;
}

/* The row names the entry that decided last, and no older one. */
enum kr_error policies_get(struct store *s, const char *name, char *value, size_t room)
{
    char key[64];
    int64_t seq;
    struct entry e = {0};
    struct policy_line line = {name, value, room};
    policy_key(name, key);
    value[0] = '\0';
    enum kr_error error = meta_get(s, key, &seq);
    if (error == KR_OK)
        error = journal_newest(s, "policy", says, &line, &e);
    if (error == KR_E_NOT_FOUND && seq == 0)
        return KR_OK;
    if (error == KR_E_NOT_FOUND || (error == KR_OK && (uint64_t)seq != e.seq))
        error = kr_fail(KR_E_STORE_ROW, "meta " POLICY_PREFIX "%s, entry %" PRId64, name, seq);
    if (error != KR_OK)
        value[0] = '\0';
    entry_free(&e);
    return error;
}
