/*
 * flips: every byte of a closed store changed, one at a time, and what an auditor's check says.
 *
 *   flips --store FOLDER --person ID [--older FOLDER] [--stride N] [--seconds N]
 *         [--workers N] [--seed N]
 *
 * The auditor's passphrase is the first line of standard input. Of every byte one bit is changed,
 * which one the seed says; with a stride of N every N-th byte, beginning anywhere. In the database
 * each byte is held against its page's MAC, as the check does, and once in each page, besides, the
 * whole check is made; of the other files the whole check is made for every byte. The last 12 bytes
 * of a page are filling under no MAC (docs/store-format.md): of them it is shown that they change
 * nothing. Then come cut and lengthened files and, with an older copy of
 * the store, each of its pages put back alone. Exit 0: nothing missed; 1: something was; 2: it
 * could not run.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cut.h"
#include "../../store/page_macs.h"
#include "../../store/verify.h"

#define PAGE         4096
#define FILLING      12
#define MISSES_SHOWN 10
#define WORKERS_MAX  16

static const char *const files[] = {"anchor", "slots.a", "slots.b", "journal.db"};
#define FILE_COUNT (sizeof files / sizeof files[0])

struct counted {
    _Atomic uint64_t tried, whole, filling, pages, missed, late;
};
struct flips {
    const char *store, *older, *person;
    char scratch[64], copy[100];
    size_t stride, workers;
    uint64_t seed, seconds;
    struct secret *key;
    struct counted *counted;
    struct timespec begun;
    uint8_t *bytes; /* of the file at hand */
    size_t len;
};

/* The bytes of a file, with room for one more behind them. */
static uint8_t *read_all(const char *folder, const char *name, size_t *len)
{
    char path[PATH_LENGTH];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (stat(path, &st) != 0)
        stop("%s: %s", path, strerror(errno));
    *len = (size_t)st.st_size;
    uint8_t *bytes = malloc(*len + 1);
    FILE *in = fopen(path, "rb");
    if (!bytes || !in || fread(bytes, 1, *len, in) != *len)
        stop("%s cannot be read", path);
    fclose(in);
    return bytes;
}

static void take_file(struct flips *f, const char *name)
{
    free(f->bytes);
    f->bytes = read_all(f->store, name, &f->len);
}

static void put_file(const struct flips *f, const char *name, size_t len)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof path, "%s/%s", f->copy, name);
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(f->bytes, 1, len, out) != len || fclose(out) != 0)
        stop("%s: %s", path, strerror(errno));
}

static void put_byte(const struct flips *f, const char *name, size_t at)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof path, "%s/%s", f->copy, name);
    FILE *out = fopen(path, "r+b");
    if (!out || fseek(out, (long)at, SEEK_SET) != 0 || fputc(f->bytes[at], out) == EOF ||
        fclose(out) != 0)
        stop("%s: %s", path, strerror(errno));
}

static void remove_copy(const struct flips *f)
{
    static const char *const left[] = {"anchor", "slots.a", "slots.b", "journal.db", "lock"};
    char path[PATH_LENGTH];
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", f->copy, left[i]);
        unlink(path);
    }
    if (rmdir(f->copy) != 0)
        stop("%s: %s", f->copy, strerror(errno));
}

/* ---- What an auditor's check says ---- */

static bool check_notices(const struct flips *f, uint64_t *content)
{
    struct store *s = NULL;
    struct verify_report report;
    enum kr_error error = look_open_at(f->copy, f->key, true, &s);
    if (error == KR_OK)
        error = store_verify(s, NULL, NULL, &report);
    bool noticed = error != KR_OK || report.problem != KR_OK || report.odd_copy;
    if (!noticed && content && look_content(s, content) != KR_OK)
        noticed = true;
    store_close(&s);
    f->counted->whole++;
    return noticed;
}

static bool macs_notice(const struct flips *f)
{
    char path[PATH_LENGTH];
    snprintf(path, sizeof path, "%s/journal.db", f->copy);
    return page_macs_check(path, f->key) != KR_OK;
}

static void judge(const struct flips *f, const char *name, size_t at, bool noticed, bool wanted)
{
    f->counted->tried++;
    if (noticed != wanted && f->counted->missed++ < MISSES_SHOWN)
        printf("%s byte %zu of %zu: %s\n", name, at, f->len, noticed ? "noticed" : "not noticed");
}

static void try_byte(const struct flips *f, const char *name, size_t at)
{
    uint64_t luck = f->seed + at;
    uint8_t bit = (uint8_t)(1u << dice(&luck) % 8);
    bool database = strcmp(name, "journal.db") == 0;
    bool filling = database && at % PAGE >= PAGE - FILLING;
    f->bytes[at] ^= bit;
    put_byte(f, name, at);
    f->counted->filling += filling;
    if (database)
        judge(f, name, at, macs_notice(f), !filling);
    if (!database || at % PAGE / f->stride == f->seed % PAGE / f->stride)
        judge(f, name, at, check_notices(f, NULL), !filling);
    f->bytes[at] ^= bit;
    put_byte(f, name, at);
}

static void try_lengths(struct flips *f, const char *name)
{
    uint64_t luck = f->seed;
    for (unsigned i = 0; i < 24; i++) {
        size_t len = i == 0 ? f->len - 1 : (size_t)(dice(&luck) % f->len);
        put_file(f, name, len);
        judge(f, name, len, check_notices(f, NULL), true);
    }
    f->bytes[f->len] = 0;
    put_file(f, name, f->len + 1);
    judge(f, name, f->len + 1, check_notices(f, NULL), true);
    put_file(f, name, f->len);
}

