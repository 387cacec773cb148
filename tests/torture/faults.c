/*
 * A failing machine, preloaded: at the n-th call of one kind something goes wrong, once or from
 * then on, in the program and in the children that it starts. It also notes, in one order for all
 * of them, what shows whether a card was ever touched without a durable intent (faults_watch.c):
 * journal entries, writes and syncs of the database's rollback journal, commands sent to the card
 * process, cards changed by it.
 */
#include "faults_parts.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PLACES_MAX  65536
#define PLACE_DEPTH 8
#define FILES_MAX   1024
#define SET_BACK    (400L * 24 * 3600)

struct faults *state;
static uint32_t own_role;
static const char *own_name = "program";
/* What is open below the root: 0 nothing, 1 a file, 2 the rollback journal. */
static uint8_t files[FILES_MAX];

/* ---- noting ---- */

void note(const char *form, ...)
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

uint32_t role_of(const char *word)
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

bool no_memory(const char *call, void *caller)
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
