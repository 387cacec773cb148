/* Making, opening and closing a store, and its transactions. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facets.h"
#include "founding.h"
#include "lock.h"
#include "renewal.h"
#include "settings.h"
#include "slot_format.h"

static enum kr_error store_new(const char *dir, const struct slots *slots, struct store **out)
{
    struct store *s = calloc(1, sizeof *s);
    pthread_mutexattr_t recursive;
    if (!s)
        return KR_E_MEMORY;
    if (strlen(dir) >= sizeof s->dir) {
        free(s);
        return kr_fail(KR_E_TOO_LONG, "%s", dir);
    }
    snprintf(s->dir, sizeof s->dir, "%s", dir);
    s->slots = *slots;
    s->lock_fd = -1;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&s->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    *out = s;
    return KR_OK;
}

void store_close(struct store **s)
{
    if (!*s)
        return;
    if ((*s)->committing)
        commit_settle(*s);
    if ((*s)->in_transaction)
        store_rollback(*s);
    database_close(*s);
    renewal_free(*s);
    course_now_free(&(*s)->course);
    recovery_drop((*s)->copy_dir);
    store_unlock(&(*s)->lock_fd);
    pthread_mutex_destroy(&(*s)->lock);
    free(*s);
    *s = NULL;
}

const char *store_dir(const struct store *s)
{
    return s->dir;
}

bool store_recovered(const struct store *s)
{
    return s->recovered;
}

/* ---- Transactions ---- */

static enum kr_error execute(struct store *s, const char *sql)
{
    struct query q;
    query_begin(&q, s, sql);
    return query_run(&q, KR_E_STORE_DAMAGED);
}

/* Prepares ROLLBACK, so that no memory is wanted for it when memory is what has run out. */
static enum kr_error ready_to_undo(struct store *s)
{
    struct query q;
    query_begin(&q, s, "ROLLBACK");
    return query_end(&q);
}

enum kr_error store_begin(struct store *s)
{
    database_lock(s);
    enum kr_error error = database_usable(s);
    if (error == KR_OK && (s->in_transaction || s->read_only))
        error = kr_fail(KR_E_ARGUMENT, s->read_only ? "a write to a store opened for reading"
                                                    : "a transaction within a transaction");
    if (error == KR_OK)
        error = ready_to_undo(s);
    if (error == KR_OK) {
        s->in_transaction = true; /* BEGIN IMMEDIATE counts as a write itself */
        error = execute(s, "BEGIN IMMEDIATE");
        s->in_transaction = error == KR_OK;
        s->failed = KR_OK;
    }
    if (error != KR_OK)
        database_unlock(s);
    return error;
}

/* Leaves the transaction; memory then says what the file says. */
static void transaction_end(struct store *s, bool committed)
{
    if (committed)
        s->durable = s->head;
    else
        s->head = s->durable;
    s->failed = KR_OK;
    s->in_transaction = false;
    database_unlock(s);
}

void store_rollback(struct store *s)
{
    if (!s->in_transaction)
        return;
    /* After a failed write nothing more is written here: the next opening rolls back from the
     * journal on disk. SQLite may also have rolled back by itself. */
    if (!s->frozen && !sqlite3_get_autocommit(s->db) && execute(s, "ROLLBACK") != KR_OK)
        database_freeze(s, "ROLLBACK");
    transaction_end(s, false);
}

static enum kr_error may_commit(struct store *s)
{
    if (!s->in_transaction)
        return kr_fail(KR_E_ARGUMENT, "a commit without a transaction");
    enum kr_error error = database_usable(s);
    return error == KR_OK ? s->failed : error;
}

/* Whatever the reason for an error: it is not known what reached the disk. */
static enum kr_error committed(struct store *s, enum kr_error error)
{
    if (error != KR_OK && !s->frozen)
        error = database_freeze(s, "COMMIT");
    if (error != KR_OK)
        store_rollback(s);
    else
        transaction_end(s, true);
    return error;
}

