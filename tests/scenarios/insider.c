/*
 * Somebody who is enrolled, and so has the database key, alters rows.
 *
 *   insider STORE PERSON    on standard input the passphrase, then SQL, a statement to a line
 *
 * Triggers are off for this connection: SQLite lets whoever opens a database say so. Exit status 1
 * when something did not go.
 */
#include <stdio.h>
#include <string.h>

#include "../../crypto/slot.h"
#include "../../store/database.h"

static int say(const char *what, const char *why)
{
    fprintf(stderr, "insider: %s: %s\n", what, why);
    return 1;
}

static int alter(sqlite3 *db)
{
    char line[4096];
    int status = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) == SQLITE_OK
                     ? 0
                     : say("triggers", sqlite3_errmsg(db));
    while (status == 0 && fgets(line, sizeof line, stdin)) {
        if (sqlite3_exec(db, line, NULL, NULL, NULL) != SQLITE_OK)
            status = say(line, sqlite3_errmsg(db));
        else if (sqlite3_changes(db) == 0)
            status = say(line, "no row");
    }
    return status;
}

int main(int argc, char **argv)
{
    static struct slots slots;
    char passphrase[256];
    struct secret *typed = NULL, *key = NULL;
    struct store *store = NULL;
    enum kr_error err = argc == 3 && fgets(passphrase, sizeof passphrase, stdin)
                            ? secret_heap_open()
                            : kr_fail(KR_E_ARGUMENT, "insider STORE PERSON");
    if (!err)
        err = slots_read(argv[1], &slots);
    const struct person *p = err ? NULL : slots_find(&slots, argv[2]);
    passphrase[strcspn(passphrase, "\n")] = '\0';
    typed = p ? secret_from(passphrase, strlen(passphrase)) : NULL;
    if (!err)
        err = typed ? slot_database_key(&p->slot, typed, &key) : KR_E_PERSON_UNKNOWN;
    if (!err)
        err = store_open(argv[1], &slots, key, false, &store);
    int status = err ? say(kr_name(err), kr_detail()) : alter(store->db);
    store_close(&store);
    secret_free(&key);
    secret_free(&typed);
    return status;
}
