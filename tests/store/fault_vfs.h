/* A file system under SQLite that fails at the n-th write, sync, truncation or creation, as a full
 * or dying disk does. */
#ifndef KEYRITE_TESTS_STORE_FAULT_VFS_H
#define KEYRITE_TESTS_STORE_FAULT_VFS_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>

static struct fault {
    sqlite3_vfs vfs, *real;
    long calls;   /* so far */
    long fail_at; /* 0: never */
    bool lasting; /* every call from then on, not only that one */
    int code;     /* SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC */
    long syncs;   /* for counting */
} fault;

struct fault_file {
    sqlite3_file base;
    sqlite3_file *real;
};
#define REAL(f) (((struct fault_file *)(f))->real)

static bool fault_now(void)
{
    fault.calls++;
    return fault.fail_at > 0 &&
           (fault.lasting ? fault.calls >= fault.fail_at : fault.calls == fault.fail_at);
}
static int fault_close(sqlite3_file *f)
{
    int code = REAL(f)->pMethods ? REAL(f)->pMethods->xClose(REAL(f)) : SQLITE_OK;
    sqlite3_free(REAL(f));
    return code;
}
static int fault_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return REAL(f)->pMethods->xRead(REAL(f), p, n, at);
}
static int fault_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    return fault_now() ? fault.code : REAL(f)->pMethods->xWrite(REAL(f), p, n, at);
}
static int fault_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return fault_now() ? SQLITE_IOERR_TRUNCATE : REAL(f)->pMethods->xTruncate(REAL(f), size);
}
static int fault_sync(sqlite3_file *f, int flags)
{
    fault.syncs++;
    return fault_now() ? SQLITE_IOERR_FSYNC : REAL(f)->pMethods->xSync(REAL(f), flags);
}
static int fault_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return REAL(f)->pMethods->xFileSize(REAL(f), size);
}
static int fault_lock(sqlite3_file *f, int level)
{
    return REAL(f)->pMethods->xLock(REAL(f), level);
}
static int fault_unlock(sqlite3_file *f, int level)
{
    return REAL(f)->pMethods->xUnlock(REAL(f), level);
}
static int fault_reserved(sqlite3_file *f, int *out)
{
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}
static int fault_control(sqlite3_file *f, int op, void *arg)
{
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}
static int fault_sector(sqlite3_file *f)
{
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static int fault_traits(sqlite3_file *f)
{
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static const sqlite3_io_methods fault_methods = {
    .iVersion = 1,
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_reserved,
    .xFileControl = fault_control,
    .xSectorSize = fault_sector,
    .xDeviceCharacteristics = fault_traits,
};
static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    (void)vfs;
    f->pMethods = NULL;
    if ((flags & SQLITE_OPEN_CREATE) && (flags & SQLITE_OPEN_MAIN_JOURNAL) && fault_now())
        return SQLITE_CANTOPEN;
    REAL(f) = sqlite3_malloc(fault.real->szOsFile);
    if (!REAL(f))
        return SQLITE_NOMEM;
    memset(REAL(f), 0, (size_t)fault.real->szOsFile);
    int code = fault.real->xOpen(fault.real, name, REAL(f), flags, out);
    if (code == SQLITE_OK)
        f->pMethods = &fault_methods;
    else
        sqlite3_free(REAL(f));
    return code;
}

static inline void fault_install(void)
{
    fault.real = sqlite3_vfs_find(NULL);
    fault.vfs = *fault.real;
    fault.vfs.zName = "fault";
    fault.vfs.szOsFile = sizeof(struct fault_file);
    fault.vfs.xOpen = fault_open;
    fault.vfs.pNext = NULL;
    fault.fail_at = 0;
    sqlite3_vfs_register(&fault.vfs, 1);
}
static inline void fault_remove(void)
{
    sqlite3_vfs_unregister(&fault.vfs);
    sqlite3_vfs_register(fault.real, 1);
}
static inline void fault_arm(long at, bool lasting, int code)
{
    fault.calls = 0;
    fault.fail_at = at;
    fault.lasting = lasting;
    fault.code = code;
}

#endif
