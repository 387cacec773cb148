/* The tables. At opening they are compared with what the file holds, so a dropped trigger does not
 * go unnoticed. */
#include <stdio.h>
#include <string.h>

#include "settings.h"

#define REFUSE(table, what)                                                                        \
    "CREATE TRIGGER " table "_no_" what " BEFORE " what " ON " table                               \
    " BEGIN SELECT RAISE(ABORT, '" table " are only added to'); END"

/* Up to version 4; then a piece that cannot be found counted as spoiled. */
static const char pieces_4[] =
    "CREATE TABLE pieces(ceremony TEXT NOT NULL, chip TEXT NOT NULL, number TEXT NOT NULL, "
    "what TEXT NOT NULL CHECK(what IN ('doubt', 'good', 'spoiled', 'returned')), "
    "place INTEGER NOT NULL, PRIMARY KEY(ceremony, chip)) WITHOUT ROWID";
static const char pieces_4_stay[] = REFUSE("pieces", "DELETE");

/* Up to version 5: a key that was destroyed kept its row, and none was compromised. */
static const char keys_5[] =
    "CREATE TABLE keys(kind TEXT NOT NULL, grp INTEGER NOT NULL, version INTEGER NOT NULL, suite "
    "TEXT NOT NULL, "
    "purpose INTEGER NOT NULL, state TEXT NOT NULL CHECK(state IN "
    "('generated', 'active', 'retired', 'destroyed')), kcv TEXT NOT NULL, kcv_algorithm TEXT NOT "
    "NULL, "
    "components INTEGER NOT NULL, ceremony TEXT NOT NULL, made_ms INTEGER NOT NULL, blob BLOB NOT "
    "NULL, "
    "PRIMARY KEY(kind, grp, version)) WITHOUT ROWID";
static const char keys_5_active[] =
    "CREATE UNIQUE INDEX keys_active ON keys(kind, grp) WHERE state = 'active'";
static const char keys_5_destroyed[] =
    "CREATE TRIGGER keys_destroyed BEFORE UPDATE ON keys WHEN OLD.state = 'destroyed' "
    "BEGIN SELECT RAISE(ABORT, 'a destroyed key stays destroyed'); END";
static const char keys_5_stay[] = REFUSE("keys", "DELETE");

