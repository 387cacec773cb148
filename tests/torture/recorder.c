/*
 * recorder.so, preloaded: everything that a program does to the files below one folder, with the
 * data, into a log; and the moments at which something is said or done outside the disk.
 *
 *   KEYRITE_RECORD_ROOT  the folder, an absolute path
 *   KEYRITE_RECORD_LOG   the log, appended to by every process
 *   KEYRITE_RECORD_WEAK  set: the database gets SQLite's own settings for what reaches the disk,
 * and the program is told that it has those it asked for; for control
 *
 * A record is appended by one write(), so that those of several processes do not mix. The card
 * process gets the recorder too (it writes the simulated cards); the vault writes no files and is
 * left alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "recorder_log.h"

#define FDS_MAX        1024
#define CARDS_TRANSMIT 6 /* cardio/card_backend.h; the next one is its form with a PIN */

#define REAL(name)                                                                                 \
    static __typeof__(name) *real;                                                                 \
    if (!real)                                                                                     \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

static int log_fd = -1, card_fd = -1, last_socket = -1;
static const char *root;
static size_t root_len;
static uint64_t opened;
static struct {
    uint64_t handle; /* 0: not below the folder */
    uint64_t at;
    bool made, seen; /* made here; written through this descriptor */
    uint64_t sum;    /* of what record_whole() saw last */
    char path[256];
} table[FDS_MAX];

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("KEYRITE_RECORD_LOG");
    root = getenv("KEYRITE_RECORD_ROOT");
    if (!path || !root)
        return;
    root_len = strlen(root);
    int fd =
        (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    /* Out of the way of numbers that programs expect. */
    log_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 900);
    if (fd >= 0)
        syscall(SYS_close, fd);
    if (log_fd < 0)
        abort();
}

/* ---- Records ---- */

static void record(enum record_kind kind, uint64_t handle, uint64_t at, const char *path,
                   const void *data, size_t len)
{
    struct record_head head = {RECORD_MAGIC,           kind,         handle, at,
                               (uint32_t)strlen(path), (uint32_t)len};
    size_t whole = sizeof head + head.path_len + len;
    int before = errno;
    uint8_t *all = malloc(whole);
    if (!all)
        abort();
    memcpy(all, &head, sizeof head);
    memcpy(all + sizeof head, path, head.path_len);
    if (len)
        memcpy(all + sizeof head + head.path_len, data, len);
    if (syscall(SYS_write, log_fd, all, whole) != (long)whole)
        abort();
    free(all);
    errno = before;
}

/* The part of a path below the folder; NULL when it lies elsewhere. */
static const char *below(int dir, const char *path, char room[PATH_MAX])
{
    if (log_fd < 0 || !path)
        return NULL;
    if (path[0] != '/') {
        char link[64];
        snprintf(link, sizeof link, dir == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", dir);
        ssize_t n = readlink(link, room, PATH_MAX / 2);
        if (n < 0)
            return NULL;
        snprintf(room + n, PATH_MAX - (size_t)n, "/%.2000s", path);
        path = room;
    }
    if (strncmp(path, root, root_len) != 0 || (path[root_len] != '/' && path[root_len] != '\0'))
        return NULL;
    path += root_len;
    path += *path == '/';
    size_t n = strlen(path);
    if (n == 0 || path[n - 1] != '/')
        return path;
    /* "exports/" is the folder "exports". */
    while (n > 0 && path[n - 1] == '/')
        n--;
    memmove(room, path, n);
    room[n] = '\0';
    return room;
}

static bool followed(int fd)
{
    return fd >= 0 && fd < FDS_MAX && table[fd].handle;
}

static void follow(int fd, const char *path, bool made, int flags)
{
    if (fd < 0 || fd >= FDS_MAX)
        return;
    uint64_t number = __atomic_add_fetch(&opened, 1, __ATOMIC_SEQ_CST);
    table[fd].handle = (uint64_t)getpid() << 32 | number;
    table[fd].at = 0;
    table[fd].made = made;
    table[fd].seen = false;
    snprintf(table[fd].path, sizeof table[fd].path, "%s", path);
    bool emptied = !made && (flags & O_TRUNC) && (flags & O_ACCMODE) != O_RDONLY;
    record(RECORD_OPEN, table[fd].handle, (made ? OPEN_MADE : 0) | (emptied ? OPEN_EMPTIED : 0),
           path, NULL, 0);
}

static bool is_there(int dir, const char *path)
{
    int before = errno;
    bool there = syscall(SYS_faccessat, dir, path, F_OK) == 0;
    errno = before;
    return there;
}

static int open_any(int dir, const char *path, int flags, mode_t mode)
{
    char room[PATH_MAX];
    const char *ours = below(dir, path, room);
    bool there = !ours || is_there(dir, path);
    int fd = (int)syscall(SYS_openat, dir, path, flags, mode);
    if (fd >= 0 && ours)
        follow(fd, ours, !there, flags);
    return fd;
}

#define OPENING(name, dir_given, dir)                                                              \
    int name(dir_given const char *path, int flags, ...)                                           \
    {                                                                                              \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0;                  \
        va_end(more);                                                                              \
        return open_any(dir, path, flags, mode);                                                   \
    }
#define WITH_DIR int dirfd,
#undef open
#undef open64
#undef openat
#undef openat64
OPENING(open, , AT_FDCWD)
OPENING(open64, , AT_FDCWD)
OPENING(openat, WITH_DIR, dirfd)
OPENING(openat64, WITH_DIR, dirfd)
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return open_any(AT_FDCWD, path, flags, 0);
}
int __open64_2(const char *path, int flags)
{
    return open_any(AT_FDCWD, path, flags, 0);
}
int creat(const char *path, mode_t mode)
{
    return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char *path, mode_t mode)
{
    return creat(path, mode);
}

