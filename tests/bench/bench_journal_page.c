/*
 * The journal as people look at it: a store of N entries is filled (without signatures but for the
 * last hundred: what is measured reads none before them), then opened, and pages of it are taken at
 * random positions with random filters. Usage: bench_journal_page [FOLDER [ENTRIES]]; targets hold
 * for 1,000,000, the default is what fits into a minute. Exit 1 when one is missed.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../store/journal_filter.h"
#include "founded.h"
#include "holding.h"

#define A_CEREMONY 5000 /* entries of one */
#define A_COMMIT   5000
#define UNSEALED   99
#define PAGE       40
#define PAGES      2000
#define FILTERS    300
#define OPENS      9

static enum kr_error sign_nothing(void *ctx, const char *person, const uint8_t *message, size_t len,
                                  uint8_t sig[64])
{
    (void)ctx;
    (void)person;
    (void)message;
    (void)len;
    memset(sig, 0, 64);
    return KR_OK;
}

struct filling {
    struct bench *bench;
    unsigned entries, ceremony, card;
    uint64_t intent;
};

static struct signer who(const struct filling *f, enum bench_person person)
{
    struct signer s = bench_signer(person);
    uint64_t size = journal_size(f->bench->store);
    /* The first of each person is looked at, and so are the last ones at every opening. */
    if (size > 10 && size + UNSEALED + 1 < f->entries)
        s.sign = sign_nothing;
    return s;
}

static void line(struct filling *f, struct entry *e, const char *kind, const char *requirement)
{
    entry_begin(e, kind);
    bench_must(entry_add(e, "ceremony", "WASH-2026-%03u", f->ceremony), "an entry");
    if (requirement)
        bench_must(entry_add(e, "requirement", "%s", requirement), "an entry");
    bench_must(entry_add(e, "software", "keyrite " KEYRITE_VERSION), "an entry");
}

static void append(struct filling *f, struct entry *e, size_t signers)
{
    struct signer both[2] = {who(f, signers == 3 ? BENCH_SUPERVISOR : BENCH_ADMINISTRATOR),
                             who(f, BENCH_SUPERVISOR)};
    bench_must(journal_append(f->bench->store, e, both, signers == 2 ? 2 : 1), "an entry");
    entry_free(e);
}

static void begin_ceremony(struct filling *f)
{
    struct entry e;
    f->ceremony++;
    line(f, &e, "open", NULL);
    append(f, &e, 2);
    line(f, &e, "approval", "PCI PIN 30-3");
    bench_must(entry_add(&e, "covers", "wash"), "an approval");
    append(f, &e, 3);
}

/* A card is washed: an intent and its outcome, and every tenth time a note by the supervisor. */
static void wash(struct filling *f)
{
    struct entry e;
    line(f, &e, "intent", "PCI PIN 12");
    bench_must(entry_add(&e, "step", "wash[%u]", ++f->card), "an entry");
    bench_must(entry_add(&e, "card", "100020571000%08u psam 4B52%012X", f->card, f->card),
               "an entry");
    f->intent = journal_size(f->bench->store);
    append(f, &e, 1);
    line(f, &e, "outcome", f->card % 7 ? "PCI PIN 12" : "PCI PIN 6-3");
    bench_must(entry_add(&e, "step", "wash[%u]", f->card), "an entry");
    bench_must(entry_add(&e, "intent", "%llu", (unsigned long long)f->intent), "an entry");
    bench_must(entry_add(&e, "key", "GMPK %u 1 3DES-ECB %06X", f->card % 5 + 1, f->card % 5 * 7919),
               "an entry");
    append(f, &e, 1);
    if (f->card % 10)
        return;
    line(f, &e, "note", NULL);
    bench_must(entry_add(&e, "text", "ten more lie in the tray"), "an entry");
    append(f, &e, 3);
}

static void fill(struct bench *b, unsigned entries)
{
    struct filling f = {.bench = b, .entries = entries};
    struct signer log = bench_signer(BENCH_LOG);
    double start = bench_now();
    while (journal_size(b->store) < entries) {
        uint64_t stop = journal_size(b->store) + A_COMMIT;
        bench_must(store_begin(b->store), "filling");
        while (journal_size(b->store) < stop && journal_size(b->store) < entries) {
            uint64_t size = journal_size(b->store);
            if (size / A_CEREMONY >= f.ceremony)
                begin_ceremony(&f);
            wash(&f);
            if (size < entries - UNSEALED && journal_size(b->store) >= entries - UNSEALED)
                break;
        }
        bench_must(store_commit(b->store), "filling");
        if (journal_size(b->store) <= entries - UNSEALED + 3)
            bench_must(checkpoint_make(b->store, &log, NULL, 0, NULL, 0), "a checkpoint");
    }
    printf("journal page: %llu entries, filled without signatures in %.1f s (%.0f a second)\n",
           (unsigned long long)journal_size(b->store), bench_now() - start,
           (double)entries / (bench_now() - start));
}

static bool measure_opening(struct bench *b)
{
    double times[OPENS];
    for (size_t i = 0; i < OPENS; i++) {
        store_close(&b->store);
        double start = bench_now();
        bench_must(slots_read(b->dir, &b->slots), "opening");
        bench_must(store_open(b->dir, &b->slots, b->key, false, &b->store), "opening");
        times[i] = bench_now() - start;
    }
    double s = bench_median(times, OPENS);
    printf("journal page: opening %.3f s (target < 1.0 s after the passphrase) %s\n", s,
           s < 1.0 ? "ok" : "MISSED");
    return s < 1.0;
}

