/*
 * What the journal costs, as ratios within one run:
 *   durable signed entries per second / one-row commits per second of a bare SQLCipher connection
 * with the same settings on the same file system, in turns; opening a store with 100,000 entries
 * and 99 of them after the last checkpoint (without Argon2id). Usage: bench_journal [FOLDER
 * [ENTRIES]]; FOLDER (default /var/tmp) should lie on the disk that the store will lie on. Exit 1
 * when a target is missed.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../crypto/hash.h"
#include "../../store/database.h"
#include "bare_commits.h"
#include "holding.h"

#define ROUNDS 30
#define TURN   20 /* commits of each kind per round */
#define OPENS  9

struct bench {
    char dir[256];
    struct secret *key;
    struct slots slots;
    struct store *store;
};

static void must(enum kr_error error, const char *what)
{
    char text[512];
    if (error == KR_OK)
        return;
    fprintf(stderr, "bench_journal: %s: %s\n", what, kr_explain(error, NULL, text, sizeof text));
    exit(2);
}

/* ---- A centre of two people, whose keys are made from their number ---- */

static enum kr_error sign(void *ctx, const char *person, const uint8_t *message, size_t len,
                          uint8_t sig[64])
{
    (void)person;
    return sign_make(ctx, message, len, sig);
}

static struct secret *seed(int number, uint8_t public_key[32])
{
    struct secret *s = secret_new(32);
    memset(s->bytes, number, 32);
    must(sign_public(s, public_key), "a signing key");
    return s;
}

static struct secret *seeds[3]; /* administrator, supervisor, log */

static void add_person(struct bench *b, const char *id, unsigned roles)
{
    struct person *p = &b->slots.people[b->slots.count];
    snprintf(p->slot.person, sizeof p->slot.person, "%s", id);
    snprintf(p->name, sizeof p->name, "%s", id);
    p->roles = roles;
    seeds[b->slots.count] = seed((int)b->slots.count + 1, p->slot.public_key);
    b->slots.count++;
}

static struct signer signer(const char *person, const char *role, struct secret *with)
{
    struct signer s = {.sign = sign, .ctx = with};
    snprintf(s.person, sizeof s.person, "%s", person);
    snprintf(s.role, sizeof s.role, "%s", role);
    return s;
}

static void found(struct bench *b)
{
    struct entry e;
    char hex[65];
    struct signer both[2] = {signer("alice", "administrator", seeds[0]),
                             signer("bob", "supervisor", seeds[1])};
    entry_begin(&e, "found");
    founding_lines(&e, &b->slots);
    for (size_t i = 0; i < b->slots.count; i++) {
        hex_encode(b->slots.people[i].slot.public_key, 32, hex);
        must(entry_add(&e, "person", "%s", b->slots.people[i].slot.person), "founding");
        must(entry_add(&e, "roles", "%s", role_name(b->slots.people[i].roles)), "founding");
        must(entry_add(&e, "public-key", "%s", hex), "founding");
    }
    must(store_begin(b->store), "founding");
    must(journal_append(b->store, &e, both, 2), "founding");
    must(store_commit(b->store), "founding");
    must(entry_leaf_hash(&e, b->slots.founding), "founding");
    must(store_bind(b->store, &b->slots), "founding");
    must(store_publish(b->store, b->key), "founding");
    b->slots = *store_slots(b->store);
    entry_free(&e);
}

/* The ceremony that all entries are of: opened, and its one step approved. */
static void open_ceremony(struct bench *b)
{
    struct entry e;
    struct signer both[2] = {signer("alice", "administrator", seeds[0]),
                             signer("bob", "supervisor", seeds[1])};
    must(store_begin(b->store), "an opening");
    entry_begin(&e, "open");
    must(entry_add(&e, "ceremony", "WASH-2026-001"), "an opening");
    must(journal_append(b->store, &e, both, 2), "an opening");
    entry_free(&e);
    entry_begin(&e, "approval");
    must(entry_add(&e, "ceremony", "WASH-2026-001"), "an approval");
    must(entry_add(&e, "covers", "wash"), "an approval");
    must(journal_append(b->store, &e, &both[1], 1), "an approval");
    entry_free(&e);
    must(store_commit(b->store), "an opening");
}

static void begin(struct bench *b, const char *folder)
{
    must(secret_heap_open(), "the secure heap");
    snprintf(b->dir, sizeof b->dir, "%.200s/keyrite-bench-XXXXXX", folder);
    if (!mkdtemp(b->dir))
        must(kr_fail(KR_E_FILE, "%s", b->dir), "a folder");
    b->key = secret_new(32);
    must(random_bytes(b->key->bytes, 32), "a key");
    snprintf(b->slots.centre.origin, sizeof b->slots.centre.origin,
             "keyrite.example/national/bench");
    b->slots.centre.tier = TIER_NATIONAL;
    add_person(b, "alice", ROLE_ADMINISTRATOR);
    add_person(b, "bob", ROLE_SUPERVISOR);
    seeds[2] = seed(9, b->slots.log_public);
    must(store_make(b->dir, &b->slots, b->key, &b->store), "making a store");
    found(b);
    open_ceremony(b);
}