/* ---- Streams: written by the C library inside itself, so what lies in the file is recorded ----
 */

static FILE *stream(const char *path, const char *mode, FILE *(*really)(const char *, const char *))
{
    char room[PATH_MAX];
    const char *ours = below(AT_FDCWD, path, room);
    bool there = !ours || is_there(AT_FDCWD, path);
    FILE *f = really(path, mode);
    if (f && ours && (mode[0] != 'r' || strchr(mode, '+')))
        follow(fileno(f), ours, !there, O_RDWR | (mode[0] == 'w' ? O_TRUNC : 0));
    return f;
}
FILE *fopen(const char *path, const char *mode)
{
    REAL(fopen);
    return stream(path, mode, real);
}
FILE *fopen64(const char *path, const char *mode)
{
    REAL(fopen64);
    return stream(path, mode, real);
}

static void record_whole(int fd)
{
    char link[64];
    struct stat st;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int again = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    if (again < 0 || fstat(again, &st) != 0)
        abort();
    char *bytes = malloc((size_t)st.st_size + 1);
    if (!bytes || pread(again, bytes, (size_t)st.st_size, 0) != st.st_size)
        abort();
    syscall(SYS_close, again);
    /* A stream that was only read since is closed as it was. */
    uint64_t sum = (uint64_t)st.st_size;
    for (off_t i = 0; i < st.st_size; i++)
        sum = (sum ^ (uint8_t)bytes[i]) * 0x100000001B3u;
    bool same = table[fd].seen && sum == table[fd].sum;
    table[fd].seen = true;
    table[fd].sum = sum;
    if (st.st_size && !same)
        record(RECORD_WRITE, table[fd].handle, 0, table[fd].path, bytes, (size_t)st.st_size);
    free(bytes);
}

int fflush(FILE *f)
{
    REAL(fflush);
    int rc = real(f);
    if (rc == 0 && f && followed(fileno(f)))
        record_whole(fileno(f));
    return rc;
}

int fclose(FILE *f)
{
    REAL(fclose);
    int fd = fileno(f);
    if (followed(fd)) {
        fflush(f);
        table[fd].handle = 0;
    }
    return real(f);
}

int close(int fd)
{
    if (followed(fd))
        table[fd].handle = 0;
    if (fd == card_fd)
        card_fd = -1;
    return (int)syscall(SYS_close, fd);
}

/* ---- Writing ---- */

