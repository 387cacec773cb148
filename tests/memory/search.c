/*
 * Looks for many byte strings at once in memory of processes and in files.
 *
 *   search [pid:N | PATH]...    strings on standard input, one a line: NAME HEX, or NAME HEX digits
 *
 * "digits": only where neither a digit nor a letter stands before or behind. A string has 4 to 255
 * bytes. Prints a line for each find, at most three for one string in one place: name, place,
 * offset, and "locked" where the memory is locked and left out of dumps; then "N bytes searched".
 * Mappings that cannot be read (guard pages, vvar) are passed over. Exit status 2 when something
 * cannot be read.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUCKETS     (1u << 20)
#define NAME_ROOM   80
#define FINDS_MOST  3
#define MAPPING_MAX ((size_t)1 << 30)

struct wanted {
    char name[NAME_ROOM];
    uint8_t bytes[255];
    uint8_t len;
    bool digits;
    unsigned found; /* in the place that is searched now */
    struct wanted *next;
};
static struct wanted *buckets[BUCKETS];
static uint8_t begins[1u << 21]; /* one bit for each three first bytes */
static struct wanted *all;
static size_t count, room;
static uint64_t searched;

static uint32_t first_three(const uint8_t *at)
{
    return (uint32_t)(at[0] | at[1] << 8 | at[2] << 16);
}

static uint32_t bucket_of(const uint8_t *at)
{
    return ((first_three(at) ^ (uint32_t)at[3] << 24) * 2654435761u) >> 12;
}

/* ---- What is looked for ---- */

static bool take_hex(const char *hex, struct wanted *w)
{
    size_t digits = strlen(hex);
    if (digits % 2 || digits < 8 || digits > 510)
        return false;
    for (size_t i = 0; i < digits; i += 2) {
        unsigned byte;
        if (sscanf(hex + i, "%2x", &byte) != 1)
            return false;
        w->bytes[i / 2] = (uint8_t)byte;
    }
    w->len = (uint8_t)(digits / 2);
    return true;
}

static bool take_line(const char *line)
{
    char name[NAME_ROOM], hex[512], flag[8] = "";
    if (count == room) {
        room = room ? 2 * room : 4096;
        all = realloc(all, room * sizeof *all);
        if (!all)
            return false;
    }
    struct wanted *w = &all[count];
    memset(w, 0, sizeof *w);
    if (sscanf(line, "%79s %511s %7s", name, hex, flag) < 2 || !take_hex(hex, w))
        return false;
    memcpy(w->name, name, sizeof name);
    w->digits = strcmp(flag, "digits") == 0;
    count++;
    return true;
}

static void put_into_buckets(void)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t three = first_three(all[i].bytes), bucket = bucket_of(all[i].bytes);
        begins[three >> 3] |= (uint8_t)(1u << (three & 7));
        all[i].next = buckets[bucket];
        buckets[bucket] = &all[i];
    }
}

/* ---- Searching ---- */

static bool stands_alone(const uint8_t *bytes, size_t len, size_t at, size_t width)
{
    return (at == 0 || !isalnum(bytes[at - 1])) &&
           (at + width == len || !isalnum(bytes[at + width]));
}

static void search_at(const uint8_t *bytes, size_t len, size_t at, const char *place,
                      uint64_t offset, bool locked)
{
    for (struct wanted *w = buckets[bucket_of(bytes + at)]; w; w = w->next) {
        if (len - at < w->len || memcmp(bytes + at, w->bytes, w->len) != 0)
            continue;
        if (w->digits && !stands_alone(bytes, len, at, w->len))
            continue;
        if (w->found++ < FINDS_MOST)
            printf("%s\t%s\t%#" PRIx64 "\t%s\n", w->name, place, offset + at,
                   locked ? "locked" : "-");
    }
}

static void search_bytes(const uint8_t *bytes, size_t len, const char *place, uint64_t offset,
                         bool locked)
{
    for (size_t i = 0; i < count; i++)
        all[i].found = 0;
    for (size_t at = 0; at + 4 <= len; at++) {
        uint32_t three = first_three(bytes + at);
        if (begins[three >> 3] & (1u << (three & 7)))
            search_at(bytes, len, at, place, offset, locked);
    }
    searched += len;
}

