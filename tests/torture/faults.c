/*
 * A failing machine, preloaded: at the n-th call of one kind something goes wrong, once or from
 * then on, in the program and in the children that it starts. It also notes, in one order for all
 * of them, what shows whether a card was ever touched without a durable intent: journal entries,
 * writes and syncs of the database's rollback journal, commands sent to the card process, cards
 * changed by it.
 */
#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PLACES_MAX  65536
#define PLACE_DEPTH 8
#define FILES_MAX   1024
#define SET_BACK    (400L * 24 * 3600)
#define EXPORT      __attribute__((visibility("default")))
#define CALLER      __builtin_return_address(0)

static struct faults *state;
static uint32_t own_role;
static const char *own_name = "program";
/* What is open below the root: 0 nothing, 1 a file, 2 the rollback journal. */
static uint8_t files[FILES_MAX];
static int cards_fd = -1, pair_fd = -1;

/* The function that stands behind ours. */
#define NEXT(name)                                                                                 \
    static __typeof__(name) *next_##name;                                                          \
    if (next_##name == NULL)                                                                       \
        *(void **)&next_##name = dlsym(RTLD_NEXT, #name);

/* ---- noting ---- */

__attribute__((format(printf, 1, 2))) static void note(const char *form, ...)
{
    char line[2600];
    va_list values;
    if (state == NULL)
        return;
    va_start(values, form);
    int len = vsnprintf(line, sizeof line - 1, form, values);
    va_end(values);
    if (len < 0)
        return;
    size_t n = (size_t)len < sizeof line - 1 ? (size_t)len : sizeof line - 2;
    for (size_t i = 0; i < n; i++)
        if (line[i] == '\n')
            line[i] = '\t';
    line[n++] = '\n';
    uint64_t at = atomic_fetch_add(&state->noted, n);
    if (at + n <= FAULTS_NOTES)
        memcpy(state->notes + at, line, n);
}

static void note_first(const char *call, void *caller)
{
    Dl_info where = {0};
    if (dladdr(caller, &where) == 0 || where.dli_fname == NULL)
        where.dli_fname = "?";
    const char *slash = strrchr(where.dli_fname, '/');
    snprintf(state->first, sizeof state->first, "%s: %s, called by %s+0x%lx %s", own_name, call,
             slash ? slash + 1 : where.dli_fname,
             (unsigned long)((char *)caller - (char *)where.dli_fbase),
             where.dli_sname ? where.dli_sname : "");
    note("fault %s", state->first);
}

/* Of the calls from one place, told by the functions on the stack, the first is as good as any. */
static void survey(uint64_t n)
{
    static _Atomic uint64_t seen[PLACES_MAX];
    static _Thread_local bool within;
    void *frames[2 + PLACE_DEPTH];
    if (within)
        return;
    within = true;
    int count = backtrace(frames, 2 + PLACE_DEPTH);
    uint64_t place = 14695981039346656037u;
    for (int i = 2; i < count; i++)
        place = (place ^ (uint64_t)(uintptr_t)frames[i]) * 1099511628211u;
    size_t at = place % PLACES_MAX;
    for (size_t tries = 0; tries < 64; tries++, at = (at + 1) % PLACES_MAX) {
        uint64_t empty = 0;
        if (atomic_load(&seen[at]) == place)
            break;
        if (atomic_compare_exchange_strong(&seen[at], &empty, place)) {
            note("place %llu", (unsigned long long)n);
            break;
        }
    }
    within = false;
}

/* This call is one of that kind: does it fail? */
static bool fails(enum fault_kind kind, const char *call, void *caller)
{
    if (state == NULL || state->kind != (uint32_t)kind || (state->roles & own_role) == 0)
        return false;
    uint64_t n = atomic_fetch_add(&state->calls, 1) + 1;
    if (state->survey)
        survey(n);
    bool hit = state->at != 0 && (state->lasting ? n >= state->at : n == state->at);
    if (hit && atomic_fetch_add(&state->fired, 1) == 0)
        note_first(call, caller);
    return hit;
}

static bool fails_with(enum fault_kind kind, int code, const char *call, void *caller)
{
    bool hit = fails(kind, call, caller);
    if (hit)
        errno = code;
    return hit;
}

/* ---- falling over ---- */

/* Whose doing it is when a process falls over: SQLCipher and the set-up of OpenSSL's secure heap do
 * not look whether they got their memory; above them stands the program, which has to. */
static const char *culprit(void *const *frames, int count)
{
    for (int i = 0; i < count; i++) {
        Dl_info where = {0};
        if (dladdr(frames[i], &where) == 0 || where.dli_fname == NULL)
            continue;
        if (strstr(where.dli_fname, "/keyrite") != NULL)
            break;
        if (strstr(where.dli_fname, "sqlcipher") != NULL)
            return "SQLCipher";
        if (where.dli_sname != NULL && strcmp(where.dli_sname, "CRYPTO_secure_malloc_init") == 0)
            return "OpenSSL";
    }
    return "program";
}

static void on_crash(int number)
{
    void *frames[40];
    int count = backtrace(frames, 40);
    note("crash %s %s %d", culprit(frames, count), own_name, number);
    signal(number, SIG_DFL); /* and on returning it happens again */
}

/* ---- beginning ---- */

static uint32_t role_of(const char *word)
{
    static const char *const words[] = {"@vault", "@cards", "@watch"};
    for (size_t i = 0; i < 3; i++)
        if (word != NULL && strcmp(word, words[i]) == 0)
            return (uint32_t)ROLE_VAULT << i;
    return ROLE_PROGRAM;
}

__attribute__((constructor)) static void begin(int argc, char **argv)
{
    const char *path = getenv(FAULTS_VARIABLE);
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    own_role = role_of(argc == 2 ? argv[1] : NULL);
    if (own_role != ROLE_PROGRAM)
        own_name = argv[1] + 1;
    void *map = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return;
    /* Loads what it needs before a sandbox forbids it. */
    void *frame[1];
    backtrace(frame, 1);
    signal(SIGSEGV, on_crash);
    signal(SIGBUS, on_crash);
    signal(SIGFPE, on_crash);
    signal(SIGABRT, on_crash);
    state = map;
    note("start %s", own_name);
}

/* ---- files below the root ---- */

static bool below_root(const char *path)
{
    return state != NULL && state->root[0] != '\0' &&
           strncmp(path, state->root, strlen(state->root)) == 0;
}

static bool ours(int fd)
{
    return fd >= 0 && fd < FILES_MAX && files[fd] != 0;
}

static int remember(int fd, const char *path)
{
    static const char rollback[] = "/journal.db-journal";
    size_t len = strlen(path), tail = sizeof rollback - 1;
    if (fd >= 0 && fd < FILES_MAX)
        files[fd] = !below_root(path)                                         ? 0
                    : len >= tail && strcmp(path + len - tail, rollback) == 0 ? 2
                                                                              : 1;
    return fd;
}

/* The two ways in which a path is changed or made. */
static bool path_fails(const char *path, const char *call, bool fills, void *caller)
{
    return below_root(path) && (fails_with(FAULT_WRITE, EIO, call, caller) ||
                                (fills && fails_with(FAULT_FULL, ENOSPC, call, caller)));
}

static bool open_fails(const char *path, int flags, void *caller)
{
    if (flags & O_CREAT)
        return path_fails(path, "open", true, caller);
    return below_root(path) && fails_with(FAULT_READ, EIO, "open", caller);
}

static mode_t mode_of(int flags, va_list rest)
{
    return flags & O_CREAT ? (mode_t)va_arg(rest, unsigned) : 0;
}

#define OPENING(name)                                                                              \
    EXPORT int name(const char *path, int flags, ...)                                              \
    {                                                                                              \
        NEXT(name)                                                                                 \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = mode_of(flags, rest);                                                        \
        va_end(rest);                                                                              \
        return open_fails(path, flags, CALLER) ? -1                                                \
                                               : remember(next_##name(path, flags, mode), path);   \
    }
OPENING(open)
OPENING(open64)

EXPORT int close(int fd)
{
    NEXT(close)
    if (fd >= 0 && fd < FILES_MAX)
        files[fd] = 0;
    return next_close(fd);
}

EXPORT int rename(const char *from, const char *to)
{
    NEXT(rename)
    if (path_fails(to, "rename", true, CALLER))
        return -1;
    if (own_role == ROLE_CARDS)
        note("card %s", to);
    return next_rename(from, to);
}

EXPORT int unlink(const char *path)
{
    NEXT(unlink)
    return path_fails(path, "unlink", false, CALLER) ? -1 : next_unlink(path);
}

EXPORT int mkdir(const char *path, mode_t mode)
{
    NEXT(mkdir)
    return path_fails(path, "mkdir", true, CALLER) ? -1 : next_mkdir(path, mode);
}

/* ---- reading and writing ---- */

static bool read_fails(int fd, const char *call, void *caller)
{
    return ours(fd) && fails_with(FAULT_READ, EIO, call, caller);
}

/* False: the write is not done. *len may come back shorter. */
static bool may_write(int fd, size_t *len, const char *call, void *caller)
{
    if (!ours(fd))
        return true;
    if (fails_with(FAULT_WRITE, EIO, call, caller) || fails_with(FAULT_FULL, ENOSPC, call, caller))
        return false;
    if (*len > 1 && fails(FAULT_SHORT, call, caller))
        *len /= 2;
    return true;
}

static void note_write(int fd, const void *bytes, ssize_t len, off_t at)
{
    static const uint8_t zeros[28];
    if (len <= 0 || fd < 0 || fd >= FILES_MAX || files[fd] != 2)
        return;
    if (at == 0)
        note("rollback %s", (size_t)len >= 8 && memcmp(bytes, zeros, 8) == 0 ? "closed" : "open");
}

EXPORT ssize_t read(int fd, void *bytes, size_t len)
{
    NEXT(read)
    return read_fails(fd, "read", CALLER) ? -1 : next_read(fd, bytes, len);
}

EXPORT ssize_t write(int fd, const void *bytes, size_t len)
{
    NEXT(write)
    return may_write(fd, &len, "write", CALLER) ? next_write(fd, bytes, len) : -1;
}

#define AT_PLACE(suffix)                                                                           \
    EXPORT ssize_t pread##suffix(int fd, void *bytes, size_t len, off_t at)                        \
    {                                                                                              \
        NEXT(pread##suffix)                                                                        \
        return read_fails(fd, "pread", CALLER) ? -1 : next_pread##suffix(fd, bytes, len, at);      \
    }                                                                                              \
    EXPORT ssize_t pwrite##suffix(int fd, const void *bytes, size_t len, off_t at)                 \
    {                                                                                              \
        NEXT(pwrite##suffix)                                                                       \
        if (!may_write(fd, &len, "pwrite", CALLER))                                                \
            return -1;                                                                             \
        ssize_t done = next_pwrite##suffix(fd, bytes, len, at);                                    \
        note_write(fd, bytes, done, at);                                                           \
        return done;                                                                               \
    }                                                                                              \
    EXPORT int ftruncate##suffix(int fd, off_t len)                                                \
    {                                                                                              \
        NEXT(ftruncate##suffix)                                                                    \
        bool bad = ours(fd) && fails_with(FAULT_WRITE, EIO, "ftruncate", CALLER);                  \
        return bad ? -1 : next_ftruncate##suffix(fd, len);                                         \
    }
/* An empty name behind pread and its kin. */
AT_PLACE()
AT_PLACE(64)

#define SYNCING(name)                                                                              \
    EXPORT int name(int fd)                                                                        \
    {                                                                                              \
        NEXT(name)                                                                                 \
        bool bad = ours(fd) && fails_with(FAULT_SYNC, EIO, #name, CALLER);                         \
        int rc = bad ? -1 : next_##name(fd);                                                       \
        if (rc == 0 && ours(fd) && files[fd] == 2)                                                 \
            note("rollback synced");                                                               \
        return rc;                                                                                 \
    }
SYNCING(fsync)
SYNCING(fdatasync)

/* ---- memory ---- */

extern void *__libc_malloc(size_t len);
extern void *__libc_calloc(size_t count, size_t len);
extern void *__libc_realloc(void *old, size_t len);

static bool no_memory(const char *call, void *caller)
{
    return fails_with(FAULT_MEMORY, ENOMEM, call, caller);
}

EXPORT void *malloc(size_t len)
{
    return no_memory("malloc", CALLER) ? NULL : __libc_malloc(len);
}

EXPORT void *calloc(size_t count, size_t len)
{
    return no_memory("calloc", CALLER) ? NULL : __libc_calloc(count, len);
}

EXPORT void *realloc(void *old, size_t len)
{
    return len > 0 && no_memory("realloc", CALLER) ? NULL : __libc_realloc(old, len);
}

EXPORT void *mmap(void *place, size_t len, int rights, int flags, int fd, off_t at)
{
    NEXT(mmap)
    return fd < 0 && no_memory("mmap", CALLER) ? MAP_FAILED
                                               : next_mmap(place, len, rights, flags, fd, at);
}

/* OpenSSL's, in whose heap every secret lies. */
void *CRYPTO_secure_malloc(size_t len, const char *file, int line);
void *CRYPTO_secure_zalloc(size_t len, const char *file, int line);
EXPORT void *CRYPTO_secure_malloc(size_t len, const char *file, int line)
{
    NEXT(CRYPTO_secure_malloc)
    return no_memory("secure_malloc", CALLER) ? NULL : next_CRYPTO_secure_malloc(len, file, line);
}
EXPORT void *CRYPTO_secure_zalloc(size_t len, const char *file, int line)
{
    NEXT(CRYPTO_secure_zalloc)
    return no_memory("secure_zalloc", CALLER) ? NULL : next_CRYPTO_secure_zalloc(len, file, line);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *with)
{
    NEXT(pthread_create)
    return no_memory("pthread_create", CALLER) ? EAGAIN
                                               : next_pthread_create(thread, attr, run, with);
}

/* ---- random bytes ---- */

#define RANDOM(type, name, bad, parameters, arguments)                                             \
    type name parameters;                                                                          \
    EXPORT type name parameters                                                                    \
    {                                                                                              \
        NEXT(name)                                                                                 \
        return fails_with(FAULT_RANDOM, EIO, #name, CALLER) ? (bad) : next_##name arguments;       \
    }
RANDOM(int, RAND_bytes, 0, (unsigned char *out, int len), (out, len))
RANDOM(int, RAND_priv_bytes, 0, (unsigned char *out, int len), (out, len))
RANDOM(int, getentropy, -1, (void *out, size_t len), (out, len))
RANDOM(ssize_t, getrandom, -1, (void *out, size_t len, unsigned flags), (out, len, flags))

/* ---- the wall clock ---- */

EXPORT int clock_gettime(clockid_t which, struct timespec *t)
{
    NEXT(clock_gettime)
    int rc = next_clock_gettime(which, t);
    if (which == CLOCK_REALTIME && fails(FAULT_CLOCK, "clock_gettime", CALLER))
        t->tv_sec -= SET_BACK;
    return rc;
}

EXPORT time_t time(time_t *out)
{
    struct timespec t;
    NEXT(clock_gettime)
    next_clock_gettime(CLOCK_REALTIME, &t);
    if (fails(FAULT_CLOCK, "time", CALLER))
        t.tv_sec -= SET_BACK;
    if (out)
        *out = t.tv_sec;
    return t.tv_sec;
}

EXPORT int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    NEXT(gettimeofday)
    int rc = next_gettimeofday(t, zone);
    if (fails(FAULT_CLOCK, "gettimeofday", CALLER))
        t->tv_sec -= SET_BACK;
    return rc;
}

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