static const char *const schema[] = {
    "CREATE TABLE entries(seq INTEGER PRIMARY KEY, leaf_hash BLOB NOT NULL CHECK(length(leaf_hash) "
    "= 32), "
    "kind TEXT NOT NULL, salt BLOB NOT NULL CHECK(length(salt) = 32), leaf BLOB NOT NULL, body "
    "BLOB NOT NULL)",
    REFUSE("entries", "UPDATE"),
    REFUSE("entries", "DELETE"),
    "CREATE TRIGGER entries_in_order BEFORE INSERT ON entries "
    "WHEN NEW.seq <> ifnull((SELECT max(seq) FROM entries) + 1, 0) "
    "BEGIN SELECT RAISE(ABORT, 'entries are numbered without gaps'); END",
    /* Opening reads who was enrolled without reading every entry. */
    "CREATE INDEX entries_people ON entries(seq) WHERE kind IN ('found', 'enrol', 'revoke')",

    "CREATE TABLE checkpoints(id INTEGER PRIMARY KEY, size INTEGER NOT NULL, tree BLOB NOT NULL, "
    "text TEXT NOT NULL)",
    REFUSE("checkpoints", "UPDATE"),
    REFUSE("checkpoints", "DELETE"),
    "CREATE TRIGGER checkpoints_in_order BEFORE INSERT ON checkpoints "
    "WHEN NEW.id IN (SELECT id FROM checkpoints) OR "
    "NEW.size < ifnull((SELECT size FROM checkpoints ORDER BY id DESC LIMIT 1), 0) "
    "BEGIN SELECT RAISE(ABORT, 'checkpoints only grow'); END",

    "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE people(person TEXT PRIMARY KEY, name TEXT NOT NULL, roles INTEGER NOT NULL, "
    "public_key BLOB NOT NULL CHECK(length(public_key) = 32), revoked INTEGER NOT NULL) WITHOUT "
    "ROWID",

    keys_5,
    keys_5_active,
    keys_5_destroyed,
    keys_5_stay,

    "CREATE TABLE sealed(ceremony TEXT NOT NULL, name TEXT NOT NULL, blob BLOB NOT NULL, "
    "PRIMARY KEY(ceremony, name)) WITHOUT ROWID",

    "CREATE TABLE knowledge(key TEXT NOT NULL, component INTEGER NOT NULL, person TEXT NOT NULL, "
    "seq INTEGER NOT NULL, PRIMARY KEY(key, component, person)) WITHOUT ROWID",
    REFUSE("knowledge", "UPDATE"),
    REFUSE("knowledge", "DELETE"),

    "CREATE TABLE cards(piece INTEGER PRIMARY KEY, number TEXT NOT NULL, kind TEXT "
    "NOT NULL, "
    "chip TEXT NOT NULL, state TEXT NOT NULL, layout TEXT NOT NULL, pair TEXT NOT NULL, "
    "ceremony TEXT NOT NULL, label TEXT NOT NULL, changed_ms INTEGER NOT NULL, "
    "spoiled INTEGER NOT NULL CHECK(spoiled = 0 OR state IN ('spoiled', 'destroyed')))",
    "CREATE UNIQUE INDEX cards_number ON cards(number) WHERE number <> '' AND spoiled = 0",
    "CREATE INDEX cards_chip ON cards(chip)",
    REFUSE("cards", "DELETE"),
    "CREATE TABLE series(series TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID",

    "CREATE TABLE ceremonies(id TEXT PRIMARY KEY, script TEXT NOT NULL, status TEXT NOT NULL "
    "CHECK(status IN "
    "('open', 'closing', 'closed', 'aborted')), opened_ms INTEGER NOT NULL, script_text TEXT NOT "
    "NULL)",
    "CREATE TABLE ceremony_states(id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID",

    /* Version 2; at the end, because a file of version 1 gets them there. */
    /* The order of the inventory, and which numbers would share their keys. */
    "CREATE INDEX cards_factor ON cards(substr(number, 5))",
    "CREATE TABLE data_rows(ceremony TEXT NOT NULL, n INTEGER NOT NULL, asn TEXT NOT NULL, "
    "text TEXT NOT NULL, PRIMARY KEY(ceremony, n)) WITHOUT ROWID",
    pieces_4,
    pieces_4_stay,
    /* Going on with a ceremony finds its opening without reading every entry. */
    "CREATE INDEX entries_openings ON entries(seq) WHERE kind IN ('found', 'open')",
    "CREATE TABLE layouts(digest TEXT PRIMARY KEY, text BLOB NOT NULL) WITHOUT ROWID",
    REFUSE("layouts", "UPDATE"),
    REFUSE("layouts", "DELETE"),

    /* Version 3: what entries are looked for by, derived from them (facets.h). */
    "CREATE TABLE facets(id INTEGER PRIMARY KEY, class INTEGER NOT NULL, value TEXT NOT NULL, "
    "turned TEXT NOT NULL)",
    "CREATE UNIQUE INDEX facets_value ON facets(class, value)",
    "CREATE INDEX facets_turned ON facets(class, turned) WHERE turned <> ''",
    "CREATE TABLE facet_tail(seq INTEGER PRIMARY KEY, facets BLOB NOT NULL)",
    "CREATE TABLE facet_sets(facet INTEGER NOT NULL, stretch INTEGER NOT NULL, entries BLOB NOT "
    "NULL, PRIMARY KEY(facet, stretch)) WITHOUT ROWID",

    /* Version 4: which transfer notes cards were taken in on. */
    "CREATE TABLE receptions(ceremony TEXT PRIMARY KEY, note TEXT NOT NULL, origin TEXT NOT NULL, "
    "size INTEGER NOT NULL, root TEXT NOT NULL, log_key TEXT NOT NULL, text BLOB NOT NULL) "
    "WITHOUT ROWID",
    REFUSE("receptions", "UPDATE"),
    REFUSE("receptions", "DELETE"),

    /* Version 5: pieces that are lost; what was decided last is found without reading every
     * entry. */
    "CREATE TABLE pieces(ceremony TEXT NOT NULL, chip TEXT NOT NULL, number TEXT NOT NULL, "
    "what TEXT NOT NULL CHECK(what IN ('doubt', 'good', 'spoiled', 'lost', 'returned')), "
    "place INTEGER NOT NULL, PRIMARY KEY(ceremony, chip)) WITHOUT ROWID",
    REFUSE("pieces", "DELETE"),
    "CREATE INDEX entries_decisions ON entries(seq) WHERE kind IN ('close', 'policy', "
    "'exception')",

    /* Version 6: keys may be compromised, and what is destroyed leaves for the archive. */
    "CREATE TABLE keys(kind TEXT NOT NULL, grp INTEGER NOT NULL, version INTEGER NOT NULL, suite "
    "TEXT NOT NULL, purpose INTEGER NOT NULL, state TEXT NOT NULL CHECK(state IN ('generated', "
    "'active', 'retired', 'compromised')), kcv TEXT NOT NULL, kcv_algorithm TEXT NOT NULL, "
    "components INTEGER NOT NULL, ceremony TEXT NOT NULL, made_ms INTEGER NOT NULL, blob BLOB NOT "
    "NULL, PRIMARY KEY(kind, grp, version)) WITHOUT ROWID",
    "CREATE UNIQUE INDEX keys_active ON keys(kind, grp) WHERE state = 'active'",
    "CREATE TABLE keys_archive(kind TEXT NOT NULL, grp INTEGER NOT NULL, version INTEGER NOT NULL, "
    "suite TEXT NOT NULL, purpose INTEGER NOT NULL, state TEXT NOT NULL CHECK(state IN "
    "('destroyed', 'destroyed-compromised')), kcv TEXT NOT NULL, kcv_algorithm TEXT NOT NULL, "
    "components INTEGER NOT NULL, ceremony TEXT NOT NULL, made_ms INTEGER NOT NULL, "
    "PRIMARY KEY(kind, grp, version)) WITHOUT ROWID",
    "CREATE TRIGGER keys_leave BEFORE DELETE ON keys WHEN NOT EXISTS (SELECT 1 FROM keys_archive "
    "WHERE kind = OLD.kind AND grp = OLD.grp AND version = OLD.version) "
    "BEGIN SELECT RAISE(ABORT, 'a key leaves for the archive'); END",
    "CREATE TRIGGER keys_return BEFORE INSERT ON keys WHEN EXISTS (SELECT 1 FROM keys_archive "
    "WHERE kind = NEW.kind AND grp = NEW.grp AND version = NEW.version) "
    "BEGIN SELECT RAISE(ABORT, 'a destroyed key stays destroyed'); END",
    "CREATE TRIGGER keys_archive_stay BEFORE UPDATE OF kind, grp, version, suite, purpose, kcv, "
    "kcv_algorithm, components, ceremony, made_ms ON keys_archive "
    "BEGIN SELECT RAISE(ABORT, 'what is archived stays as it is'); END",
    REFUSE("keys_archive", "DELETE"),
};
#define SCHEMA_COUNT (sizeof schema / sizeof schema[0])

