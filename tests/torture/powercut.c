/*
 * powercut: the disk at every instant of a recorded ceremony, as a power cut may leave it, and what
 * the store makes of it.
 *
 *   powercut --log FILE --base FOLDER --person ID [--seed N] [--states N] [--seconds N]
 *            [--workers N] [--lie all|folders|rollback|database|side-files]
 *   powercut --log FILE --base FOLDER --person ID --seed N --state POINT:VARIANT [--to FOLDER]
 *   powercut --log FILE --base FOLDER --person ID --seed N --sample N --to FOLDER
 *
 * The auditor's passphrase is the first line of standard input: with it the database key is taken
 * from the last slot file, once. --state checks one state again, and --to leaves it in a folder.
 * --sample leaves N states that the seed picks, as POINT:VARIANT, in folders of that name.
 * Exit 0: nothing lost; 1: something was; 2: it could not run.
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

/* One sweep over all points comes in as many parts, so that a short run sees all ages. */
#define STRIDE       32
#define PER_POINT    4 /* random states of a point in one sweep */
#define LOSSES_SHOWN 12
#define WORKERS_MAX  64

/* ---- Many states ---- */

static bool is_new(struct tally *t, uint64_t hash)
{
    hash |= 1;
    for (uint64_t i = hash >> 8;; i++) {
        uint64_t there = 0;
        _Atomic uint64_t *place = &t->seen[i & ((1u << SEEN_BITS) - 1)];
        if (atomic_compare_exchange_strong(place, &there, hash))
            return true;
        if (there == hash)
            return false;
    }
}

static uint64_t seed_of(const struct cut *c, size_t point)
{
    return c->seed * 0x9E3779B97F4A7C15u + point * 0xC2B2AE3D27D4EB4Fu;
}

static void try_one(struct look *l, struct disk *d, unsigned variant)
{
    struct tally *t = l->cut->tally;
    disk_state(d, seed_of(l->cut, l->point), variant, &l->state);
    t->tried++;
    /* The same disk at another age of the journal is another question: what it must hold differs.
     */
    const struct commit *flying, *last = recorded_by(l->cut, l->point, &flying);
    uint64_t age = last ? last->point : 0;
    if (is_new(t, hash_bytes(l->state.hash, &age, sizeof age))) {
        t->distinct++;
        if (!look_survives(l)) {
            t->lost++;
            if (t->shown++ < LOSSES_SHOWN)
                printf("lost %zu:%u (seed %llu) %s\n", l->point, variant,
                       (unsigned long long)l->cut->seed, l->why);
        }
    }
    state_drop(&l->state);
}

static double elapsed(const struct cut *c)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - c->begun.tv_sec) + (double)(now.tv_nsec - c->begun.tv_nsec) / 1e9;
}

static bool enough(const struct cut *c)
{
    return (c->states && c->tally->distinct >= c->states) ||
           (c->seconds && elapsed(c) >= (double)c->seconds);
}

static bool in_part(size_t point, unsigned part)
{
    return (point * 2654435761u >> 12) % STRIDE == part;
}

/* One part of one sweep; the random states of a later sweep are others. */
static void sweep(struct look *l, unsigned part, unsigned nth)
{
    const struct cut *c = l->cut;
    struct disk *d = disk_new(c->base, c->lie);
    unsigned from = VARIANT_RANDOM + nth * PER_POINT;
    for (size_t i = 0; i < c->log.count && !enough(c); i++) {
        disk_play(d, c->log.records[i]);
        l->point = i + 1;
        if (!in_part(l->point, part) ||
            strcmp("", record_path(c->log.records[i], (char[PATH_LENGTH]){0})) == 0)
            continue;
        if (nth == 0) {
            c->tally->points++;
            try_one(l, d, VARIANT_NONE);
            try_one(l, d, VARIANT_ALL);
        }
        for (unsigned v = from; v < from + PER_POINT; v++)
            try_one(l, d, v);
    }
    disk_free(d);
}

static void work(struct cut *c, unsigned worker)
{
    struct look l;
    look_begin(&l, c, worker);
    for (unsigned n = worker; !enough(c) && n / STRIDE < 4096; n += c->workers)
        sweep(&l, n % STRIDE, n / STRIDE);
    look_end(&l);
    fflush(stdout);
    _exit(0);
}

static int run(struct cut *c)
{
    struct order o;
    order_of(c, &o);
    pid_t workers[WORKERS_MAX];
    bool whole = true;
    fflush(stdout);
    for (unsigned i = 0; i < c->workers; i++)
        if ((workers[i] = fork()) == 0)
            work(c, i);
    for (unsigned i = 0; i < c->workers; i++) {
        int status = 0;
        whole = waitpid(workers[i], &status, 0) == workers[i] && status == 0 && whole;
    }
    const struct tally *t = c->tally;
    printf("states tried=%llu distinct=%llu lost=%llu unfounded=%llu read=%llu verified=%llu "
           "points=%llu/%zu "
           "founded=%zu commits=%zu effects=%llu early=%llu wrong=%llu seconds=%.1f\n",
           (unsigned long long)t->tried, (unsigned long long)t->distinct,
           (unsigned long long)t->lost, (unsigned long long)t->unfounded,
           (unsigned long long)t->read, (unsigned long long)t->verified,
           (unsigned long long)t->points, c->log.count, c->founded, c->commit_count,
           (unsigned long long)o.effects, (unsigned long long)o.early, (unsigned long long)o.wrong,
           elapsed(c));
    if (!whole)
        stop("a worker has died");
    return t->lost || o.wrong ? 1 : 0;
}