/* One page of the database as it was in an older copy: its MAC fits, since nothing in it says when
 * it was written. */
static void try_old_pages(struct flips *f)
{
    size_t len;
    uint8_t *old = read_all(f->older, "journal.db", &len);
    take_file(f, "journal.db");
    uint64_t content = 0;
    if (check_notices(f, &content))
        stop("the store does not verify as it is: %s", kr_detail());
    for (size_t at = 0; at + PAGE <= len && at + PAGE <= f->len; at += PAGE) {
        uint8_t now[PAGE];
        if (memcmp(f->bytes + at, old + at, PAGE) == 0)
            continue;
        memcpy(now, f->bytes + at, PAGE);
        memcpy(f->bytes + at, old + at, PAGE);
        put_file(f, "journal.db", f->len);
        f->counted->pages++;
        uint64_t found = content;
        bool noticed = check_notices(f, &found);
        judge(f, "journal.db, old page at", at, noticed || found == content, true);
        memcpy(f->bytes + at, now, PAGE);
    }
    put_file(f, "journal.db", f->len);
    free(old);
}

static bool in_time(const struct flips *f)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)(now.tv_sec - f->begun.tv_sec) < f->seconds;
}

static int work(struct flips *f, size_t worker)
{
    snprintf(f->copy, sizeof f->copy, "%s/%zu", f->scratch, worker);
    setenv("TMPDIR", f->scratch, 1);
    if (mkdir(f->copy, 0700) != 0)
        stop("%s: %s", f->copy, strerror(errno));
    for (size_t i = 0; i < FILE_COUNT; i++) {
        take_file(f, files[i]);
        put_file(f, files[i], f->len);
    }
    if (check_notices(f, NULL))
        stop("the store does not verify as it is: %s", kr_detail());
    for (size_t i = 0; i < FILE_COUNT; i++) {
        size_t step = f->stride * f->workers, at = f->stride * worker + f->seed % f->stride;
        take_file(f, files[i]);
        for (; at < f->len && in_time(f); at += step)
            try_byte(f, files[i], at);
        f->counted->late += at < f->len ? (f->len - at) / step + 1 : 0;
        if (worker == i % f->workers)
            try_lengths(f, files[i]);
    }
    if (f->older && worker == 0)
        try_old_pages(f);
    remove_copy(f);
    return 0;
}

/* ---- The command line ---- */

static void take_key(struct flips *f)
{
    struct slots *slots = malloc(sizeof *slots);
    if (!slots)
        stop("no memory");
    look_key(f->store, f->person, slots, &f->key);
    free(slots);
}

static void take_options(struct flips *f, int argc, char **argv)
{
    static const struct option options[] = {
        {"store", 1, 0, 's'},   {"person", 1, 0, 'p'},  {"stride", 1, 0, 'n'},
        {"seconds", 1, 0, 't'}, {"workers", 1, 0, 'w'}, {"seed", 1, 0, 'e'},
        {"older", 1, 0, 'o'},   {0, 0, 0, 0},
    };
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        unsigned long n = strchr("ntwe", o) && o != '?' ? strtoul(optarg, NULL, 10) : 0;
        f->store = o == 's' ? optarg : f->store;
        f->older = o == 'o' ? optarg : f->older;
        f->person = o == 'p' ? optarg : f->person;
        f->stride = o == 'n' ? n : f->stride;
        f->seconds = o == 't' ? n : f->seconds;
        f->workers = o == 'w' ? n : f->workers;
        f->seed = o == 'e' ? n : f->seed;
    }
    if (!f->store || f->stride < 1 || f->workers < 1 || f->workers > WORKERS_MAX)
        stop("the head of flips.c says what may be given");
}

static bool run_workers(struct flips *f)
{
    bool whole = true;
    int status;
    fflush(stdout);
    for (size_t w = 0; w < f->workers; w++) {
        pid_t child = fork();
        if (child == 0) {
            status = work(f, w);
            fflush(stdout);
            _exit(status);
        }
        whole = whole && child > 0;
    }
    while (wait(&status) > 0)
        whole = whole && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return whole;
}

int main(int argc, char **argv)
{
    struct flips f = {.person = "wu", .stride = 1, .workers = 2, .seconds = 1u << 30};
    snprintf(f.scratch, sizeof f.scratch, "/dev/shm/keyrite-flips-XXXXXX");
    if (secret_heap_open() != KR_OK)
        stop("no memory");
    take_options(&f, argc, argv);
    take_key(&f);
    f.counted =
        mmap(NULL, sizeof *f.counted, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (f.counted == MAP_FAILED || !mkdtemp(f.scratch))
        stop("%s: %s", f.scratch, strerror(errno));
    clock_gettime(CLOCK_MONOTONIC, &f.begun);
    bool whole = run_workers(&f);
    printf("flips tried=%lu whole=%lu filling=%lu pages=%lu missed=%lu left=%lu\n",
           (unsigned long)f.counted->tried, (unsigned long)f.counted->whole,
           (unsigned long)f.counted->filling, (unsigned long)f.counted->pages,
           (unsigned long)f.counted->missed, (unsigned long)f.counted->late);
    whole = rmdir(f.scratch) == 0 && whole;
    return !whole ? 2 : f.counted->missed ? 1 : 0;
}
