/* The rollback journal keeps the pages as they were before the last transactions: in journal_mode
 * PERSIST only its header is emptied. What was erased from the database would stand there still,
 * sealed and encrypted, until something else happens to be written over it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "database.h"

static bool overwrite(int fd, off_t size)
{
    static const uint8_t zeros[4096];
    for (off_t at = 0; at < size;) {
        size_t len = size - at < (off_t)sizeof zeros ? (size_t)(size - at) : sizeof zeros;
        ssize_t n = pwrite(fd, zeros, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
    }
    return fsync(fd) == 0;
}

enum kr_error store_scrub(struct store *s)
{
    char path[PATH_MAX];
    struct stat about;
    enum kr_error error = file_path(s->dir, "journal.db-journal", path);
    database_lock(s); /* finishes a commit that was started: from here on nobody reads the file */
    if (error == KR_OK)
        error = database_usable(s);
    if (error == KR_OK && s->in_transaction)
        error = kr_fail(KR_E_ARGUMENT, "store_scrub() inside a transaction");
    int fd = error == KR_OK ? open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (error == KR_OK && fd < 0 && errno != ENOENT)
        error = database_freeze(s, strerror(errno));
    if (fd >= 0 && (fstat(fd, &about) != 0 || !overwrite(fd, about.st_size)))
        error = database_freeze(s, strerror(errno));
    if (fd >= 0)
        close(fd);
    database_unlock(s);
    return error;
}