static int one_state(struct cut *c, size_t point, unsigned variant, const char *to)
{
    struct look l;
    struct disk *d = disk_new(c->base, c->lie);
    look_begin(&l, c, 0);
    for (size_t i = 0; i < point && i < c->log.count; i++)
        disk_play(d, c->log.records[i]);
    l.point = point;
    disk_state(d, seed_of(c, point), variant, &l.state);
    if (to)
        state_write(&l.state, NULL, to);
    bool good = look_survives(&l);
    const struct commit *flying, *last = recorded_by(c, point, &flying);
    printf("state %zu:%u %s recorded=%llu %s\n", point, variant, good ? "survives" : "lost",
           point < c->founded || !last ? 0ull : (unsigned long long)last->size, l.why);
    state_drop(&l.state);
    disk_free(d);
    look_end(&l);
    return good ? 0 : 1;
}

static size_t effect(const struct cut *c, uint64_t nth)
{
    size_t at = 0;
    for (; at < c->log.count; at++)
        if (c->log.records[at]->kind == RECORD_EFFECT && nth-- == 0)
            break;
    return at;
}

/* Every second one right before or after commands to a card, where most is at stake; every fourth
 * while the store is being founded. */
static size_t pick(const struct cut *c, uint64_t *luck, unsigned nth)
{
    struct order o;
    order_of(c, &o);
    if (nth % 2 == 0 && o.effects > 0)
        return effect(c, dice(luck) % o.effects) + dice(luck) % 4;
    return dice(luck) % (nth % 4 == 1 ? c->founded + 4 : c->log.count) + 1;
}

static int sample(struct cut *c, unsigned count)
{
    uint64_t luck = c->seed;
    int status = 0;
    for (unsigned i = 0; i < count; i++) {
        char to[PATH_LENGTH];
        size_t point = pick(c, &luck, i);
        unsigned variant = (unsigned)(dice(&luck) % 6);
        snprintf(to, sizeof to, "%.200s/%zu:%u", c->to, point, variant);
        if (mkdir(to, 0700) == 0)
            status |= one_state(c, point, variant, to);
    }
    return status;
}

/* ---- The command line ---- */

static enum lie lie_of(const char *word)
{
    static const char *const words[] = {"none",     "all",      "folders",
                                        "rollback", "database", "side-files"};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0)
            return (enum lie)i;
    stop("%s is no lie", word);
}

struct given {
    const char *log, *folder, *state;
    unsigned samples;
};

static unsigned long number(const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (end == text || *end)
        stop("%s is no number", text);
    return n;
}

static void take_option(struct cut *c, struct given *g, int option, const char *value)
{
    switch (option) {
    case 'l':
        g->log = value;
        break;
    case 'f':
        g->folder = value;
        break;
    case 'o':
        g->state = value;
        break;
    case 'm':
        g->samples = (unsigned)number(value);
        break;
    case 'b':
        c->base = value;
        break;
    case 'p':
        c->person = value;
        break;
    case 's':
        c->seed = number(value);
        break;
    case 'n':
        c->states = number(value);
        break;
    case 't':
        c->seconds = number(value);
        break;
    case 'w':
        c->workers = (unsigned)number(value);
        break;
    case 'x':
        c->lie = lie_of(value);
        break;
    case 'e':
        c->to = value;
        break;
    default:
        stop("the head of powercut.c says what may be given");
    }
}

static void take_options(struct cut *c, struct given *g, int argc, char **argv)
{
    static const struct option options[] = {
        {"log", 1, 0, 'l'},  {"base", 1, 0, 'b'},   {"folder", 1, 0, 'f'},  {"person", 1, 0, 'p'},
        {"seed", 1, 0, 's'}, {"states", 1, 0, 'n'}, {"seconds", 1, 0, 't'}, {"workers", 1, 0, 'w'},
        {"lie", 1, 0, 'x'},  {"state", 1, 0, 'o'},  {"sample", 1, 0, 'm'},  {"to", 1, 0, 'e'},
        {0, 0, 0, 0},
    };
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;)
        take_option(c, g, o, optarg);
    if (!g->log || !c->base || c->workers < 1 || c->workers > WORKERS_MAX)
        stop("--log and --base are needed");
    if (g->samples && !c->to)
        stop("--sample needs --to");
}

static int act(struct cut *c, const struct given *g)
{
    unsigned long point;
    unsigned variant;
    if (g->samples)
        return sample(c, g->samples);
    if (!g->state)
        return run(c);
    if (sscanf(g->state, "%lu:%u", &point, &variant) != 2)
        stop("--state POINT:VARIANT");
    return one_state(c, point, variant, c->to);
}

int main(int argc, char **argv)
{
    struct cut *c = calloc(1, sizeof *c);
    struct given g = {.log = NULL};
    char scratch[] = "/dev/shm/keyrite-powercut-XXXXXX";
    if (!c || secret_heap_open() != KR_OK)
        stop("no memory");
    c->workers = 2;
    c->person = "wu";
    take_options(c, &g, argc, argv);
    c->tally =
        mmap(NULL, sizeof *c->tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    c->scratch = mkdtemp(scratch);
    if (c->tally == MAP_FAILED || !c->scratch)
        stop("%s: %s", scratch, strerror(errno));
    log_read(&c->log, g.log);
    survey(c, g.folder);
    clock_gettime(CLOCK_MONOTONIC, &c->begun);
    int status = act(c, &g);
    rmdir(c->scratch);
    return status;
}
