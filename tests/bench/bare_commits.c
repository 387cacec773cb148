#include "bare_commits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../crypto/hash.h"
#include "../../store/settings.h"
#include "holding.h"

struct bare_commits {
    struct store store; /* only its connection and its settings are used */
    sqlite3_stmt *insert;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bare commits: %s\n", what);
    exit(2);
}

struct bare_commits *bare_commits_open(const char *folder)
{
    struct bare_commits *b = calloc(1, sizeof *b);
    struct secret *key = secret_new(32);
    char path[PATH_MAX], text[68] = "x'";
    must(b && key && random_bytes(key->bytes, 32) == KR_OK, "a key");
    must(file_path(folder, "bare.db", path) == KR_OK, path);
    must(unlink(path) == 0 || errno == ENOENT, path);
    must(sqlite3_open(path, &b->store.db) == SQLITE_OK, path);
    hex_encode(key->bytes, 32, text + 2);
    text[66] = '\'';
    must(sqlite3_key(b->store.db, text, 67) == SQLITE_OK, "its key");
    must(settings_apply(&b->store) == KR_OK, "the settings");
    must(sqlite3_exec(b->store.db, "CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT)", NULL, NULL,
                      NULL) == SQLITE_OK,
         "a table");
    must(sqlite3_prepare_v2(b->store.db, "INSERT INTO t(text) VALUES('one row')", -1, &b->insert,
                            NULL) == SQLITE_OK,
         "a statement");
    secret_free(&key);
    return b;
}

double bare_commit(struct bare_commits *b)
{
    double start = bench_now();
    must(sqlite3_step(b->insert) == SQLITE_DONE && sqlite3_reset(b->insert) == SQLITE_OK,
         "a commit");
    return bench_now() - start;
}

void bare_commits_close(struct bare_commits **b)
{
    sqlite3_finalize((*b)->insert);
    sqlite3_close((*b)->store.db);
    free(*b);
    *b = NULL;
}