/* How many of them, from the first on, a file of that version has. */
static size_t schema_of(int version)
{
    static const size_t added[] = {0, 0, 8, 5, 3, 3, 7}; /* by versions 2 to 6 */
    size_t count = SCHEMA_COUNT;
    for (int v = DATABASE_SCHEMA; v > version; v--)
        count -= added[v];
    return count;
}

/* The version that no longer has a statement which earlier ones had; 0: all have it. */
static int ends_with(const char *sql)
{
    if (sql == pieces_4 || sql == pieces_4_stay)
        return LOST_SCHEMA;
    return sql == keys_5 || sql == keys_5_active || sql == keys_5_destroyed || sql == keys_5_stay
               ? ARCHIVE_SCHEMA
               : 0;
}

/* Whether a file of that version, which has it in its turn, still has it. */
static bool stands(size_t at, int version)
{
    int end = ends_with(schema[at]);
    return end == 0 || version < end;
}

/* "KRTE": what file(1) and sqlite call the application; kept in the encrypted header. */
#define APPLICATION_ID 0x4B525445

static enum kr_error execute(struct store *s, const char *sql)
{
    int code = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? KR_OK : database_error(s, code, true);
}

/* The statements that a file of the version before lacks. */
static enum kr_error create_rest(struct store *s, size_t first)
{
    enum kr_error error = KR_OK;
    for (size_t i = first; i < SCHEMA_COUNT && error == KR_OK; i++)
        if (stands(i, DATABASE_SCHEMA))
            error = execute(s, schema[i]);
    return error;
}

