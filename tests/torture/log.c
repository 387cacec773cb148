/* The log of recorder.so, and what everything here uses. */
#include "disk_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void stop(const char *form, ...)
{
    va_list more;
    va_start(more, form);
    vfprintf(stderr, form, more);
    va_end(more);
    fputc('\n', stderr);
    exit(2);
}

uint64_t dice(uint64_t *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

uint64_t hash_bytes(uint64_t h, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        h = (h ^ word) * 0xD6E8FEB86659FD93u;
        h ^= h >> 32;
    }
    for (; len; p++, len--)
        h = (h ^ *p) * 0xD6E8FEB86659FD93u;
    return (h ^ h >> 29) * 0x9FB21C651E98DF25u;
}

void *memory(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        stop("no memory");
    return p;
}

/* ---- The log ---- */

const char *record_path(const struct record_head *r, char out[PATH_LENGTH])
{
    snprintf(out, PATH_LENGTH, "%.*s", (int)r->path_len, (const char *)(r + 1));
    return out;
}

const uint8_t *record_data(const struct record_head *r)
{
    return (const uint8_t *)(r + 1) + r->path_len;
}

/* Records lie at any address; each is copied to one that a struct may have. */
void log_read(struct log *l, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0)
        stop("%s: %s", path, strerror(errno));
    l->len = (size_t)st.st_size;
    l->bytes = mmap(NULL, l->len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (l->bytes == MAP_FAILED)
        stop("%s: %s", path, strerror(errno));
    close(fd);
    size_t room = 0;
    for (size_t at = 0; at < l->len;) {
        struct record_head head;
        if (l->len - at < sizeof head)
            stop("%s: cut off", path);
        memcpy(&head, l->bytes + at, sizeof head);
        size_t whole = sizeof head + head.path_len + head.len;
        if (head.magic != RECORD_MAGIC || l->len - at < whole || head.path_len >= PATH_LENGTH)
            stop("%s: not a record at byte %zu", path, at);
        if (l->count == room) {
            room = room ? 2 * room : 4096;
            l->records = realloc(l->records, room * sizeof *l->records);
            if (!l->records)
                stop("no memory");
        }
        l->records[l->count++] = memcpy(memory(whole), l->bytes + at, whole);
        at += whole;
    }
}
