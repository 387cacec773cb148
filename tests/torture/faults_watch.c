/* What the injector notes of children, cards and the journal, and how it follows into the children.
 */
#include "faults_parts.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int cards_fd = -1, pair_fd = -1;

/* ---- children ---- */

EXPORT int socketpair(int domain, int type, int protocol, int ends[2])
{
    NEXT(socketpair)
    int rc = next_socketpair(domain, type, protocol, ends);
    pair_fd = rc == 0 ? ends[0] : -1;
    return rc;
}

/* The program gives its children an environment of its own making: the injector is put in again. */
EXPORT int posix_spawn(pid_t *restrict pid, const char *restrict path,
                       const posix_spawn_file_actions_t *plan,
                       const posix_spawnattr_t *restrict attr, char *const argv[restrict],
                       char *const envp[restrict])
{
    static char with[2][512];
    char *environment[64] = {with[0], with[1]};
    NEXT(posix_spawn)
    if (no_memory("posix_spawn", CALLER))
        return ENOMEM;
    for (size_t i = 0; envp != NULL && envp[i] != NULL && i < 60; i++)
        environment[i + 2] = envp[i];
    snprintf(with[0], sizeof with[0], "LD_PRELOAD=%s", getenv("LD_PRELOAD"));
    snprintf(with[1], sizeof with[1], "%s=%s", FAULTS_VARIABLE, getenv(FAULTS_VARIABLE));
    int rc = next_posix_spawn(pid, path, plan, attr, argv, environment);
    if (rc == 0 && role_of(argv[1]) == ROLE_CARDS)
        cards_fd = pair_fd;
    return rc;
}

/* ---- what goes to the card process (cardio/card_backend.h) ---- */

#define OP_TRANSMIT     6
#define OP_TRANSMIT_PIN 7

static size_t number_at(const uint8_t *b, size_t at)
{
    return (size_t)b[at] << 24 | (size_t)b[at + 1] << 16 | (size_t)b[at + 2] << 8 | b[at + 3];
}

static void note_commands(const uint8_t *b, size_t len)
{
    if (len < 17 || (b[0] != OP_TRANSMIT && b[0] != OP_TRANSMIT_PIN))
        return;
    size_t count = b[0] == OP_TRANSMIT ? number_at(b, 5) : 1;
    for (size_t at = 9, i = 0; i < count && at + 8 <= len; i++) {
        size_t n = number_at(b, at);
        note("send %zu %02X%02X%02X%02X", number_at(b, 1), b[at + 4], b[at + 5], b[at + 6],
             b[at + 7]);
        at += 4 + n;
    }
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    NEXT(sendmsg)
    if (fd >= 0 && fd == cards_fd && m->msg_iovlen == 1)
        note_commands(m->msg_iov[0].iov_base, m->msg_iov[0].iov_len);
    return next_sendmsg(fd, m, flags);
}

/* ---- what goes into the journal ---- */

struct sqlite3_stmt;
int sqlite3_bind_int64(struct sqlite3_stmt *, int, long long);
int sqlite3_bind_text(struct sqlite3_stmt *, int, const char *, int, void (*)(void *));
int sqlite3_bind_blob64(struct sqlite3_stmt *, int, const void *, unsigned long long,
                        void (*)(void *));
int sqlite3_step(struct sqlite3_stmt *);
int sqlite3_open_v2(const char *, void **, int, const char *);

static struct {
    long long number;
    char kind[32], body[2048];
} entry; /* the one being bound; the journal has one writer */

static bool runs(struct sqlite3_stmt *statement, const char *beginning)
{
    static const char *(*sql)(struct sqlite3_stmt *);
    if (sql == NULL)
        *(void **)&sql = dlsym(RTLD_NEXT, "sqlite3_sql");
    const char *text = sql(statement);
    return state != NULL && text != NULL && strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool adds_entry(struct sqlite3_stmt *statement)
{
    return runs(statement, "INSERT INTO entries(");
}

EXPORT int sqlite3_bind_int64(struct sqlite3_stmt *statement, int index, long long value)
{
    NEXT(sqlite3_bind_int64)
    if (index == 1 && adds_entry(statement))
        entry.number = value;
    return next_sqlite3_bind_int64(statement, index, value);
}

EXPORT int sqlite3_bind_text(struct sqlite3_stmt *statement, int index, const char *text, int len,
                             void (*release)(void *))
{
    NEXT(sqlite3_bind_text)
    if (index == 3 && adds_entry(statement))
        snprintf(entry.kind, sizeof entry.kind, "%s", text);
    return next_sqlite3_bind_text(statement, index, text, len, release);
}

EXPORT int sqlite3_bind_blob64(struct sqlite3_stmt *statement, int index, const void *bytes,
                               unsigned long long len, void (*release)(void *))
{
    NEXT(sqlite3_bind_blob64)
    if (index == 6 && adds_entry(statement))
        snprintf(entry.body, sizeof entry.body, "%.*s", (int)len, (const char *)bytes);
    return next_sqlite3_bind_blob64(statement, index, bytes, len, release);
}

EXPORT int sqlite3_step(struct sqlite3_stmt *statement)
{
    NEXT(sqlite3_step)
    if (runs(statement, "ROLLBACK"))
        note("undone");
    int rc = next_sqlite3_step(statement);
    if (rc == 101 /* SQLITE_DONE */ && adds_entry(statement))
        note("entry %lld %s %s", entry.number, entry.kind, entry.body);
    return rc;
}

/* What was not committed on the last connection is gone. */
EXPORT int sqlite3_open_v2(const char *path, void **db, int flags, const char *vfs)
{
    NEXT(sqlite3_open_v2)
    note("opened");
    return next_sqlite3_open_v2(path, db, flags, vfs);
}