/* before and after: around what is made; NULL for nothing. */
static enum kr_error create_from(struct store *s, size_t first, const char *before,
                                 const char *after)
{
    char numbers[96];
    snprintf(numbers, sizeof numbers, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             APPLICATION_ID, DATABASE_SCHEMA);
    enum kr_error error = execute(s, "BEGIN IMMEDIATE");
    if (error == KR_OK && before != NULL)
        error = execute(s, before);
    if (error == KR_OK)
        error = create_rest(s, first);
    if (error == KR_OK && after != NULL)
        error = execute(s, after);
    if (error == KR_OK)
        error = execute(s, numbers);
    if (error == KR_OK)
        error = execute(s, "COMMIT");
    if (error == KR_OK)
        s->schema = DATABASE_SCHEMA;
    return error;
}

#define KEYS_MOVE                                                                                  \
    "kind, grp, version, suite, purpose, state, kcv, kcv_algorithm, components, ceremony, made_ms"

/* Pieces move into the table that knows lost ones, keys into those that part what is destroyed. */
static enum kr_error upgrade(struct store *s)
{
    bool pieces = s->schema >= PIECES_SCHEMA && s->schema < LOST_SCHEMA;
    char before[512], after[1024];
    snprintf(before, sizeof before,
             "%sDROP TRIGGER keys_destroyed; DROP TRIGGER keys_no_DELETE; "
             "DROP INDEX keys_active; ALTER TABLE keys RENAME TO keys_before",
             pieces ? "ALTER TABLE pieces RENAME TO pieces_before; DROP TRIGGER pieces_no_DELETE; "
                    : "");
    snprintf(after, sizeof after,
             "%sINSERT INTO keys_archive SELECT " KEYS_MOVE " FROM keys_before "
             "WHERE state = 'destroyed'; "
             "INSERT INTO keys SELECT " KEYS_MOVE ", blob FROM keys_before "
             "WHERE state <> 'destroyed'; DROP TABLE keys_before",
             pieces ? "INSERT INTO pieces SELECT ceremony, chip, number, what, place "
                      "FROM pieces_before; DROP TABLE pieces_before; "
                    : "");
    return create_from(s, schema_of(s->schema), before, after);
}

enum kr_error schema_create(struct store *s)
{
    return create_from(s, 0, NULL, NULL);
}

static enum kr_error number(struct store *s, const char *sql, int64_t *value)
{
    struct query q;
    *value = 0;
    query_begin(&q, s, sql);
    if (query_row(&q))
        *value = query_get_int(&q, 0);
    return query_end(&q);
}

static enum kr_error check_numbers(struct store *s)
{
    int64_t version, application;
    /* The first read of the file: a wrong key or a damaged first page shows here. */
    enum kr_error error = number(s, "PRAGMA user_version", &version);
    if (error == KR_OK)
        error = number(s, "PRAGMA application_id", &application);
    if (error != KR_OK)
        return error;
    if (version > DATABASE_SCHEMA)
        return kr_fail(KR_E_STORE_NEWER, "%lld", (long long)version);
    if (version < 1 || application != APPLICATION_ID)
        return kr_fail(KR_E_STORE_DAMAGED, "journal.db, user_version %lld", (long long)version);
    s->schema = (int)version;
    return KR_OK;
}

static enum kr_error check_texts(struct store *s)
{
    size_t wanted = schema_of(s->schema);
    struct query q;
    size_t i = 0;
    /* Rows lie in the order in which they were made; what SQLite adds by itself has no text or its
     * own prefix. */
    query_begin(
        &q, s,
        "SELECT sql, name FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\' ORDER BY rowid");
    for (; query_row(&q); i++) {
        char sql[1024], name[64];
        query_get_text(&q, 0, sql, sizeof sql);
        query_get_text(&q, 1, name, sizeof name);
        while (i < wanted && !stands(i, s->schema))
            i++;
        if (q.error == KR_OK && (i >= wanted || strcmp(sql, schema[i]) != 0))
            q.error = kr_fail(KR_E_STORE_DAMAGED, "journal.db, schema of %s", name);
    }
    while (i < wanted && !stands(i, s->schema))
        i++;
    if (q.error == KR_OK && i != wanted)
        q.error = kr_fail(KR_E_STORE_DAMAGED, "journal.db, schema");
    return query_end(&q);
}

enum kr_error schema_check(struct store *s)
{
    enum kr_error error = check_numbers(s);
    if (error == KR_OK)
        error = check_texts(s);
    if (error == KR_OK && s->schema < DATABASE_SCHEMA && !s->read_only)
        error = upgrade(s);
    return error;
}
