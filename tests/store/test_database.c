/* The connection: its settings, its refusals, and what a dying disk or a killed process leaves
 * behind. */
#include "fixture.h"
#include "fault_vfs.h"
#include "../../store/settings.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int first_text(void *out, int n, char **values, char **names)
{
    (void)names;
    if (n > 0)
        snprintf(out, 256, "%s", values[0] ? values[0] : "");
    return 0;
}

static const char *answer(struct store *s, const char *sql)
{
    static char text[256];
    text[0] = '\0';
    sqlite3_exec(s->db, sql, first_text, text, NULL);
    return text;
}

/* One transaction that touches three tables; value tells which. */
static enum kr_error write_value(struct store *s, int value)
{
    char text[4000];
    struct ceremony_record c = {.id = "ROOT-2026-001", .script = "root-generate", .status = "open"};
    struct knowledge k = {.key = "GMPK/1/1", .component = value, .person = "alice"};
    memset(text, 'a' + value % 26, sizeof text - 1);
    snprintf(text, 16, "%d", value);
    c.script_text = text;
    c.state = text;
    enum kr_error error = store_begin(s);
    if (error != KR_OK)
        return error;
    error = ceremonies_put(s, &c);
    if (error == KR_OK)
        error = knowledge_put(s, &k);
    if (error == KR_OK)
        error = sealed_put(s, c.id, "component-1", (const uint8_t *)text, sizeof text);
    if (error == KR_OK)
        return store_commit(s);
    store_rollback(s);
    return error;
}

/* The value that all three tables agree on, 0 for none. */
static int read_value(struct store *s)
{
    struct ceremony_record c;
    uint8_t blob[4000];
    size_t len = sizeof blob;
    enum kr_error error = ceremonies_get(s, "ROOT-2026-001", &c);
    if (error == KR_E_NOT_FOUND) {
        assert_int_equal(sealed_get(s, "ROOT-2026-001", "component-1", blob, &len), KR_E_NOT_FOUND);
        return 0;
    }
    assert_int_equal(error, KR_OK);
    int value = atoi(c.state);
    assert_int_equal(atoi(c.script_text), value);
    assert_int_equal(strlen(c.state), strlen(c.script_text));
    ceremony_record_free(&c);
    assert_int_equal(sealed_get(s, "ROOT-2026-001", "component-1", blob, &len), KR_OK);
    assert_int_equal(atoi((char *)blob), value);
    assert_int_equal(atoi(answer(s, "SELECT max(component) FROM knowledge")), value);
    return value;
}

static void every_setting_is_in_force(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *sql, *shown;
    } wanted[] = {
        {"PRAGMA cipher_page_size", "4096"}, {"PRAGMA page_size", "4096"},
        {"PRAGMA journal_mode", "persist"},  {"PRAGMA synchronous", "3"},
        {"PRAGMA temp_store", "2"},          {"PRAGMA mmap_size", "0"},
        {"PRAGMA secure_delete", "1"},       {"PRAGMA foreign_keys", "1"},
        {"PRAGMA user_version", "6"},        {"PRAGMA recursive_triggers", "1"},
        {"PRAGMA cipher_use_hmac", "1"},     {"PRAGMA locking_mode", "exclusive"},
    };
    struct store *s;
    fixture_make(f, &s);
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
            assert_string_equal(answer(s, wanted[i].sql), wanted[i].shown);
        if (answer(s, "PRAGMA cipher_version")[0] != '3') {
            assert_string_equal(answer(s, "PRAGMA cipher_hmac_algorithm"), "HMAC_SHA1");
            assert_string_equal(answer(s, "PRAGMA cipher_kdf_algorithm"), "PBKDF2_HMAC_SHA1");
            assert_string_equal(answer(s, "PRAGMA cipher_log_level"), "NONE");
        }
        store_close(&s);
        assert_int_equal(fixture_open(f, false, &s), KR_OK);
    }
    store_close(&s);
}