enum kr_error store_commit(struct store *s)
{
    enum kr_error error = may_commit(s);
    if (error == KR_OK)
        return committed(s, execute(s, "COMMIT"));
    store_rollback(s);
    return error;
}

static void *run_commit(void *store)
{
    struct store *s = store;
    s->commit_code = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
    return NULL;
}

enum kr_error store_commit_start(struct store *s)
{
    enum kr_error error = may_commit(s);
    if (error == KR_OK && pthread_create(&s->committer, NULL, run_commit, s) != 0)
        return store_commit(s);
    if (error == KR_OK)
        s->committing = true;
    else
        store_rollback(s);
    return error;
}

/* Only whoever holds the transaction's lock gets here while there is something to settle. */
void commit_settle(struct store *s)
{
    pthread_join(s->committer, NULL);
    s->committing = false;
    s->commit_result = committed(s, database_error(s, s->commit_code, true));
    snprintf(s->commit_detail, sizeof s->commit_detail, "%s",
             s->commit_result == KR_OK ? "" : kr_detail());
}

enum kr_error store_commit_finish(struct store *s)
{
    database_lock(s);
    enum kr_error error = s->commit_result;
    s->commit_result = KR_OK;
    database_unlock(s);
    return error == KR_OK ? KR_OK : kr_fail(error, "%s", s->commit_detail);
}

/* ---- Opening, counted ---- */

/* An opening is itself a durable write: it shows a full or read-only disk at once, and it
 * overwrites a rollback journal whose last fsync may have failed in an earlier life. It also
 * remembers the slot file, so that an older one put back shows. */
static enum kr_error record_opening(struct store *s)
{
    int64_t generation = 0, opened = 0;
    enum kr_error error = meta_get(s, "slots.generation", &generation);
    if (error == KR_OK)
        error = meta_get(s, "opened", &opened);
    if (error == KR_OK && s->slots.generation < (uint64_t)generation)
        error = kr_fail(KR_E_STORE_OLD, "slots %llu < %llu",
                        (unsigned long long)s->slots.generation, (unsigned long long)generation);
    if (error != KR_OK || s->read_only)
        return error;
    error = store_begin(s);
    if (error != KR_OK)
        return error;
    error = meta_put(s, "opened", opened + 1);
    if (error == KR_OK)
        error = meta_put(s, "slots.generation", (int64_t)s->slots.generation);
    if (error == KR_OK)
        return store_commit(s);
    store_rollback(s);
    return error;
}

/* ---- Making ---- */

/* A founding that was cut off leaves a database that nobody has a slot for. It is put aside, never
 * deleted. */
static enum kr_error put_aside(const char *dir)
{
    char path[PATH_MAX], aside[PATH_MAX], journal[PATH_MAX];
    if (file_exists(dir, "slots.a") || file_exists(dir, "slots.b") || file_exists(dir, "anchor"))
        return kr_fail(KR_E_STORE_EXISTS, "%s", dir);
    enum kr_error error = file_path(dir, "journal.db", path);
    if (error == KR_OK)
        error = file_path(dir, "journal.db.unfinished", aside);
    if (error == KR_OK)
        error = file_path(dir, "journal.db-journal", journal);
    if (error == KR_OK && rename(path, aside) != 0 && errno != ENOENT)
        error = kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
    if (error == KR_OK && unlink(journal) != 0 && errno != ENOENT)
        error = kr_fail(KR_E_FILE, "%s: %s", journal, strerror(errno));
    return error;
}

static enum kr_error found(struct store *s, struct slots *slots, const struct secret *database_key)
{
    enum kr_error error = put_aside(s->dir);
    if (error == KR_OK)
        error = database_open(s, database_key, true);
    if (error == KR_OK)
        error = journal_open(s);
    s->durable = s->head;
    if (error == KR_OK)
        error = directory_sync(s->dir);
    s->slots = *slots;
    return error;
}

enum kr_error store_bind(struct store *s, const struct slots *slots)
{
    struct entry first;
    uint8_t hash[32];
    enum kr_error error = journal_read(s, 0, &first);
    if (error == KR_OK)
        error = entry_leaf_hash(&first, hash);
    if (error == KR_OK)
        error = founding_is_bound(hash, slots);
    if (error == KR_OK)
        s->slots = *slots;
    entry_free(&first);
    return error;
}

