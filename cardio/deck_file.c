#include "deck_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum kr_error cannot(const char *path)
{
    return kr_fail(KR_E_FILE, "%s: %s", path, strerror(errno));
}

static bool read_all(int fd, uint8_t *out, size_t len)
{
    size_t at = 0;

    while (at < len) {
        ssize_t n = read(fd, out + at, len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
    size_t at = 0;

    while (at < len) {
        ssize_t n = write(fd, bytes + at, len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

enum kr_error deck_file_read(const char *path, struct secret **bytes)
{
    struct stat st;
    struct secret *s = NULL;
    enum kr_error rc = KR_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return cannot(path);
    if (fstat(fd, &st) != 0)
        rc = cannot(path);
    else if (!S_ISREG(st.st_mode) || st.st_size > (off_t)DECK_FILE_MAX)
        rc = kr_fail(KR_E_TOO_LONG, "%s", path);
    if (rc == KR_OK) {
        s = secret_new((size_t)st.st_size);
        if (!s)
            rc = KR_E_MEMORY;
        else if (!read_all(fd, s->bytes, s->len))
            rc = cannot(path);
    }
    close(fd);
    if (rc == KR_OK)
        *bytes = s;
    else
        secret_free(&s);
    return rc;
}

enum kr_error deck_file_replace(const char *path, const void *bytes, size_t len)
{
    char fresh[PATH_MAX];
    enum kr_error rc = KR_OK;
    int fd;

    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh)
        return kr_fail(KR_E_TOO_LONG, "%s", path);
    fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return cannot(fresh);
    if (!write_all(fd, bytes, len))
        rc = cannot(fresh);
    if (close(fd) != 0 && rc == KR_OK)
        rc = cannot(fresh);
    if (rc == KR_OK && rename(fresh, path) != 0)
        rc = cannot(path);
    if (rc != KR_OK)
        unlink(fresh);
    return rc;
}