static void a_setting_that_is_silently_not_taken_is_refused(void **state)
{
    (void)state;
    /* A database in memory answers journal_mode=PERSIST without an error and stays as it is. */
    struct store s = {.lock_fd = -1};
    assert_int_equal(sqlite3_open(":memory:", &s.db), SQLITE_OK);
    assert_int_equal(sqlite3_key(s.db, "x'00'", 5), SQLITE_OK);
    assert_int_equal(settings_apply(&s), KR_E_STORE_SETTING);
    assert_string_equal(kr_detail(), "journal_mode = PERSIST (memory)");
    sqlite3_close(s.db);
}

static void the_file_shows_nothing_in_clear_and_only_its_owner_may_read_it(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"journal.db", "journal.db-journal"};
    struct store *s;
    struct stat st;
    char path[128];
    uint8_t *bytes = malloc(1 << 20);
    fixture_make(f, &s);
    assert_int_equal(write_value(s, 1), KR_OK);
    assert_int_equal(write_value(s, 2), KR_OK);
    store_close(&s);
    for (size_t i = 0; i < 2; i++) {
        size_t len = fixture_read(f->dir, names[i], bytes, 1 << 20);
        assert_true(len > 4096);
        assert_null(memmem(bytes, len, "SQLite format 3", 15));
        assert_null(memmem(bytes, len, "CREATE", 6));
        assert_null(memmem(bytes, len, "root-generate", 13));
        assert_null(memmem(bytes, len, "cccccccccccccccc", 16));
        assert_null(memmem(bytes, len, f->key->bytes, 32));
        snprintf(path, sizeof path, "%s/%s", f->dir, names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 077, 0);
    }
    free(bytes);
}

static void a_second_store_is_never_made_over_the_first(void **state)
{
    struct fixture *f = *state;
    struct store *s, *second;
    fixture_make(f, &s);
    assert_int_equal(store_make(f->dir, &f->slots, f->key, &second), KR_E_STORE_BUSY);
    store_close(&s);
    assert_int_equal(store_make(f->dir, &f->slots, f->key, &second), KR_E_STORE_EXISTS);
    assert_null(second);
    f->slots.generation = 1;
    assert_int_equal(fixture_open(f, false, &s), KR_OK);
    store_close(&s);
}

static void a_founding_that_was_cut_off_can_be_done_again(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    char path[128];
    fixture_make(f, &s);
    store_close(&s);
    for (char which = 'a'; which <= 'b'; which++) {
        snprintf(path, sizeof path, "%s/slots.%c", f->dir, which);
        assert_int_equal(unlink(path), 0);
    }
    f->key->bytes[0] ^= 0xFF;
    fixture_make(f, &s);
    assert_int_equal(write_value(s, 1), KR_OK);
    store_close(&s);
    assert_true(file_exists(f->dir, "journal.db.unfinished"));
}

static void a_wrong_key_opens_nothing(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    fixture_make(f, &s);
    store_close(&s);
    f->key->bytes[7] ^= 1;
    assert_int_equal(fixture_open(f, false, &s), KR_E_SLOTS);
    /* Also when the slot file was made to fit that key. */
    assert_int_equal(slots_write(f->dir, &f->slots, f->key), KR_OK);
    assert_int_equal(fixture_open(f, false, &s), KR_E_STORE_DAMAGED);
    assert_int_equal(fixture_open(f, true, &s), KR_E_STORE_DAMAGED);
}

static void a_folder_without_database_is_a_missing_store(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    assert_int_equal(fixture_open(f, false, &s), KR_E_STORE_MISSING);
    assert_int_equal(slots_write(f->dir, &f->slots, f->key), KR_OK);
    snprintf(f->slots.cipher, sizeof f->slots.cipher,
             "sqlcipher raw-256 page-4096 hmac-sha1 kdf-sha1");
    assert_int_equal(store_open(f->dir, &f->slots, f->key, false, &s), KR_E_STORE_MISSING);
    assert_int_equal(store_open("/nowhere", &f->slots, f->key, true, &s), KR_E_STORE_MISSING);
}

