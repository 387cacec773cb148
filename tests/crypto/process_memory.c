#include "process_memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW ((size_t)1 << 20)

static int memory_open(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

bool memory_can_be_read(pid_t pid)
{
#ifdef KEYRITE_SANITIZED
    (void)pid;
    return false;
#else
    int fd = memory_open(pid);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
#endif
}

static size_t count_in(const uint8_t *bytes, size_t len, const struct pattern *p)
{
    size_t found = 0;
    uint8_t first = p->masked[0] ^ PATTERN_MASK;
    for (size_t at = 0; at + p->len <= len; at++) {
        const uint8_t *hit = memchr(bytes + at, first, len - p->len - at + 1);
        if (!hit)
            break;
        at = (size_t)(hit - bytes);
        size_t same = 1;
        while (same < p->len && (hit[same] ^ PATTERN_MASK) == p->masked[same])
            same++;
        found += same == p->len;
    }
    return found;
}

static size_t count_in_region(int mem, uintptr_t from, uintptr_t to, uint8_t *window,
                              const struct pattern *p)
{
    size_t found = 0;
    while (from < to) {
        size_t want = to - from < WINDOW ? to - from : WINDOW;
        ssize_t got = pread(mem, window, want, (off_t)from);
        if (got <= 0)
            break; /* guard pages, vsyscall */
        found += count_in(window, (size_t)got, p);
        if ((size_t)got < want || from + want >= to)
            break;
        from += want - (p->len - 1);
    }
    return found;
}

size_t memory_count(pid_t pid, const struct pattern *p)
{
    char path[64];
    char line[512];
    size_t found = 0;
    int mem = memory_open(pid);
    uint8_t *window =
        mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long from;
        unsigned long to;
        char access[8];
        if (sscanf(line, "%lx-%lx %7s", &from, &to, access) != 3 || access[0] != 'r')
            continue;
        /* Our own window may lie beside other pages in one region: it is searched around. */
        uintptr_t hole = pid == getpid() ? (uintptr_t)window : 0;
        if (hole >= from && hole < to) {
            found += count_in_region(mem, from, hole, window, p);
            found += count_in_region(mem, hole + WINDOW, to, window, p);
        } else {
            found += count_in_region(mem, from, to, window, p);
        }
    }
    if (maps)
        fclose(maps);
    explicit_bzero(window, WINDOW);
    munmap(window, WINDOW);
    if (mem >= 0)
        close(mem);
    return found;
}
