/* The one connection to journal.db: opening, key, and what an SQLite error means here. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "page_macs.h"
#include "settings.h"
#include "../crypto/hash.h"

void database_lock(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->committing)
        commit_settle(s);
}

void database_unlock(struct store *s)
{
    pthread_mutex_unlock(&s->lock);
}

enum kr_error database_usable(struct store *s)
{
    return s->frozen ? kr_fail(KR_E_STORE_WRITE, "%s", s->frozen_why) : KR_OK;
}

enum kr_error database_freeze(struct store *s, const char *why)
{
    if (!s->frozen)
        snprintf(s->frozen_why, sizeof s->frozen_why, "%s", why);
    s->frozen = true;
    return database_usable(s);
}

enum kr_error database_error(struct store *s, int code, bool writing)
{
    char what[160];
    snprintf(what, sizeof what, "journal.db: %s (%d)", sqlite3_errmsg(s->db),
             sqlite3_extended_errcode(s->db));
    switch (code & 0xFF) {
    case SQLITE_OK:
        return KR_OK;
    case SQLITE_NOMEM:
        return kr_fail(KR_E_MEMORY, "%s", what);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return kr_fail(KR_E_STORE_BUSY, "%s", what);
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        /* Also while reading: what the disk will do next is unknown. */
        return s->read_only ? kr_fail(KR_E_FILE, "%s", what) : database_freeze(s, what);
    default:
        /* SQLITE_NOTADB, SQLITE_CORRUPT; a page whose MAC fails can also come as a plain
         * SQLITE_ERROR. */
        return writing ? database_freeze(s, what) : kr_fail(KR_E_STORE_DAMAGED, "%s", what);
    }
}

/* file: URI of journal.db for reading; only that form can say that the file does not change under
 * us. */
static enum kr_error immutable_uri(const char *path, char *uri, size_t room)
{
    size_t n = (size_t)snprintf(uri, room, "file:");
    for (; *path; path++) {
        if (n + 32 > room)
            return kr_fail(KR_E_TOO_LONG, "journal.db");
        bool plain = (*path >= 'a' && *path <= 'z') || (*path >= 'A' && *path <= 'Z') ||
                     (*path >= '0' && *path <= '9') || strchr("/._-", *path);
        n += (size_t)snprintf(uri + n, room - n, plain ? "%c" : "%%%02X", (unsigned char)*path);
    }
    snprintf(uri + n, room - n, "?immutable=1");
    return KR_OK;
}

/* Made before SQLite does, so that nobody else may read it; the rollback journal takes over its
 * mode. */
static enum kr_error create_empty(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return kr_fail(errno == EEXIST ? KR_E_STORE_EXISTS : KR_E_FILE, "%s: %s", path,
                       strerror(errno));
    close(fd);
    return KR_OK;
}

static enum kr_error give_key(struct store *s, const struct secret *key)
{
    if (key->len != 32)
        return kr_fail(KR_E_KEY_LENGTH, "%zu", key->len);
    struct secret *text = secret_new(2 + 64 + 1 + 1);
    if (!text)
        return KR_E_MEMORY;
    memcpy(text->bytes, "x'", 2);
    hex_encode(key->bytes, 32, (char *)text->bytes + 2);
    text->bytes[2 + 64] = '\'';
    int code = sqlite3_key(s->db, text->bytes, 2 + 64 + 1);
    secret_free(&text);
    return code == SQLITE_OK ? KR_OK : database_error(s, code, false);
}

static enum kr_error connect(struct store *s)
{
    char path[PATH_MAX], uri[3 * PATH_MAX + 64];
    enum kr_error error = file_path(s->copy_dir[0] ? s->copy_dir : s->dir, "journal.db", path);
    /* A private copy with an unfinished write must be written once, by the rollback. */
    bool immutable = s->read_only && !s->copy_dir[0];
    if (error == KR_OK && immutable)
        error = immutable_uri(path, uri, sizeof uri);
    if (error != KR_OK)
        return error;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    flags |= immutable ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE;
    int code = sqlite3_open_v2(immutable ? uri : path, &s->db, flags, NULL);
    if (!s->db)
        return KR_E_MEMORY;
    sqlite3_extended_result_codes(s->db, 1);
    return code == SQLITE_OK ? KR_OK : database_error(s, code, false);
}

enum kr_error database_open(struct store *s, const struct secret *database_key, bool create)
{
    char path[PATH_MAX];
    enum kr_error error = file_path(s->dir, "journal.db", path);
    if (error == KR_OK && create)
        error = create_empty(path);
    if (error == KR_OK)
        error = connect(s);
    if (error == KR_OK)
        error = give_key(s, database_key);
    if (error == KR_OK && s->read_only && (s->key = secret_duplicate(database_key)) == NULL)
        error = KR_E_MEMORY;
    if (error == KR_OK)
        error = settings_apply(s);
    if (error == KR_OK && create)
        error = schema_create(s);
    if (error == KR_OK)
        error = schema_check(s);
    return error;
}

void database_close(struct store *s)
{
    for (size_t i = 0; i < s->cached; i++)
        sqlite3_finalize(s->cache[i].statement);
    s->cached = 0;
    /* A frozen connection is not asked to roll back: SQLite leaves its journal for the next
     * opening. */
    sqlite3_close(s->db);
    s->db = NULL;
    secret_free(&s->key);
}

enum kr_error database_pages_agree(struct store *s)
{
    char path[PATH_MAX];
    enum kr_error error = file_path(s->copy_dir[0] ? s->copy_dir : s->dir, "journal.db", path);
    return error == KR_OK ? page_macs_check(path, s->key) : error;
}