static void a_second_console_is_turned_away(void **state)
{
    struct fixture *f = *state;
    struct store *first, *second;
    fixture_make(f, &first);
    assert_int_equal(fixture_open(f, false, &second), KR_E_STORE_BUSY);
    assert_int_equal(fixture_open(f, true, &second), KR_E_STORE_BUSY);
    store_close(&first);
    assert_int_equal(fixture_open(f, true, &first), KR_OK);
    assert_int_equal(fixture_open(f, true, &second),
                     KR_OK); /* two auditors do not disturb each other */
    store_close(&second);
    assert_int_equal(fixture_open(f, false, &second), KR_E_STORE_BUSY);
    store_close(&first);
}

/* As an attacker or another program with the key would: around every trigger and check. */
static void with_bare_connection(struct fixture *f, const char *sql)
{
    char path[128], key[68] = "x'";
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/journal.db", f->dir);
    hex_encode(f->key->bytes, 32, key + 2);
    key[66] = '\'';
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_key(db, key, 67), SQLITE_OK);
    sqlite3_exec(db,
                 "PRAGMA cipher_page_size = 4096; PRAGMA cipher_hmac_algorithm = HMAC_SHA1; "
                 "PRAGMA cipher_kdf_algorithm = PBKDF2_HMAC_SHA1",
                 NULL, NULL, NULL);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_database_of_a_newer_version_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    fixture_make(f, &s);
    store_close(&s);
    with_bare_connection(f, "PRAGMA user_version = 7");
    assert_int_equal(fixture_open(f, false, &s), KR_E_STORE_NEWER);
    assert_string_equal(kr_detail(), "7");
    assert_int_equal(fixture_open(f, true, &s), KR_E_STORE_NEWER);
}

/* The rows of sqlite_master stand in the order in which the tables were made: what a file of an
 * older version has is made before what came later, which is dropped here in any order. */
#define WITHOUT_LOST                                                                               \
    "DROP INDEX entries_decisions; DROP TABLE pieces; DROP TABLE receptions; "                     \
    "DROP TABLE facets; DROP TABLE facet_tail; DROP TABLE facet_sets; DROP TABLE layouts; "        \
    "DROP INDEX entries_openings; "
#define VERSION_2                                                                                  \
    WITHOUT_LOST                                                                                   \
    "CREATE TABLE pieces(ceremony TEXT NOT NULL, chip TEXT NOT NULL, number TEXT NOT NULL, what "  \
    "TEXT NOT NULL CHECK(what IN ('doubt', 'good', 'spoiled', 'returned')), place INTEGER NOT "    \
    "NULL, PRIMARY KEY(ceremony, chip)) WITHOUT ROWID; " STAYS(                                    \
        "pieces", "DELETE") "CREATE INDEX entries_openings ON entries(seq) WHERE kind IN "         \
                            "('found', 'open'); "                                                  \
                            "CREATE TABLE layouts(digest TEXT PRIMARY KEY, text BLOB NOT NULL) "   \
                            "WITHOUT ROWID; " STAYS("layouts", "UPDATE")                           \
                                STAYS("layouts", "DELETE")
#define STAYS(table, what)                                                                         \
    "CREATE TRIGGER " table "_no_" what " BEFORE " what " ON " table                               \
    " BEGIN SELECT RAISE(ABORT, '" table " are only added to'); END; "
#define FACETS                                                                                     \
    "CREATE TABLE facets(id INTEGER PRIMARY KEY, class INTEGER NOT NULL, value TEXT NOT NULL, "    \
    "turned TEXT NOT NULL); CREATE UNIQUE INDEX facets_value ON facets(class, value); "            \
    "CREATE INDEX facets_turned ON facets(class, turned) WHERE turned <> ''; "                     \
    "CREATE TABLE facet_tail(seq INTEGER PRIMARY KEY, facets BLOB NOT NULL); "                     \
    "CREATE TABLE facet_sets(facet INTEGER NOT NULL, stretch INTEGER NOT NULL, entries BLOB NOT "  \
    "NULL, PRIMARY KEY(facet, stretch)) WITHOUT ROWID; "
