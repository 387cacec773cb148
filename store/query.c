/* Statements: prepared once, kept, run under the store's lock; the first error stays in the query.
 */
#include <string.h>

#include "database.h"

static size_t cache_find(const struct store *s, const char *sql)
{
    size_t i = 0;
    while (i < s->cached && s->cache[i].sql != sql && strcmp(s->cache[i].sql, sql) != 0)
        i++;
    return i;
}

/* A statement that is in use further up the stack is prepared a second time and not kept. */
static int cache_take(struct query *q, const char *sql)
{
    struct store *s = q->store;
    size_t i = cache_find(s, sql);
    q->slot = DATABASE_STATEMENTS;
    if (i < s->cached && !s->cache[i].busy) {
        q->statement = s->cache[i].statement;
        s->cache[i].busy = true;
        q->slot = i;
        return SQLITE_OK;
    }
    int code = sqlite3_prepare_v2(s->db, sql, -1, &q->statement, NULL);
    if (code == SQLITE_OK && i == s->cached && i < DATABASE_STATEMENTS) {
        s->cache[i].sql = sql;
        s->cache[i].statement = q->statement;
        s->cache[i].busy = true;
        q->slot = i;
        s->cached++;
    }
    return code;
}

static enum kr_error write_allowed(const struct store *s)
{
    if (s->read_only)
        return kr_fail(KR_E_ARGUMENT, "a write to a store opened for reading");
    if (!s->in_transaction)
        return kr_fail(KR_E_ARGUMENT, "a write outside a transaction");
    return s->failed;
}

void query_begin(struct query *q, struct store *s, const char *sql)
{
    *q = (struct query){.store = s, .slot = DATABASE_STATEMENTS};
    database_lock(s);
    q->error = database_usable(s);
    if (q->error != KR_OK)
        return;
    int code = cache_take(q, sql);
    if (code != SQLITE_OK)
        q->error = database_error(s, code, false);
    else if (!sqlite3_stmt_readonly(q->statement))
        q->error = write_allowed(s);
}

static void bound(struct query *q, int code)
{
    if (code != SQLITE_OK)
        q->error = database_error(q->store, code, false);
}

void query_int(struct query *q, int index, int64_t value)
{
    if (q->error == KR_OK)
        bound(q, sqlite3_bind_int64(q->statement, index, value));
}

void query_text(struct query *q, int index, const char *text)
{
    if (q->error == KR_OK)
        bound(q, sqlite3_bind_text(q->statement, index, text ? text : "", -1, SQLITE_STATIC));
}

void query_blob(struct query *q, int index, const void *bytes, size_t len)
{
    /* SQLite turns a NULL pointer into NULL, which is not an empty blob. */
    if (q->error == KR_OK)
        bound(q, sqlite3_bind_blob64(q->statement, index, len ? bytes : "", len, SQLITE_STATIC));
}

bool query_row(struct query *q)
{
    if (q->error != KR_OK)
        return false;
    int code = sqlite3_step(q->statement);
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    bool writing = !sqlite3_stmt_readonly(q->statement);
    if ((code & 0xFF) == SQLITE_CONSTRAINT) {
        q->constraint = code;
        q->error = kr_fail(KR_E_ARGUMENT, "%s", sqlite3_errmsg(q->store->db));
        return false;
    }
    q->error = database_error(q->store, code, writing);
    /* SQLite may have undone only the statement or the whole transaction: either way it must not be
     * committed. */
    if (writing && q->store->in_transaction && q->store->failed == KR_OK)
        q->store->failed = q->error;
    return false;
}

int64_t query_get_int(struct query *q, int column)
{
    return q->error == KR_OK ? sqlite3_column_int64(q->statement, column) : 0;
}

static void misfit(struct query *q, int column)
{
    q->error = kr_fail(KR_E_STORE_DAMAGED, "journal.db, column %s",
                       sqlite3_column_name(q->statement, column));
}

const void *query_peek(struct query *q, int column, size_t *len)
{
    *len = 0;
    if (q->error != KR_OK)
        return NULL;
    /* For a text the bytes are the same and already UTF-8, so nothing is converted. */
    const void *bytes = sqlite3_column_blob(q->statement, column);
    if (!bytes && sqlite3_errcode(q->store->db) == SQLITE_NOMEM)
        q->error = KR_E_MEMORY;
    *len = bytes ? (size_t)sqlite3_column_bytes(q->statement, column) : 0;
    return bytes;
}

void query_get_blob(struct query *q, int column, void *out, size_t room, size_t *len)
{
    const void *bytes = query_peek(q, column, len);
    if (q->error == KR_OK && *len > room)
        misfit(q, column);
    if (q->error != KR_OK)
        *len = 0;
    else if (*len > 0)
        memcpy(out, bytes, *len);
}

void query_get_text(struct query *q, int column, char *out, size_t room)
{
    size_t len = 0;
    out[0] = '\0';
    const void *text = query_peek(q, column, &len);
    if (q->error != KR_OK || len == 0)
        return;
    if (len >= room || memchr(text, 0, len)) {
        misfit(q, column);
        return;
    }
    memcpy(out, text, len);
    out[len] = '\0';
}

void query_get_bytes(struct query *q, int column, void *out, size_t len)
{
    size_t got = 0;
    const void *bytes = query_peek(q, column, &got);
    if (q->error == KR_OK && got != len)
        misfit(q, column);
    if (q->error == KR_OK && len > 0)
        memcpy(out, bytes, len);
}

enum kr_error query_end(struct query *q)
{
    if (q->slot < DATABASE_STATEMENTS) {
        /* The step has already told its error; reset repeats it. */
        sqlite3_reset(q->statement);
        sqlite3_clear_bindings(q->statement);
        q->store->cache[q->slot].busy = false;
    } else if (q->statement) {
        sqlite3_finalize(q->statement);
    }
    q->statement = NULL;
    database_unlock(q->store);
    return q->error;
}

enum kr_error query_run(struct query *q, enum kr_error on_constraint)
{
    while (query_row(q))
        continue;
    enum kr_error error = query_end(q);
    return q->constraint ? on_constraint : error;
}