/* ---- Pages ---- */

static void term(struct journal_filter *f, unsigned classes, const char *format, unsigned n)
{
    struct journal_term *t = &f->terms[f->count++];
    memset(t, 0, sizeof *t);
    t->classes = classes;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(t->word, sizeof t->word, format, n);
#pragma GCC diagnostic pop
}

/* One to three terms, of every class. */
static void random_filter(struct journal_filter *f, unsigned cards, unsigned ceremonies)
{
    static const struct {
        unsigned class;
        const char *format;
        bool card, ceremony;
    } terms[] = {
        {FACET_KIND, "intent", false, false},
        {FACET_KIND, "outcome", false, false},
        {FACET_KIND, "note", false, false},
        {FACET_PERSON, "alice", false, false},
        {FACET_PERSON, "bob", false, false},
        {FACET_ROLE, "administrator", false, false},
        {FACET_CARD, "%08u", true, false},
        {FACET_CHIP, "4B52%012X", true, false},
        {FACET_CARD, "1000205", false, false},
        {FACET_KEY, "GMPK/3", false, false},
        {FACET_CEREMONY, "WASH-2026-%03u", false, true},
        {FACET_REQUIREMENT, "6-3", false, false},
        {FACET_MONTH, "2020..2099", false, false},
        {0, "WASH", false, false},
        {0, "nothing of this name", false, false},
    };
    size_t count = 1 + (size_t)rand() % 3;
    f->count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = (size_t)rand() % (sizeof terms / sizeof terms[0]);
        unsigned number = (unsigned)rand() % (terms[n].ceremony ? ceremonies : cards) + 1;
        term(f, terms[n].class ? 1u << terms[n].class : 0, terms[n].format, number);
    }
}

static void read_page(struct bench *b, const struct journal_matches *m, uint64_t first)
{
    for (uint64_t i = first; i < first + PAGE && i < journal_matches_count(m); i++) {
        struct entry e;
        bench_must(journal_read(b->store, journal_matches_at(m, i), &e), "a page");
        entry_free(&e);
    }
}

/* Others may have the processor meanwhile: what counts is the time that this process had it. */
struct times {
    double wall[PAGES], processor[PAGES];
    size_t count;
    double wall_begun, processor_begun;
};

static double processor_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void start(struct times *t)
{
    t->wall_begun = bench_now();
    t->processor_begun = processor_now();
}

static void stop(struct times *t)
{
    t->wall[t->count] = bench_now() - t->wall_begun;
    t->processor[t->count++] = processor_now() - t->processor_begun;
}

static bool said(const char *what, struct times *t)
{
    double wall = bench_median(t->wall, t->count) * 1000,
           processor = bench_median(t->processor, t->count) * 1000;
    double worst_wall = t->wall[t->count - 1] * 1000, worst = t->processor[t->count - 1] * 1000;
    printf("journal page: %s: median %.2f ms, worst %.2f ms of processor (target < 16 ms) %s; by "
           "the clock median %.2f ms, 99 of 100 %.2f ms, worst %.2f ms\n",
           what, processor, worst, worst < 16 ? "ok" : "MISSED", wall,
           t->wall[t->count * 99 / 100] * 1000, worst_wall);
    return worst < 16;
}

static bool measure_positions(struct bench *b)
{
    static struct times times;
    static const struct journal_filter everything;
    struct journal_matches *m;
    bench_must(journal_match(b->store, &everything, &m), "all entries");
    for (size_t i = 0; i < PAGES; i++) {
        start(&times);
        read_page(b, m, (uint64_t)rand() % journal_matches_count(m));
        stop(&times);
    }
    journal_matches_free(&m);
    return said("40 lines at a random position", &times);
}

static bool measure_filters(struct bench *b)
{
    static struct times times;
    static struct journal_filter f;
    unsigned cards = (unsigned)(journal_size(b->store) * 10 / 21),
             ceremonies = (unsigned)(journal_size(b->store) / A_CEREMONY + 1);
    for (size_t i = 0; i < FILTERS; i++) {
        struct journal_matches *m;
        random_filter(&f, cards, ceremonies);
        start(&times);
        bench_must(journal_match(b->store, &f, &m), "a filter");
        if (journal_matches_count(m) > 0)
            read_page(b, m, (uint64_t)rand() % journal_matches_count(m));
        stop(&times);
        journal_matches_free(&m);
    }
    return said("a new filter and 40 lines at a random position in it", &times);
}

int main(int argc, char **argv)
{
    static struct bench b;
    unsigned entries = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 200000;
    bench_begin(&b, argc > 1 ? argv[1] : "/var/tmp");
    fill(&b, entries);
    bool good = measure_opening(&b);
    malloc_trim(0);
    good = measure_positions(&b) && good;
    good = measure_filters(&b) && good;
    long kib = bench_resident_kib();
    printf("journal page: resident %ld MiB (target < 128 MiB) %s\n", kib / 1024,
           kib < 128 * 1024 ? "ok" : "MISSED");
    bench_end(&b);
    return good && kib < 128 * 1024 ? 0 : 1;
}
