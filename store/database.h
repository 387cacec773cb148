/*
 * Inside the store floor only: the one SQLCipher connection, its tables, and how statements are
 * run. No other floor includes this header; they see store.h.
 *
 * Tables (schema version DATABASE_SCHEMA, kept in PRAGMA user_version; created by
 * database_schema()): entries(seq INTEGER PRIMARY KEY, leaf_hash BLOB 32, kind TEXT, salt BLOB 32,
 * leaf BLOB, body BLOB)   append-only seq from 0 without gaps; leaf = entry_leaf(); body = entry's
 * canonical text; UPDATE, DELETE and a seq that is not the next one are refused by triggers.
 *   checkpoints(id INTEGER PRIMARY KEY, size INTEGER, tree BLOB, text TEXT) append-only size = tree
 * size signed; tree = tree_save() of that size; text = the whole signed note. meta(name TEXT
 * PRIMARY KEY, value)             "slots.generation": highest slot file generation seen
 *   people(person TEXT PRIMARY KEY, name TEXT, roles INTEGER, public_key BLOB 32, revoked INTEGER)
 *   keys(kind, grp, version PRIMARY KEY, suite, purpose, state, kcv, kcv_algorithm, components,
 * ceremony, made_ms, blob)
 *   keys_archive(the same without blob)            of what is destroyed; only the mark may change
 *   sealed(ceremony, name PRIMARY KEY, blob) knowledge(key, component,
 * person PRIMARY KEY, seq)                                                 append-only cards(piece
 * INTEGER PRIMARY KEY, number, kind, chip, state, layout, pair, ceremony, label, changed_ms,
 * spoiled) series(series TEXT PRIMARY KEY, last INTEGER)  running counts of card numbers
 *   ceremonies(id TEXT PRIMARY KEY, script, status, opened_ms, script_text)
 *   ceremony_states(id TEXT PRIMARY KEY, state)    apart, so that saving the state rewrites nothing
 * else
 *   data_rows(ceremony, n PRIMARY KEY, asn, text)  of the data file that cards are issued from
 *   layouts(digest PRIMARY KEY, text)              append-only
 *   pieces(ceremony, chip PRIMARY KEY, number, what, place)
 *   receptions(ceremony PRIMARY KEY, note, origin, size, root, log_key, text)     append-only
 *   facets(id INTEGER PRIMARY KEY, class, value, turned), facet_tail(seq PRIMARY KEY, facets),
 * facet_sets(facet, stretch PRIMARY KEY, entries)  derived from entries (facets.h)
 */
#ifndef KEYRITE_STORE_DATABASE_H
#define KEYRITE_STORE_DATABASE_H

#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include "course.h"
#include "journal_head.h"
#include "store.h"

#define DATABASE_SCHEMA     6
#define PIECES_SCHEMA       2 /* the first with pieces as rows */
#define FACETS_SCHEMA       3 /* the first with what entries are looked for by */
#define RECEPTIONS_SCHEMA   4 /* the first with receptions */
#define LOST_SCHEMA         5 /* the first in which a piece may be lost */
#define ARCHIVE_SCHEMA      6 /* the first with an archive of destroyed keys */
#define DATABASE_STATEMENTS 64

struct store {
    sqlite3 *db;
    struct {
        const char *sql; /* as given to query_begin(): string literals, compared as text */
        sqlite3_stmt *statement;
        bool busy;
    } cache[DATABASE_STATEMENTS];
    size_t cached;
    pthread_mutex_t lock; /* recursive; begin..commit holds it */
    bool read_only;
    int schema; /* of the file; an older one is brought up to date at opening, but not read-only */
    bool in_transaction;
    bool committing; /* by the thread committer; its owner is whoever holds the lock */
    pthread_t committer;
    int commit_code;             /* SQLite's, of the commit that was started */
    enum kr_error commit_result; /* of the commit that was started, until it is asked for */
    char commit_detail[192];
    enum kr_error failed; /* first error of a write in this transaction: commit then rolls back */
    bool frozen;          /* a write failed: every call answers KR_E_STORE_WRITE */
    bool recovered; /* opened read-only beside an unfinished write, rolled back in a private copy */
    char frozen_why[192];
    char dir[PATH_MAX];
    char copy_dir[PATH_MAX]; /* the private copy, "" when none */
    struct secret *key;      /* read-only: for the pages that nothing else reads; else NULL */
    int lock_fd;
    struct slots slots;            /* as the store was opened; store_slots() tells the newest */
    struct slots_renewed *renewed; /* since then (renewal.c) */
    struct slots_renewed *coming;  /* prepared and not yet in force */
    uint8_t *coming_bytes;
    size_t coming_len;
    uint8_t slots_digest[32]; /* with which the slot file in force ends */
    struct journal_head head, durable;
    struct course_now course;
};

/* ---- Statements ----
 *   struct query q;
 *   query_begin(&q, s, "SELECT leaf FROM entries WHERE seq = ?1");     takes the lock
 *   query_int(&q, 1, seq);
 *   if (query_row(&q))
 *       query_get_blob(&q, 0, buffer, sizeof buffer, &len);
 *   return query_end(&q);                                              always; gives the lock back
 * The first error is kept in the query, everything after it does nothing, and query_end() returns
 * it. */