#define RECEPTIONS                                                                                 \
    "CREATE TABLE receptions(ceremony TEXT PRIMARY KEY, note TEXT NOT NULL, origin TEXT NOT "      \
    "NULL, "                                                                                       \
    "size INTEGER NOT NULL, root TEXT NOT NULL, log_key TEXT NOT NULL, text BLOB NOT NULL) "       \
    "WITHOUT ROWID; " STAYS("receptions", "UPDATE") STAYS("receptions", "DELETE")
/* Keys as they were up to version 5, in their place among the others. */
#define KEYS_5                                                                                     \
    "DROP TABLE keys_archive; DROP TABLE keys; "                                                   \
    "CREATE TABLE keys(kind TEXT NOT NULL, grp INTEGER NOT NULL, version INTEGER NOT NULL, suite " \
    "TEXT NOT NULL, purpose INTEGER NOT NULL, state TEXT NOT NULL CHECK(state IN ('generated', "   \
    "'active', 'retired', 'destroyed')), kcv TEXT NOT NULL, kcv_algorithm TEXT NOT NULL, "         \
    "components INTEGER NOT NULL, ceremony TEXT NOT NULL, made_ms INTEGER NOT NULL, blob BLOB "    \
    "NOT NULL, PRIMARY KEY(kind, grp, version)) WITHOUT ROWID; "                                   \
    "CREATE UNIQUE INDEX keys_active ON keys(kind, grp) WHERE state = 'active'; "                  \
    "CREATE TRIGGER keys_destroyed BEFORE UPDATE ON keys WHEN OLD.state = 'destroyed' BEGIN "      \
    "SELECT RAISE(ABORT, 'a destroyed key stays destroyed'); END; " STAYS(                         \
        "keys", "DELETE") "INSERT INTO keys VALUES('GMPK', 1, 1, '3des', 4, 'active', '08D7B4', "  \
                          "'3des-zeros', 2, "                                                      \
                          "'ROOT-2026-001', 0, x'0102'), ('GMPK', 1, 2, '3des', 4, 'destroyed', "  \
                          "'8CA64D', "                                                             \
                          "'3des-zeros', 2, 'ROOT-2026-002', 0, x''); "                            \
                          "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rowid = rowid + " \
                          "1000 WHERE tbl_name "                                                   \
                          "NOT IN ('entries', 'checkpoints', 'meta', 'people', 'keys') OR name "   \
                          "IN ('entries_openings', "                                               \
                          "'entries_decisions'); PRAGMA writable_schema = OFF; "
#define ONE_PIECE "INSERT INTO pieces VALUES('WASH-2026-001', '4B52', '-', 'spoiled', 1); "

/* Read as it is, then opened for writing, and found whole ever after, with its piece. */
static void upgraded(struct fixture *f, const char *sql, unsigned pieces)
{
    struct store *s;
    struct piece_sum sum;
    struct key_record keys[4];
    size_t count;
    with_bare_connection(f, sql);
    for (int turn = 0; turn < 3; turn++) {
        assert_int_equal(fixture_open(f, turn != 1, &s), KR_OK);
        if (turn > 0) {
            assert_int_equal(pieces_sum(s, "WASH-2026-001", &sum), KR_OK);
            assert_int_equal(sum.drawn, pieces);
            assert_int_equal(sum.spoiled, pieces);
            assert_int_equal(keys_list(s, keys, 4, &count), KR_OK);
            assert_int_equal(count, 1);
            assert_int_equal(keys[0].blob_len, 2);
            assert_string_equal(keys[0].state, "active");
            assert_int_equal(keys_list_all(s, keys, 4, &count), KR_OK);
            assert_int_equal(count, 2);
            assert_string_equal(keys[1].state, "destroyed");
        }
        store_close(&s);
    }
}