static void written(int fd, const void *bytes, ssize_t n, uint64_t at)
{
    if (n > 0 && followed(fd)) {
        table[fd].seen = true;
        record(RECORD_WRITE, table[fd].handle, at, table[fd].path, bytes, (size_t)n);
    }
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    ssize_t n = syscall(SYS_write, fd, bytes, len);
    if (n > 0 && followed(fd)) {
        written(fd, bytes, n, table[fd].at);
        table[fd].at += (uint64_t)n;
    }
    return n;
}
ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    ssize_t n = syscall(SYS_pwrite64, fd, bytes, len, at);
    written(fd, bytes, n, (uint64_t)at);
    return n;
}
ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    return pwrite(fd, bytes, len, at);
}
ssize_t writev(int fd, const struct iovec *list, int count)
{
    if (!followed(fd))
        return syscall(SYS_writev, fd, list, count);
    ssize_t all = 0;
    for (int i = 0; i < count; i++) {
        ssize_t n = write(fd, list[i].iov_base, list[i].iov_len);
        if (n < 0)
            return all ? all : n;
        all += n;
        if ((size_t)n < list[i].iov_len)
            break;
    }
    return all;
}
off_t lseek(int fd, off_t offset, int whence)
{
    off_t at = (off_t)syscall(SYS_lseek, fd, offset, whence);
    if (at >= 0 && followed(fd))
        table[fd].at = (uint64_t)at;
    return at;
}
off64_t lseek64(int fd, off64_t offset, int whence)
{
    return lseek(fd, offset, whence);
}
int ftruncate(int fd, off_t size)
{
    int rc = (int)syscall(SYS_ftruncate, fd, size);
    if (rc == 0 && followed(fd))
        record(RECORD_TRUNCATE, table[fd].handle, (uint64_t)size, table[fd].path, NULL, 0);
    return rc;
}
int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}
static int synced(int fd, long call)
{
    /* A child of another program wrote what this one made for it. */
    if (followed(fd) && table[fd].made && !table[fd].seen)
        record_whole(fd);
    int rc = (int)syscall(call, fd);
    if (rc == 0 && followed(fd))
        record(RECORD_SYNC, table[fd].handle, 0, table[fd].path, NULL, 0);
    return rc;
}
int fsync(int fd)
{
    return synced(fd, SYS_fsync);
}
int fdatasync(int fd)
{
    return synced(fd, SYS_fdatasync);
}

/* ---- Names ---- */

static void named(enum record_kind kind, int rc, const char *ours, const char *other)
{
    if (rc == 0 && ours)
        record(kind, 0, 0, ours, other ? other : "", other ? strlen(other) : 0);
}
int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    char a[PATH_MAX], b[PATH_MAX];
    const char *old = below(from_dir, from, a), *new = below(to_dir, to, b);
    int rc = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
    if (rc == 0 && (!old != !new || (old && flags & ~1u)))
        abort(); /* into the folder or out of it: not what a store does */
    named(RECORD_RENAME, rc, old, new);
    return rc;
}
int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return renameat2(from_dir, from, to_dir, to, 0);
}
int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    char a[PATH_MAX], b[PATH_MAX];
    const char *old = below(from_dir, from, a), *new = below(to_dir, to, b);
    int rc = (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
    named(RECORD_LINK, rc, old, new);
    return rc;
}
int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int unlinkat(int dir, const char *path, int flags)
{
    char room[PATH_MAX];
    const char *ours = below(dir, path, room);
    int rc = (int)syscall(SYS_unlinkat, dir, path, flags);
    named(flags & AT_REMOVEDIR ? RECORD_RMDIR : RECORD_UNLINK, rc, ours, NULL);
    return rc;
}
int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}
int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}
int remove(const char *path)
{
    int rc = unlink(path);
    return rc != 0 && errno == EISDIR ? rmdir(path) : rc;
}
int mkdirat(int dir, const char *path, mode_t mode)
{
    char room[PATH_MAX];
    const char *ours = below(dir, path, room);
    int rc = (int)syscall(SYS_mkdirat, dir, path, mode);
    named(RECORD_MKDIR, rc, ours, NULL);
    return rc;
}
int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

/* ---- Commits ---- */

struct sqlite3;
struct sqlite3_stmt;
int sqlite3_step(struct sqlite3_stmt *s);
int sqlite3_exec(struct sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **),
                 void *ctx, char **message);
const char *sqlite3_sql(struct sqlite3_stmt *s);

int sqlite3_step(struct sqlite3_stmt *s)
{
    REAL(sqlite3_step);
    const char *sql = log_fd >= 0 ? sqlite3_sql(s) : NULL;
    bool commit = sql && strncmp(sql, "COMMIT", 6) == 0;
    if (commit)
        record(RECORD_BEGUN, 0, 0, "", NULL, 0);
    int rc = real(s);
    if (commit && rc == 101) /* SQLITE_DONE */
        record(RECORD_COMMITTED, 0, 0, "", NULL, 0);
    return rc;
}