/* As much as can be read: a mapping may end in pages that are not there. */
static void search_mapping(int memory, uint64_t begin, uint64_t end, const char *place, bool locked)
{
    size_t len = end - begin;
    if (len > MAPPING_MAX)
        return;
    uint8_t *copy = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        return;
    ssize_t got = pread(memory, copy, len, (off_t)begin);
    if (got > 0)
        search_bytes(copy, (size_t)got, place, begin, locked);
    munmap(copy, len);
}

/* One mapping as smaps tells of it. */
struct mapping {
    uint64_t begin, end;
    char name[512];
    bool of_file, written; /* written: some page is not the file's any more */
    bool there;            /* some page is in memory or in the swap */
};

static bool mapping_begins(const char *line, struct mapping *m)
{
    char rights[8];
    uint64_t begin, end;
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &begin, &end, rights) != 3)
        return false;
    const char *name = strpbrk(line, "/[");
    *m = (struct mapping){.begin = begin, .end = end, .of_file = name && name[0] == '/'};
    snprintf(m->name, sizeof m->name, "%s", name ? name : "anonymous");
    m->name[strcspn(m->name, "\n")] = '\0';
    return true;
}

/* Pages as they are in a program or library are the same in every process: passed over. */
static bool search_process(const char *pid)
{
    char path[64], line[1024], place[640];
    struct mapping m = {0};
    unsigned long kib;
    snprintf(path, sizeof path, "/proc/%.20s/smaps", pid);
    FILE *maps = fopen(path, "r");
    snprintf(path, sizeof path, "/proc/%.20s/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    bool good = maps && memory >= 0;
    while (good && fgets(line, sizeof line, maps)) {
        if (mapping_begins(line, &m))
            continue;
        if (sscanf(line, "Anonymous: %lu kB", &kib) == 1 ||
            sscanf(line, "Private_Dirty: %lu kB", &kib) == 1)
            m.written = m.written || kib > 0;
        if (sscanf(line, "Rss: %lu kB", &kib) == 1 || sscanf(line, "Swap: %lu kB", &kib) == 1)
            m.there = m.there || kib > 0;
        if (strncmp(line, "VmFlags:", 8) != 0 || !m.there || (m.of_file && !m.written))
            continue;
        snprintf(place, sizeof place, "pid:%s %s", pid, m.name);
        search_mapping(memory, m.begin, m.end, place, strstr(line, " lo") && strstr(line, " dd"));
    }
    if (maps)
        fclose(maps);
    if (memory >= 0)
        close(memory);
    return good;
}

static bool search_file(const char *path)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    /* One that is gone meanwhile holds nothing any more. */
    bool good = fd >= 0 ? fstat(fd, &about) == 0 : errno == ENOENT;
    if (good && fd >= 0 && S_ISREG(about.st_mode) && about.st_size > 0) {
        uint8_t *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        good = bytes != MAP_FAILED;
        if (good) {
            search_bytes(bytes, (size_t)about.st_size, path, 0, false);
            munmap(bytes, (size_t)about.st_size);
        }
    }
    if (fd >= 0)
        close(fd);
    return good;
}

int main(int argc, char **argv)
{
    char line[640];
    int status = 0;
    while (fgets(line, sizeof line, stdin)) {
        if (!take_line(line)) {
            fprintf(stderr, "search: not a string to look for: %.40s\n", line);
            return 2;
        }
    }
    put_into_buckets();
    for (int i = 1; i < argc; i++) {
        bool good =
            strncmp(argv[i], "pid:", 4) == 0 ? search_process(argv[i] + 4) : search_file(argv[i]);
        if (!good) {
            fprintf(stderr, "search: %s: %s\n", argv[i], strerror(errno));
            status = 2;
        }
    }
    printf("%" PRIu64 " bytes searched\n", searched);
    free(all);
    return status;
}