static void a_database_of_an_older_version_gets_what_it_lacks_and_is_read_without(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    fixture_make(f, &s);
    store_close(&s);
    upgraded(f,
             WITHOUT_LOST "DROP TABLE data_rows; DROP INDEX cards_factor; " KEYS_5
                          "PRAGMA user_version = 1",
             0);
    upgraded(f, VERSION_2 ONE_PIECE KEYS_5 "PRAGMA user_version = 2", 1);
    upgraded(f, VERSION_2 ONE_PIECE FACETS KEYS_5 "PRAGMA user_version = 3", 1);
    upgraded(f, VERSION_2 ONE_PIECE FACETS RECEPTIONS KEYS_5 "PRAGMA user_version = 4", 1);
    upgraded(f, KEYS_5 "PRAGMA user_version = 5", 1);
}

static void a_dropped_trigger_or_an_added_one_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    fixture_make(f, &s);
    store_close(&s);
    with_bare_connection(f, "CREATE TRIGGER extra AFTER INSERT ON people BEGIN SELECT 1; END");
    assert_int_equal(fixture_open(f, false, &s), KR_E_STORE_DAMAGED);
    with_bare_connection(f, "DROP TRIGGER extra");
    assert_int_equal(fixture_open(f, false, &s), KR_OK);
    store_close(&s);
    with_bare_connection(f, "DROP TRIGGER entries_no_DELETE");
    assert_int_equal(fixture_open(f, false, &s), KR_E_STORE_DAMAGED);
}

static int attempt(struct store *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL);
}

static void entries_and_checkpoints_are_only_added_to(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    fixture_make(f, &s);
    assert_int_equal(attempt(s, "BEGIN"), SQLITE_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(
            attempt(s, "INSERT INTO entries SELECT ifnull(max(seq) + 1, 0), zeroblob(32), 'note', "
                       "zeroblob(32), x'00', x'00' FROM entries"),
            SQLITE_OK);
    assert_int_equal(attempt(s, "INSERT INTO checkpoints(size, tree, text) VALUES(3, x'00', 'c')"),
                     SQLITE_OK);
    static const char *const refused[] = {
        "UPDATE entries SET kind = 'x' WHERE seq = 1",
        "DELETE FROM entries WHERE seq = 2",
        "DELETE FROM entries",
        "INSERT OR REPLACE INTO entries VALUES(1, zeroblob(32), 'n', zeroblob(32), x'01', x'')",
        "INSERT INTO entries VALUES(7, zeroblob(32), 'note', zeroblob(32), x'01', x'00')",
        "INSERT INTO entries VALUES(NULL, zeroblob(32), 'note', zeroblob(32), x'01', x'00')",
        "UPDATE checkpoints SET text = 'd'",
        "DELETE FROM checkpoints",
        "INSERT OR REPLACE INTO checkpoints(id, size, tree, text) VALUES(1, 3, x'00', 'd')",
        "INSERT INTO checkpoints(size, tree, text) VALUES(2, x'00', 'smaller')",
        "DELETE FROM keys",
        "DELETE FROM keys_archive",
        "DELETE FROM cards",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        bool empty = strstr(refused[i], "keys") || strstr(refused[i], "cards");
        assert_int_equal(attempt(s, refused[i]), empty ? SQLITE_OK : SQLITE_CONSTRAINT_TRIGGER);
    }
    assert_string_equal(answer(s, "SELECT count(*) || group_concat(kind) FROM entries"),
                        "3note,note,note");
    assert_int_equal(attempt(s, "ROLLBACK"), SQLITE_OK);
    store_close(&s);
}

static void a_write_outside_a_transaction_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    struct knowledge k = {.key = "GMPK/1/1", .component = 1, .person = "alice"};
    fixture_make(f, &s);
    assert_int_equal(knowledge_put(s, &k), KR_E_ARGUMENT);
    assert_int_equal(store_commit(s), KR_E_ARGUMENT);
    assert_int_equal(store_begin(s), KR_OK);
    assert_int_equal(store_begin(s), KR_E_ARGUMENT);
    assert_int_equal(knowledge_put(s, &k), KR_OK);
    store_rollback(s);
    assert_string_equal(answer(s, "SELECT count(*) FROM knowledge"), "0");
    store_close(&s);
}