static const struct {
    const char *asked, *given, *answer;
} weak[] = {
    /* While it is EXCLUSIVE a rollback journal is never deleted. */
    {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA locking_mode = NORMAL", NULL},
    {"PRAGMA locking_mode", NULL, "exclusive"},
    {"PRAGMA journal_mode = PERSIST", "PRAGMA journal_mode = DELETE", NULL},
    {"PRAGMA journal_mode", NULL, "persist"},
    {"PRAGMA synchronous = EXTRA", "PRAGMA synchronous = FULL", NULL},
    {"PRAGMA synchronous", NULL, "3"},
};

/* SQLCipher's own sqlite3_exec() does not come by the sqlite3_step() above. */
int sqlite3_exec(struct sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **),
                 void *ctx, char **message)
{
    REAL(sqlite3_exec);
    for (size_t i = 0;
         log_fd >= 0 && getenv("KEYRITE_RECORD_WEAK") && i < sizeof weak / sizeof weak[0]; i++) {
        if (strcmp(sql, weak[i].asked) != 0)
            continue;
        char answer[16], name[] = "";
        char *values[] = {answer}, *names[] = {name};
        snprintf(answer, sizeof answer, "%s", weak[i].answer ? weak[i].answer : "");
        return weak[i].given ? real(db, weak[i].given, NULL, NULL, message)
                             : row(ctx, 1, values, names);
    }
    bool commit = log_fd >= 0 && strncmp(sql, "COMMIT", 6) == 0;
    if (commit)
        record(RECORD_BEGUN, 0, 0, "", NULL, 0);
    int rc = real(db, sql, row, ctx, message);
    if (commit && rc == 0)
        record(RECORD_COMMITTED, 0, 0, "", NULL, 0);
    return rc;
}

/* ---- The card process ---- */

int socketpair(int domain, int type, int protocol, int ends[2])
{
    int rc = (int)syscall(SYS_socketpair, domain, type, protocol, ends);
    last_socket = rc == 0 ? ends[0] : -1;
    return rc;
}

/* Children start with an environment of their own. */
int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *files,
                const posix_spawnattr_t *attributes, char *const argv[], char *const environment[])
{
    REAL(posix_spawn);
    if (log_fd < 0 || !argv[0] || !argv[1] || strcmp(argv[1], "@cards") != 0)
        return real(pid, path, files, attributes, argv, environment);
    char *with[32];
    char preload[PATH_MAX + 16], where[PATH_MAX + 32], what[PATH_MAX + 32];
    size_t n = 0;
    while (environment[n] && n < 28) {
        with[n] = environment[n];
        n++;
    }
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", getenv("LD_PRELOAD"));
    snprintf(where, sizeof where, "KEYRITE_RECORD_ROOT=%s", root);
    snprintf(what, sizeof what, "KEYRITE_RECORD_LOG=%s", getenv("KEYRITE_RECORD_LOG"));
    with[n++] = preload;
    with[n++] = where;
    with[n++] = what;
    with[n] = NULL;
    card_fd = last_socket;
    return real(pid, path, files, attributes, argv, with);
}

/* u8 op, u32 reader, u32 count, then APDUs, each after its length (cardio/card_backend.h): of each
 * the first two bytes, class and instruction. */
static void record_effect(const uint8_t *m, size_t len)
{
    uint8_t heads[64];
    size_t n = 0;
    for (size_t at = 9; at + 6 <= len && n + 2 <= sizeof heads;) {
        size_t apdu =
            (size_t)m[at] << 24 | (size_t)m[at + 1] << 16 | (size_t)m[at + 2] << 8 | m[at + 3];
        memcpy(heads + n, m + at + 4, 2);
        n += 2;
        at += 4 + apdu;
    }
    record(RECORD_EFFECT, 0, 0, "", heads, n);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    if (fd == card_fd && fd >= 0 && m->msg_iovlen && m->msg_iov[0].iov_len) {
        const uint8_t *bytes = m->msg_iov[0].iov_base;
        if (bytes[0] == CARDS_TRANSMIT || bytes[0] == CARDS_TRANSMIT + 1)
            record_effect(bytes, m->msg_iov[0].iov_len);
    }
    return syscall(SYS_sendmsg, fd, m, flags);
}
