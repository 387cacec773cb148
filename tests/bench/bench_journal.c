/*
 * What the journal costs, as ratios within one run:
 *   durable signed entries per second / one-row commits per second of a bare SQLCipher connection
 * with the same settings on the same file system, in turns; opening a store with 100,000 entries
 * and 99 of them after the last checkpoint (without Argon2id). Usage: bench_journal [FOLDER
 * [ENTRIES]]; FOLDER (default /var/tmp) should lie on the disk that the store will lie on. Exit 1
 * when a target is missed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bare_commits.h"
#include "founded.h"
#include "holding.h"

#define ROUNDS 30
#define TURN   20 /* commits of each kind per round */
#define OPENS  9

/* The ceremony that all entries are of: opened, and its one step approved. */
static void open_ceremony(struct bench *b)
{
    struct entry e;
    struct signer both[2] = {bench_signer(BENCH_ADMINISTRATOR), bench_signer(BENCH_SUPERVISOR)};
    bench_must(store_begin(b->store), "an opening");
    entry_begin(&e, "open");
    bench_must(entry_add(&e, "ceremony", "WASH-2026-001"), "an opening");
    bench_must(journal_append(b->store, &e, both, 2), "an opening");
    entry_free(&e);
    entry_begin(&e, "approval");
    bench_must(entry_add(&e, "ceremony", "WASH-2026-001"), "an approval");
    bench_must(entry_add(&e, "covers", "wash"), "an approval");
    bench_must(journal_append(b->store, &e, &both[1], 1), "an approval");
    entry_free(&e);
    bench_must(store_commit(b->store), "an opening");
}

/* ---- Commits ---- */

static void append(struct bench *b, unsigned n)
{
    struct entry e;
    struct signer who = bench_signer(BENCH_ADMINISTRATOR);
    entry_begin(&e, "intent");
    bench_must(entry_add(&e, "ceremony", "WASH-2026-001"), "an entry");
    bench_must(entry_add(&e, "step", "wash[%u]", n), "an entry");
    bench_must(entry_add(&e, "card", "1000100000000%07u", n), "an entry");
    bench_must(entry_add(&e, "chip", "%016X", n * 2654435761U), "an entry");
    bench_must(entry_add(&e, "key", "kIctlR/0/1 8A4F21"), "an entry");
    bench_must(entry_add(&e, "software", "keyrite " KEYRITE_VERSION), "an entry");
    bench_must(journal_append(b->store, &e, &who, 1), "an entry");
    entry_free(&e);
}

static void journal_commit(struct bench *b, unsigned n)
{
    bench_must(store_begin(b->store), "an entry");
    append(b, n);
    bench_must(store_commit(b->store), "an entry");
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
    double ratio = bench_median(ratios, ROUNDS);
    printf("journal: %.0f durable signed entries/s, bare SQLCipher %.0f one-row commits/s: ratio "
           "%.2f (target >= 0.70) %s\n",
           ROUNDS * TURN / journal, ROUNDS * TURN / bare, ratio, ratio >= 0.70 ? "ok" : "MISSED");
    return ratio >= 0.70;
}

/* ---- Opening ---- */

static void fill(struct bench *b, unsigned entries)
{
    struct signer log = bench_signer(BENCH_LOG);
    unsigned tail = entries < 99 ? entries : 99;
    while (journal_size(b->store) < entries) {
        uint64_t size = journal_size(b->store);
        uint64_t stop =
            size < entries - tail && size + 1000 > entries - tail ? entries - tail : size + 1000;
        bench_must(store_begin(b->store), "filling");
        for (; size < stop && size < entries; size++)
            append(b, (unsigned)size);
        bench_must(store_commit(b->store), "filling");
        if (size <= entries - tail)
            bench_must(checkpoint_make(b->store, &log, NULL, 0, NULL, 0), "a checkpoint");
    }
}

static bool measure_opening(struct bench *b, unsigned entries)
{
    double times[OPENS];
    fill(b, entries);
    for (size_t i = 0; i < OPENS; i++) {
        store_close(&b->store);
        double start = bench_now();
        bench_must(slots_read(b->dir, &b->slots), "opening");
        bench_must(store_open(b->dir, &b->slots, b->key, false, &b->store), "opening");
        times[i] = bench_now() - start;
    }
    double ms = bench_median(times, OPENS) * 1000;
    printf("opening: %llu entries in %.1f ms (target < 100 ms for the whole first screen) %s; "
           "resident %ld KiB\n",
           (unsigned long long)journal_size(b->store), ms, ms < 50 ? "ok" : "MISSED",
           bench_resident_kib());
    return ms < 50;
}

int main(int argc, char **argv)
{
    static struct bench b;
    unsigned entries = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100000;
    bench_begin(&b, argc > 1 ? argv[1] : "/var/tmp");
    open_ceremony(&b);
    bool good = compare_commits(&b);
    good = measure_opening(&b, entries) && good;
    bench_end(&b);
    return good ? 0 : 1;
}