static void a_reader_cannot_write_and_leaves_every_file_as_it_was(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    struct stat before, after;
    char path[128];
    fixture_make(f, &s);
    assert_int_equal(write_value(s, 5), KR_OK);
    store_close(&s);
    snprintf(path, sizeof path, "%s/lock", f->dir);
    assert_int_equal(unlink(path), 0); /* a copy may lack it */
    assert_int_equal(stat(f->dir, &before), 0);
    assert_int_equal(fixture_open(f, true, &s), KR_OK);
    assert_false(store_recovered(s));
    assert_int_equal(read_value(s), 5);
    assert_int_equal(store_begin(s), KR_E_ARGUMENT);
    assert_int_equal(attempt(s, "DELETE FROM sealed"), SQLITE_READONLY);
    store_close(&s);
    assert_int_equal(stat(f->dir, &after), 0);
    assert_memory_equal(&before.st_mtim, &after.st_mtim,
                        sizeof before.st_mtim); /* no file came or went */
}

/* ---- Kills ---- */

static void child_writes_for_ever(struct fixture *f, int acknowledge)
{
    struct store *s;
    if (fixture_open(f, false, &s) != KR_OK)
        _exit(3);
    for (int value = read_value(s) + 1;; value++)
        if (write_value(s, value) != KR_OK ||
            write(acknowledge, &value, sizeof value) != sizeof value)
            _exit(4);
}

/* Lets it acknowledge once, then kills it a little later. */
static int kill_after(struct fixture *f, useconds_t microseconds)
{
    int pipe_ends[2], value = 0, got, status;
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(pipe_ends[0]);
        child_writes_for_ever(f, pipe_ends[1]);
    }
    close(pipe_ends[1]);
    assert_int_equal(read(pipe_ends[0], &value, sizeof value), sizeof value);
    usleep(microseconds);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    while (read(pipe_ends[0], &got, sizeof got) == sizeof got)
        value = got;
    close(pipe_ends[0]);
    return value;
}

static void after_kill_9_what_was_acknowledged_is_there_and_nothing_by_halves(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    int acknowledged = 0;
    fixture_make(f, &s);
    store_close(&s);
    for (unsigned i = 0; i < 40; i++) {
        int value = kill_after(f, i * 7919 % 20000);
        acknowledged = value > acknowledged ? value : acknowledged;
        bool as_auditor = i % 2;
        assert_int_equal(fixture_open(f, as_auditor, &s), KR_OK);
        int found = read_value(s);
        assert_true(found == acknowledged ||
                    found == acknowledged + 1); /* committed, not yet told */
        acknowledged = found;
        store_close(&s);
    }
    assert_true(acknowledged >= 40);
}

/* And is told that a write was unfinished. */
static void auditor_sees_the_same_and_changes_nothing(struct fixture *f)
{
    struct store *s;
    uint8_t first = 0;
    assert_int_equal(fixture_read(f->dir, "journal.db-journal", &first, 1), 1);
    assert_int_not_equal(first, 0);
    assert_int_equal(fixture_open(f, true, &s), KR_OK);
    assert_true(store_recovered(s));
    assert_int_equal(read_value(s), 1);
    assert_string_equal(answer(s, "SELECT count(*) FROM sealed"), "1");
    char copy[PATH_MAX];
    strcpy(copy, s->copy_dir);
    store_close(&s);
    assert_int_equal(access(copy, F_OK), -1);
    assert_int_equal(fixture_read(f->dir, "journal.db-journal", &first, 1), 1);
    assert_int_not_equal(first, 0);
}