static void end(struct bench *b)
{
    char path[PATH_MAX];
    store_close(&b->store);
    DIR *d = opendir(b->dir);
    for (struct dirent *e; d && (e = readdir(d));)
        if (file_path(b->dir, e->d_name, path) == KR_OK)
            unlink(path);
    if (d)
        closedir(d);
    rmdir(b->dir);
    secret_free(&b->key);
    for (size_t i = 0; i < 3; i++)
        secret_free(&seeds[i]);
}

/* ---- Commits ---- */

static void append(struct bench *b, unsigned n)
{
    struct entry e;
    struct signer who = signer("alice", "administrator", seeds[0]);
    entry_begin(&e, "intent");
    must(entry_add(&e, "ceremony", "WASH-2026-001"), "an entry");
    must(entry_add(&e, "step", "wash[%u]", n), "an entry");
    must(entry_add(&e, "card", "1000100000000%07u", n), "an entry");
    must(entry_add(&e, "chip", "%016X", n * 2654435761U), "an entry");
    must(entry_add(&e, "key", "kIctlR/0/1 8A4F21"), "an entry");
    must(entry_add(&e, "software", "keyrite " KEYRITE_VERSION), "an entry");
    must(journal_append(b->store, &e, &who, 1), "an entry");
    entry_free(&e);
}

static void journal_commit(struct bench *b, unsigned n)
{
    must(store_begin(b->store), "an entry");
    append(b, n);
    must(store_commit(b->store), "an entry");
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static bool compare_commits(struct bench *b)
{
    double ratios[ROUNDS], bare = 0, journal = 0;
    struct bare_commits *commits = bare_commits_open(b->dir);
    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = bench_now();
        for (unsigned i = 0; i < TURN; i++)
            bare_commit(commits);
        double middle = bench_now();
        for (unsigned i = 0; i < TURN; i++)
            journal_commit(b, round * TURN + i);
        double stop = bench_now();
        bare += middle - start;
        journal += stop - middle;
        ratios[round] = (middle - start) / (stop - middle);
    }
    bare_commits_close(&commits);
    double ratio = median(ratios, ROUNDS);
    printf("journal: %.0f durable signed entries/s, bare SQLCipher %.0f one-row commits/s: ratio "
           "%.2f (target >= 0.70) %s\n",
           ROUNDS * TURN / journal, ROUNDS * TURN / bare, ratio, ratio >= 0.70 ? "ok" : "MISSED");
    return ratio >= 0.70;
}

/* ---- Opening ---- */

static void fill(struct bench *b, unsigned entries)
{
    struct signer log = signer("", "", seeds[2]);
    unsigned tail = entries < 99 ? entries : 99;
    while (journal_size(b->store) < entries) {
        uint64_t size = journal_size(b->store);
        uint64_t stop =
            size < entries - tail && size + 1000 > entries - tail ? entries - tail : size + 1000;
        must(store_begin(b->store), "filling");
        for (; size < stop && size < entries; size++)
            append(b, (unsigned)size);
        must(store_commit(b->store), "filling");
        if (size <= entries - tail)
            must(checkpoint_make(b->store, &log, NULL, 0, NULL, 0), "a checkpoint");
    }
}

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static bool measure_opening(struct bench *b, unsigned entries)
{
    double times[OPENS];
    fill(b, entries);
    for (size_t i = 0; i < OPENS; i++) {
        store_close(&b->store);
        double start = bench_now();
        must(slots_read(b->dir, &b->slots), "opening");
        must(store_open(b->dir, &b->slots, b->key, false, &b->store), "opening");
        times[i] = bench_now() - start;
    }
    double ms = median(times, OPENS) * 1000;
    printf("opening: %llu entries in %.1f ms (target < 100 ms for the whole first screen) %s; "
           "resident %ld KiB\n",
           (unsigned long long)journal_size(b->store), ms, ms < 50 ? "ok" : "MISSED",
           resident_kib());
    return ms < 50;
}

int main(int argc, char **argv)
{
    static struct bench b;
    unsigned entries = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100000;
    begin(&b, argc > 1 ? argv[1] : "/var/tmp");
    bool good = compare_commits(&b);
    good = measure_opening(&b, entries) && good;
    end(&b);
    return good ? 0 : 1;
}