struct query {
    struct store *store;
    sqlite3_stmt *statement;
    size_t slot;
    enum kr_error error;
    int constraint; /* extended SQLite code when a constraint or trigger refused the row, else 0 */
};
/* A statement that writes needs a transaction (KR_E_ARGUMENT) and a store not opened read-only. */
void query_begin(struct query *q, struct store *s, const char *sql);
void query_int(struct query *q, int index, int64_t value);
/* text and bytes must stay until query_end(). NULL text is stored as "". */
void query_text(struct query *q, int index, const char *text);
void query_blob(struct query *q, int index, const void *bytes, size_t len);
/* True while there is a row. */
bool query_row(struct query *q);
int64_t query_get_int(struct query *q, int column);
/* KR_E_STORE_DAMAGED in the query when it does not fit; NUL added to text. */
void query_get_text(struct query *q, int column, char *out, size_t room);
void query_get_blob(struct query *q, int column, void *out, size_t room, size_t *len);
/* Exactly len bytes or KR_E_STORE_DAMAGED. */
void query_get_bytes(struct query *q, int column, void *out, size_t len);
/* Points into the row, valid until the next query_row(); NULL and 0 when empty. */
const void *query_peek(struct query *q, int column, size_t *len);
enum kr_error query_end(struct query *q);
/* For statements without rows: runs it, then query_end(). A row refused by a constraint or trigger
 * gives on_constraint. */
enum kr_error query_run(struct query *q, enum kr_error on_constraint);

/* ---- Connection (database.c) ---- */

/* Opens dir/journal.db, gives the key, applies every setting and reads each back
 * (KR_E_STORE_SETTING), checks the version (KR_E_STORE_NEWER). create: a new file with the tables.
 */
enum kr_error database_open(struct store *s, const struct secret *database_key, bool create);
/* Of a store opened read-only: every page of the file bears its MAC (page_macs.h). */
enum kr_error database_pages_agree(struct store *s);
void database_close(struct store *s);
/* Translates an SQLite result; write errors freeze the store. */
enum kr_error database_error(struct store *s, int code, bool writing);
/* From here on every call answers KR_E_STORE_WRITE. why is data (a file, an errno text). Returns
 * that error. */
enum kr_error database_freeze(struct store *s, const char *why);
/* KR_E_STORE_WRITE when frozen. */
enum kr_error database_usable(struct store *s);
void database_lock(struct store *s); /* finishes a commit that was started */
void database_unlock(struct store *s);

/* ---- Transactions (store.c) ---- */

/* Waits for the commit that was started and keeps its result for store_commit_finish(). */
void commit_settle(struct store *s);

/* ---- Journal (journal.c): called once by store_make() and store_open() after the settings are in
 * force. Sets s->head from the newest checkpoint and the entries after it, checking each; an empty
 * store gives an empty head. Read-only it checks nothing: store_verify() names what is wrong.
 * store.c then copies head to durable. ---- */
enum kr_error journal_open(struct store *s);

/* ---- Anchor (anchor.c): the last signed checkpoint in a file beside the database ---- */

/* After the commit of a checkpoint. Temp file, fsync, rename, directory fsync; a failure freezes
 * the store. */
enum kr_error anchor_write(struct store *s, const char *text, size_t len);
/* KR_E_NOT_FOUND when there is none. text gets a NUL. */
enum kr_error anchor_read(const char *dir, char *text, size_t room, size_t *len);
/* KR_E_STORE_OLD when the store lies below the anchor; brings an anchor left behind by a crash up
 * to date. */
enum kr_error anchor_check(struct store *s);

/* ---- Card numbers (cards.c) ---- */

enum card_series { SERIES_KSN, SERIES_PSN, SERIES_ASN, SERIES_COUNT };
const char *cards_series_name(enum card_series series);
/* False when there is no such series. */
bool cards_series_by_name(const char *name, enum card_series *series);
/* True for a number of this centre; n is its place in the running count of its series. */
bool cards_number_read(const struct store *s, const char *number, enum card_series *series,
                       int64_t *n);

/* ---- Numbers in meta (meta.c) ---- */

/* 0 where there is none. Working state, which nobody signs; but what policies are kept under names
 * the entries that are signed (policies_get()). */
enum kr_error meta_get(struct store *s, const char *name, int64_t *value);
enum kr_error meta_put(struct store *s, const char *name, int64_t value);

/* ---- Cards (cards.c) ---- */

/* What card_from_row() reads, in this order. */
#define CARD_COLUMNS "piece, number, kind, chip, state, layout, pair, ceremony, label, changed_ms"
void card_from_row(struct query *q, struct card_record *c);

/* ---- Files (files.c) ---- */

/* dir/name replaced as a whole: temp, fsync, rename, fsync of the folder. KR_E_FILE. */
enum kr_error file_replace(const char *dir, const char *name, const void *bytes, size_t len);
/* KR_E_NOT_FOUND, KR_E_FILE, KR_E_TOO_LONG. */
enum kr_error file_read(const char *dir, const char *name, void *bytes, size_t room, size_t *len);
/* dir + "/" + name; KR_E_TOO_LONG. */
enum kr_error file_path(const char *dir, const char *name, char out[PATH_MAX]);
bool file_exists(const char *dir, const char *name);
enum kr_error directory_sync(const char *dir);
/* Syncs the folder that path lies in: only then does its name outlast a power cut. KR_E_FILE,
 * KR_E_TOO_LONG. */
enum kr_error parent_sync(const char *path);
/* Makes the folder, and its name lasting; fine when it is there. KR_E_FILE, KR_E_TOO_LONG. */
enum kr_error directory_make(const char *dir);

#endif
