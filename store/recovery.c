/* Reading a store that was cut off in the middle of a write, without changing it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"

static const char *const files[2] = {"journal.db", "journal.db-journal"};

bool recovery_needed(const char *dir)
{
    uint8_t first[1] = {0};
    size_t len = 0;
    enum kr_error error = file_read(dir, files[1], first, sizeof first, &len);
    /* After a commit SQLite overwrites the header of the journal with zeros and leaves the file. */
    return (error == KR_OK || error == KR_E_TOO_LONG) && len > 0 && first[0] != 0;
}

static enum kr_error copy_failed(const char *path)
{
    return kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
}

static enum kr_error pour(int from, int to, const char *path)
{
    ssize_t n;
    do
        n = sendfile(to, from, NULL, 1 << 20);
    while (n > 0 || (n < 0 && errno == EINTR));
    return n == 0 ? KR_OK : copy_failed(path);
}

static enum kr_error copy_file(const char *dir, const char *copy_dir, const char *name)
{
    char source[PATH_MAX], target[PATH_MAX];
    int from = -1, to = -1;
    enum kr_error error = file_path(dir, name, source);
    if (error == KR_OK)
        error = file_path(copy_dir, name, target);
    if (error == KR_OK && (from = open(source, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) < 0)
        error = copy_failed(source);
    if (error == KR_OK && (to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
        error = copy_failed(target);
    if (error == KR_OK)
        error = pour(from, to, target);
    if (to >= 0 && close(to) != 0 && error == KR_OK)
        error = copy_failed(target);
    if (from >= 0)
        close(from);
    return error;
}

enum kr_error recovery_copy(const char *dir, char copy_dir[PATH_MAX])
{
    const char *tmp = getenv("TMPDIR");
    char name[PATH_MAX];
    copy_dir[0] = '\0';
    enum kr_error error =
        file_path(tmp && tmp[0] == '/' ? tmp : "/tmp", "keyrite-read-XXXXXX", name);
    if (error != KR_OK)
        return error;
    if (!mkdtemp(name))
        return copy_failed(name);
    snprintf(copy_dir, PATH_MAX, "%s", name);
    for (size_t i = 0; i < 2 && error == KR_OK; i++)
        error = copy_file(dir, copy_dir, files[i]);
    if (error != KR_OK)
        recovery_drop(copy_dir);
    return error;
}

void recovery_drop(char copy_dir[PATH_MAX])
{
    char path[PATH_MAX];
    if (copy_dir[0] == '\0')
        return;
    for (size_t i = 0; i < 2; i++)
        if (file_path(copy_dir, files[i], path) == KR_OK)
            unlink(path);
    rmdir(copy_dir);
    copy_dir[0] = '\0';
}
