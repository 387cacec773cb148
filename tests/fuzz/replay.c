/*
 * Without libFuzzer: every file of a corpus, then mutations of them, each made from the seed and
 * its number alone, so that a build, a seed and a number are enough to see a finding again.
 *
 *   TARGET CORPUS [MUTATIONS [SEED [LOST]]]   the input that was lost goes into the file LOST
 *   TARGET FILE...                            these alone
 */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 4096
#define INPUT_MAX ((size_t)65536)
#define GROWTH    ((size_t)512) /* of a mutation over its file */

struct bytes {
    uint8_t *at;
    size_t len;
};
static struct bytes files[FILES_MAX];
static size_t file_count;
static struct bytes now; /* the input at hand */
static const char *lost_path;
static char now_name[512];

#pragma weak LLVMFuzzerInitialize
#pragma weak __sanitizer_set_death_callback
void __sanitizer_set_death_callback(void (*callback)(void));

/* Runs inside a dying process: system calls only. */
static void tell_lost(void)
{
    static const char said[] = "\nlost: ";
    int fd = lost_path ? open(lost_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;

    if (write(2, said, sizeof said - 1) < 0 || write(2, now_name, strlen(now_name)) < 0 ||
        write(2, "\n", 1) < 0 || fd < 0)
        return;
    if (write(fd, now.at, now.len) < 0)
        return;
    close(fd);
}

static void on_signal(int number)
{
    tell_lost();
    signal(number, SIG_DFL);
    raise(number);
}

static void watch_death(void)
{
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(tell_lost);
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
}

/* Just as long as the input, so that one byte more is found out. */
static void run(const uint8_t *bytes, size_t len)
{
    now = (struct bytes){malloc(len ? len : 1), len};
    HOLDS(now.at, "no memory");
    if (len > 0)
        memcpy(now.at, bytes, len);
    alarm(20);
    LLVMFuzzerTestOneInput(now.at, len);
    alarm(0);
    free(now.at);
}

static bool read_file(const char *path, struct bytes *b)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool read_whole = false;

    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *b = (struct bytes){malloc((size_t)st.st_size + 1), (size_t)st.st_size};
        read_whole = b->at && read(fd, b->at, b->len) == (ssize_t)b->len;
    }
    close(fd);
    return read_whole;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void run_folder(const char *folder)
{
    struct dirent **names = NULL;
    int n = scandir(folder, &names, NULL, by_name);

    for (int i = 0; i < n; i++) {
        snprintf(now_name, sizeof now_name, "%s/%s", folder, names[i]->d_name);
        if (file_count < FILES_MAX && read_file(now_name, &files[file_count])) {
            run(files[file_count].at, files[file_count].len);
            file_count++;
        }
        free(names[i]);
    }
    free(names);
}

/* ---- Mutations ---- */

static uint64_t state;

/* splitmix64 */
static uint64_t draw(uint64_t below)
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return below ? z % below : 0;
}

static void put_number(uint8_t *bytes, size_t len, size_t at)
{
    static const uint32_t telling[] = {0,      1,      0x7F,       0x80,       0xFF,      0x100,
                                       0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    uint32_t v = telling[draw(sizeof telling / sizeof telling[0])];
    size_t width = (size_t)1 << draw(3);

    for (size_t i = 0; i < width && at + i < len; i++)
        bytes[at + i] = (uint8_t)(v >> 8 * (width - 1 - i));
}

/* Room for n more bytes at a place. */
static void insert(uint8_t *bytes, size_t *len, size_t room, size_t at, const uint8_t *from,
                   size_t n)
{
    uint8_t copy[GROWTH];

    if (n > sizeof copy)
        n = sizeof copy;
    if (n > room - *len)
        n = room - *len;
    memcpy(copy, from, n);
    memmove(bytes + at + n, bytes + at, *len - at);
    memcpy(bytes + at, copy, n);
    *len += n;
}

static void mutate(uint8_t *bytes, size_t *len, size_t room)
{
    const struct bytes *other = &files[draw(file_count)];
    size_t at = draw(*len + 1), n = 1 + draw(draw(2) ? 8 : 64), from;
    uint8_t byte = (uint8_t)draw(256);

    switch (draw(*len ? 7 : 1)) {
    case 0:
        insert(bytes, len, room, at, &byte, 1);
        break;
    case 1:
        bytes[draw(*len)] ^= (uint8_t)(1u << draw(8));
        break;
    case 2:
        bytes[draw(*len)] = byte;
        break;
    case 3:
        put_number(bytes, *len, draw(*len));
        break;
    case 4:
        n = n < *len - at ? n : *len - at;
        memmove(bytes + at, bytes + at + n, *len - at - n);
        *len -= n;
        break;
    case 5:
        from = draw(*len);
        insert(bytes, len, room, at, bytes + from, n < *len - from ? n : *len - from);
        break;
    default:
        from = draw(other->len);
        if (other->len > 0)
            insert(bytes, len, room, at, other->at + from,
                   n < other->len - from ? n : other->len - from);
    }
}

static void run_mutation(const char *folder, uint64_t seed, uint64_t number)
{
    state = seed * 0x2545F4914F6CDD1Du + number;
    const struct bytes *base = &files[draw(file_count)];
    size_t len = base->len < INPUT_MAX ? base->len : INPUT_MAX, room = len + GROWTH;
    uint8_t *bytes = malloc(room);

    HOLDS(bytes, "no memory");
    memcpy(bytes, base->at, len);
    for (uint64_t i = 1 + draw(6); i > 0; i--)
        mutate(bytes, &len, room);
    snprintf(now_name, sizeof now_name, "%s, mutation %llu of seed %llu", folder,
             (unsigned long long)number, (unsigned long long)seed);
    run(bytes, len);
    free(bytes);
}

int main(int argc, char **argv)
{
    struct bytes file;
    unsigned long long mutations = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    unsigned long long seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;

    watch_death();
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        if (read_file(argv[i], &file)) {
            snprintf(now_name, sizeof now_name, "%s", argv[i]);
            run(file.at, file.len);
            free(file.at);
        }
    lost_path = argc > 4 ? argv[4] : NULL;
    if (argc > 1)
        run_folder(argv[1]);
    for (unsigned long long n = 0; n < mutations && file_count > 0; n++)
        run_mutation(argv[1], seed, n);
    printf("%zu files, %llu mutations\n", file_count, file_count > 0 ? mutations : 0);
    for (size_t i = 0; i < file_count; i++)
        free(files[i].at);
    return 0;
}