static void killed_between_begin_and_commit_nothing_of_it_is_left(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    int status;
    fixture_make(f, &s);
    assert_int_equal(write_value(s, 1), KR_OK);
    store_close(&s);
    pid_t child = fork();
    if (child == 0) {
        struct ceremony_record c = {.id = "ROOT-2026-002", .script = "x", .status = "open"};
        if (fixture_open(f, false, &s) != KR_OK || store_begin(s) != KR_OK ||
            ceremonies_put(s, &c) != KR_OK)
            _exit(3);
        /* Also with the pages already in the file and the journal hot. */
        sqlite3_exec(s->db, "PRAGMA cache_spill = ON; PRAGMA cache_size = 1", NULL, NULL, NULL);
        for (int i = 0; i < 200; i++) {
            char name[16];
            uint8_t blob[2000] = {0};
            snprintf(name, sizeof name, "%d", i);
            if (sealed_put(s, c.id, name, blob, sizeof blob) != KR_OK)
                _exit(4);
        }
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));

    auditor_sees_the_same_and_changes_nothing(f);
    assert_int_equal(fixture_open(f, false, &s), KR_OK);
    assert_false(store_recovered(s));
    assert_int_equal(read_value(s), 1);
    struct ceremony_record c;
    assert_int_equal(ceremonies_get(s, "ROOT-2026-002", &c), KR_E_NOT_FOUND);
    store_close(&s);
}

/* ---- Disks ---- */

static void fail_everywhere(struct fixture *f, bool lasting, int code)
{
    struct store *s;
    long at = 1;
    int value = 1;
    assert_int_equal(fixture_open(f, false, &s), KR_OK);
    value = read_value(s);
    for (bool fired = true; fired; at++) {
        fault_arm(at, lasting, code);
        enum kr_error error = write_value(s, value + 1);
        fired = fault.calls >= at;
        fault.fail_at = fired ? at : 0;
        if (!fired) {
            assert_int_equal(error, KR_OK);
            break;
        }
        assert_int_equal(error, KR_E_STORE_WRITE);
        long calls = fault.calls;
        /* Frozen: nothing more is tried on that disk. */
        assert_int_equal(write_value(s, value + 1), KR_E_STORE_WRITE);
        assert_int_equal(store_begin(s), KR_E_STORE_WRITE);
        struct key_record k;
        assert_int_equal(keys_find(s, "GMPK", 1, &k), KR_E_STORE_WRITE);
        assert_int_equal(fault.calls, calls);
        store_close(&s);
        fault_arm(0, false, 0);
        assert_int_equal(fixture_open(f, false, &s), KR_OK);
        int found = read_value(s);
        assert_true(found == value || found == value + 1);
        value = found;
    }
    assert_true(at > 5);
    store_close(&s);
}

static void at_whichever_write_the_disk_fails_the_store_freezes_and_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    fixture_make(f, &s);
    assert_int_equal(write_value(s, 1), KR_OK);
    store_close(&s);
    fault_install();
    fail_everywhere(f, false, SQLITE_IOERR_WRITE);
    fail_everywhere(f, true, SQLITE_IOERR_WRITE);
    fail_everywhere(f, true, SQLITE_FULL);
    fail_everywhere(f, false, SQLITE_FULL);
    fault_remove();
}

static void a_disk_that_fails_while_opening_is_a_plain_refusal(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    fixture_make(f, &s);
    assert_int_equal(write_value(s, 1), KR_OK);
    store_close(&s);
    fault_install();
    for (long at = 1;; at++) {
        fault_arm(at, true, SQLITE_FULL);
        enum kr_error error = fixture_open(f, false, &s);
        if (fault.calls < at) {
            assert_int_equal(error, KR_OK);
            break;
        }
        assert_int_equal(error, KR_E_STORE_WRITE);
        assert_null(s);
    }
    fault_arm(0, false, 0);
    assert_int_equal(read_value(s), 1);
    store_close(&s);
    fault_remove();
}

