/* Small files beside the database, replaced as a whole so that a power cut leaves the old or the
 * new one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "database.h"
#include "hand_out.h"

enum kr_error file_path(const char *dir, const char *name, char out[PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);
    if (n < 0 || n >= PATH_MAX)
        return kr_fail(KR_E_TOO_LONG, "%s", name);
    return KR_OK;
}

static enum kr_error file_failed(const char *path)
{
    return kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
}

static int write_whole(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

enum kr_error directory_sync(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return file_failed(dir);
    enum kr_error error = fsync(fd) == 0 ? KR_OK : file_failed(dir);
    close(fd);
    return error;
}

enum kr_error parent_sync(const char *path)
{
    char parent[PATH_MAX];
    size_t n = strlen(path);
    if (n >= sizeof parent)
        return kr_fail(KR_E_TOO_LONG, "%s", path);
    memcpy(parent, path, n + 1);
    while (n > 1 && parent[n - 1] == '/')
        n--;
    while (n > 0 && parent[n - 1] != '/')
        n--;
    snprintf(parent + n, 2, "%s", n > 0 ? "" : ".");
    return directory_sync(parent);
}

enum kr_error directory_make(const char *dir)
{
    bool made = mkdir(dir, 0700) == 0;
    if (!made && errno != EEXIST)
        return file_failed(dir);
    /* Also of one that is there: who made it may have been killed before this. But one that others
     * made may lie where we may not look. */
    enum kr_error error = parent_sync(dir);
    return made ? error : KR_OK;
}

static enum kr_error write_new(const char *path, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return file_failed(path);
    enum kr_error error = KR_OK;
    if (write_whole(fd, bytes, len) != 0 || fsync(fd) != 0)
        error = file_failed(path);
    if (close(fd) != 0 && error == KR_OK)
        error = file_failed(path);
    return error;
}

enum kr_error file_replace(const char *dir, const char *name, const void *bytes, size_t len)
{
    char path[PATH_MAX], fresh[PATH_MAX];
    enum kr_error error = file_path(dir, name, path);
    int n = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (error == KR_OK && (n < 0 || n >= PATH_MAX))
        error = kr_fail(KR_E_TOO_LONG, "%s", name);
    if (error != KR_OK)
        return error;
    error = write_new(fresh, bytes, len);
    if (error == KR_OK && rename(fresh, path) != 0)
        error = file_failed(path);
    if (error != KR_OK)
        unlink(fresh);
    else
        error = directory_sync(dir);
    return error;
}

enum kr_error file_hand_out(const char *dir, const char *name, const char *text, size_t len)
{
    enum kr_error error = directory_make(dir);
    return error == KR_OK ? file_replace(dir, name, text, len) : error;
}

static enum kr_error read_whole(int fd, const char *path, uint8_t *bytes, size_t room, size_t *len)
{
    for (*len = 0;;) {
        uint8_t beyond;
        bool full = *len == room;
        ssize_t n = read(fd, full ? &beyond : bytes + *len, full ? 1 : room - *len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return file_failed(path);
        if (n == 0)
            return KR_OK;
        if (full)
            return kr_fail(KR_E_TOO_LONG, "%s", path);
        *len += (size_t)n;
    }
}

enum kr_error file_read(const char *dir, const char *name, void *bytes, size_t room, size_t *len)
{
    char path[PATH_MAX];
    enum kr_error error = file_path(dir, name, path);
    if (error != KR_OK)
        return error;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return kr_fail(KR_E_NOT_FOUND, "%s", path);
    if (fd < 0)
        return file_failed(path);
    error = read_whole(fd, path, bytes, room, len);
    close(fd);
    return error;
}

bool file_exists(const char *dir, const char *name)
{
    char path[PATH_MAX];
    return file_path(dir, name, path) == KR_OK &&
           faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
