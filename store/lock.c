/* One console per store: an flock on dir/lock, given back by the kernel when the process ends,
 * however it ends. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lock.h"

static enum kr_error lock_failed(const char *path)
{
    return kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
}

enum kr_error store_lock_writing(const char *dir, int *fd)
{
    char path[PATH_MAX];
    *fd = -1;
    enum kr_error error = file_path(dir, "lock", path);
    if (error != KR_OK)
        return error;
    *fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd < 0)
        return lock_failed(path);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return KR_OK;
    error = errno == EWOULDBLOCK ? kr_fail(KR_E_STORE_BUSY, "%s", path) : lock_failed(path);
    store_unlock(fd);
    return error;
}

enum kr_error store_lock_reading(const char *dir, int *fd)
{
    char path[PATH_MAX];
    *fd = -1;
    enum kr_error error = file_path(dir, "lock", path);
    if (error != KR_OK)
        return error;
    *fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    /* A copy may have come without its lock file, or on a medium that cannot lock: nobody writes to
     * it there. */
    if (*fd < 0)
        return errno == ENOENT ? KR_OK : lock_failed(path);
    if (flock(*fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        store_unlock(fd);
        return kr_fail(KR_E_STORE_BUSY, "%s", path);
    }
    return KR_OK;
}

void store_unlock(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