static void a_full_disk_freezes_the_store(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    struct rlimit old, small;
    struct stat st;
    char path[128];
    fixture_make(f, &s);
    assert_int_equal(write_value(s, 1), KR_OK);
    snprintf(path, sizeof path, "%s/journal.db", f->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = (rlim_t)st.st_size;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum kr_error error = KR_OK;
    int value = 2;
    for (; error == KR_OK && value < 100; value++) {
        struct knowledge k = {.key = "GMPK/1/1", .component = value, .person = "alice"};
        uint8_t blob[4000] = {1};
        char name[16];
        snprintf(name, sizeof name, "%d", value);
        if ((error = store_begin(s)) != KR_OK)
            break;
        error = knowledge_put(s, &k);
        if (error == KR_OK)
            error = sealed_put(s, "x", name, blob, sizeof blob);
        if (error == KR_OK)
            error = store_commit(s);
        else
            store_rollback(s);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(error, KR_E_STORE_WRITE);
    assert_int_equal(store_begin(s), KR_E_STORE_WRITE); /* space or not */
    assert_true(strlen(kr_detail()) > 0);
    store_close(&s);
    assert_int_equal(fixture_open(f, false, &s), KR_OK);
    assert_int_equal(write_value(s, 200), KR_OK);
    store_close(&s);
}

/* ---- Damage ---- */

static void a_flipped_bit_in_any_page_is_damage_or_stays_unread(void **state)
{
    struct fixture *f = *state;
    struct store *s;
    uint8_t *bytes = malloc(1 << 20);
    size_t noticed = 0;
    fixture_make(f, &s);
    assert_int_equal(write_value(s, 1), KR_OK);
    store_close(&s);
    size_t len = fixture_read(f->dir, "journal.db", bytes, 1 << 20);
    for (size_t at = 0; at < len; at += 1361) {
        bytes[at] ^= 0x10;
        fixture_write(f->dir, "journal.db", bytes, len);
        enum kr_error error = fixture_open(f, true, &s);
        if (error == KR_OK) {
            struct ceremony_record c;
            error = ceremonies_get(s, "ROOT-2026-001", &c);
            if (error == KR_OK) {
                assert_int_equal(atoi(c.state), 1);
                ceremony_record_free(&c);
            }
            store_close(&s);
        }
        assert_true(error == KR_OK || error == KR_E_STORE_DAMAGED);
        noticed += error != KR_OK;
        bytes[at] ^= 0x10;
    }
    assert_true(noticed >= 9); /* the pages of the schema and of that row */
    free(bytes);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_setting_is_in_force),
        CASE(a_setting_that_is_silently_not_taken_is_refused),
        CASE(the_file_shows_nothing_in_clear_and_only_its_owner_may_read_it),
        CASE(a_second_store_is_never_made_over_the_first),
        CASE(a_founding_that_was_cut_off_can_be_done_again),
        CASE(a_wrong_key_opens_nothing),
        CASE(a_folder_without_database_is_a_missing_store),
        CASE(a_second_console_is_turned_away),
        CASE(a_database_of_a_newer_version_is_left_alone),
        CASE(a_database_of_an_older_version_gets_what_it_lacks_and_is_read_without),
        CASE(a_dropped_trigger_or_an_added_one_is_noticed),
        CASE(entries_and_checkpoints_are_only_added_to),
        CASE(a_write_outside_a_transaction_is_refused),
        CASE(a_reader_cannot_write_and_leaves_every_file_as_it_was),
        CASE(after_kill_9_what_was_acknowledged_is_there_and_nothing_by_halves),
        CASE(killed_between_begin_and_commit_nothing_of_it_is_left),
        CASE(at_whichever_write_the_disk_fails_the_store_freezes_and_loses_nothing),
        CASE(a_disk_that_fails_while_opening_is_a_plain_refusal),
        CASE(a_full_disk_freezes_the_store),
        CASE(a_flipped_bit_in_any_page_is_damage_or_stays_unread),
    };
    return cmocka_run_group_tests_name("database", tests, NULL, NULL);
}