enum kr_error store_publish(struct store *s, const struct secret *database_key)
{
    enum kr_error error = slots_write(s->dir, &s->slots, database_key);
    return error == KR_OK ? record_opening(s) : error;
}

enum kr_error store_make(const char *dir, struct slots *slots, const struct secret *database_key,
                         struct store **s)
{
    enum kr_error error = store_prepare(dir, slots, database_key, s);
    if (error == KR_OK)
        error = store_publish(*s, database_key);
    if (error == KR_OK)
        slots->generation = (*s)->slots.generation;
    else
        store_close(s);
    return error;
}

enum kr_error store_prepare(const char *dir, struct slots *slots, const struct secret *database_key,
                            struct store **s)
{
    *s = NULL;
    snprintf(slots->cipher, sizeof slots->cipher, "%s", DATABASE_CIPHER);
    slots->generation = 0;
    enum kr_error error = directory_make(dir);
    if (error == KR_OK)
        error = store_new(dir, slots, s);
    if (error == KR_OK)
        error = store_lock_writing(dir, &(*s)->lock_fd);
    if (error == KR_OK)
        error = found(*s, slots, database_key);
    if (error != KR_OK)
        store_close(s);
    return error;
}

/* ---- Opening ---- */

static enum kr_error take_lock(struct store *s)
{
    if (!file_exists(s->dir, "journal.db"))
        return kr_fail(KR_E_STORE_MISSING, "%s", s->dir);
    return s->read_only ? store_lock_reading(s->dir, &s->lock_fd)
                        : store_lock_writing(s->dir, &s->lock_fd);
}

static enum kr_error check_slots(struct store *s, const struct secret *database_key)
{
    if (strcmp(s->slots.cipher, DATABASE_CIPHER) != 0)
        return kr_fail(KR_E_STORE_NEWER, "%s", s->slots.cipher);
    enum kr_error error = slots_check(s->dir, &s->slots, database_key);
    if (error == KR_OK && !s->read_only)
        error = slots_repair(s->dir);
    return error;
}

static enum kr_error recover_for_reading(struct store *s)
{
    if (!s->read_only || !recovery_needed(s->dir))
        return KR_OK;
    s->recovered = true;
    return recovery_copy(s->dir, s->copy_dir);
}

/* An auditor is told by store_verify(). */
static enum kr_error check_people(struct store *s)
{
    enum kr_error error = s->head.tree.size > 0 ? people_agree(&s->slots, &s->head.roster) : KR_OK;
    people_revoke(&s->slots, &s->head.roster);
    return error;
}

static enum kr_error open_all(struct store *s, const struct secret *database_key)
{
    enum kr_error error = take_lock(s);
    if (error == KR_OK)
        error = check_slots(s, database_key);
    if (error == KR_OK)
        error = recover_for_reading(s);
    if (error == KR_OK)
        error = database_open(s, database_key, false);
    if (error == KR_OK)
        error = journal_open(s);
    s->durable = s->head;
    if (error == KR_OK)
        error = renewal_settle(s, database_key);
    if (error == KR_OK && !s->read_only)
        error = check_people(s);
    if (error == KR_OK)
        error = record_opening(s);
    /* An auditor is told by store_verify() what the anchor says, instead of being refused. */
    if (error == KR_OK && !s->read_only)
        error = anchor_check(s);
    if (error == KR_OK && !s->read_only)
        error = facets_catch_up(s, 4 * FACET_LAG);
    return error;
}

enum kr_error store_open(const char *dir, const struct slots *slots,
                         const struct secret *database_key, bool read_only, struct store **s)
{
    *s = NULL;
    enum kr_error error = store_new(dir, slots, s);
    if (error != KR_OK)
        return error;
    (*s)->read_only = read_only;
    error = open_all(*s, database_key);
    if (error != KR_OK)
        store_close(s);
    return error;
}
