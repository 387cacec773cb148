/* Unknown PRAGMAs are ignored without an error, so a setting counts only once it has been read
 * back. */
#include <stdio.h>
#include <string.h>

#include "settings.h"

enum setting_scope {
    EVERYWHERE = 0,
    NEW_CIPHER_ONLY = 1, /* SQLCipher 4; version 3 has the value built in and answers nothing */
    WRITERS_ONLY = 2,    /* means nothing on a connection that never writes */
    READERS_ONLY = 4,
    NEW_SQLITE_ONLY = 8, /* a second fence where there is one; SQLite before 3.31 answers nothing */
};
struct setting {
    const char *name, *value, *shown;
    unsigned scope;
};
/* In this order: nothing may touch the file before the cipher settings are in force. */
static const struct setting settings[] = {
    {"cipher_log_level", "NONE", "NONE", NEW_CIPHER_ONLY},
    {"cipher_page_size", "4096", "4096", EVERYWHERE},
    {"cipher_use_hmac", "ON", "1", EVERYWHERE},
    {"cipher_hmac_algorithm", "HMAC_SHA1", "HMAC_SHA1", NEW_CIPHER_ONLY},
    {"cipher_kdf_algorithm", "PBKDF2_HMAC_SHA1", "PBKDF2_HMAC_SHA1", NEW_CIPHER_ONLY},
    {"cipher_plaintext_header_size", "0", "0", NEW_CIPHER_ONLY},
    {"locking_mode", "EXCLUSIVE", "exclusive", WRITERS_ONLY},
    {"journal_mode", "PERSIST", "persist", WRITERS_ONLY},
    {"synchronous", "EXTRA", "3", EVERYWHERE},
    {"temp_store", "MEMORY", "2", EVERYWHERE},
    {"mmap_size", "0", "0", EVERYWHERE},
    {"secure_delete", "ON", "1", EVERYWHERE},
    {"foreign_keys", "ON", "1", EVERYWHERE},
    {"cell_size_check", "ON", "1", EVERYWHERE},
    {"recursive_triggers", "ON", "1",
     EVERYWHERE}, /* else REPLACE gets round the append-only triggers */
    {"cache_size", "-1024", "-1024", EVERYWHERE}, /* KiB */
    {"trusted_schema", "OFF", "0", NEW_SQLITE_ONLY},
    {"query_only", "ON", "1", READERS_ONLY},
};

/* First column of the first row, "" when there is none. Plain sqlite3_exec() texts hold no secret
 * here. */
static int first_row(void *out, int columns, char **values, char **names)
{
    (void)names;
    if (columns > 0 && values[0])
        snprintf(out, 64, "%s", values[0]);
    return 0;
}

static enum kr_error ask(struct store *s, const char *sql, char answer[64])
{
    answer[0] = '\0';
    int code = sqlite3_exec(s->db, sql, first_row, answer, NULL);
    return code == SQLITE_OK ? KR_OK : database_error(s, code, false);
}

static bool applies(const struct store *s, const struct setting *p)
{
    return s->read_only ? !(p->scope & WRITERS_ONLY) : !(p->scope & READERS_ONLY);
}

static enum kr_error apply(struct store *s, const struct setting *p, bool old_cipher)
{
    char sql[128], answer[64];
    snprintf(sql, sizeof sql, "PRAGMA %s = %s", p->name, p->value);
    enum kr_error error = ask(s, sql, answer);
    if (error != KR_OK)
        return error;
    snprintf(sql, sizeof sql, "PRAGMA %s", p->name);
    error = ask(s, sql, answer);
    if (error != KR_OK || strcmp(answer, p->shown) == 0)
        return error;
    bool may_lack = (p->scope & NEW_CIPHER_ONLY && old_cipher) ||
                    (p->scope & NEW_SQLITE_ONLY && sqlite3_libversion_number() < 3031000);
    if (may_lack && answer[0] == '\0')
        return KR_OK;
    return kr_fail(KR_E_STORE_SETTING, "%s = %s (%s)", p->name, p->value, answer[0] ? answer : "-");
}

enum kr_error settings_apply(struct store *s)
{
    char version[64];
    enum kr_error error = ask(s, "PRAGMA cipher_version", version);
    if (error == KR_OK && version[0] == '\0')
        error = kr_fail(KR_E_STORE_SETTING, "cipher_version (-)");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && error == KR_OK; i++)
        if (applies(s, &settings[i]))
            error = apply(s, &settings[i], version[0] == '3');
    return error;
}
