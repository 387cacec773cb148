/*
 * What verification costs beside the signatures themselves, as a ratio within one run: signatures
 * per second of a whole store_verify() (entries with two signatures each: chain, tree, bodies,
 * rules, rows, checkpoints), and of a bundle of it, / signatures per second of bare Ed25519
 * verification of those same headers and signatures on all processors. Usage: bench_verify [FOLDER
 * [ENTRIES]]; FOLDER (default /var/tmp). Exit 1 when the target is missed.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../crypto/seal.h"
#include "../../store/export.h"
#include "../../store/verify.h"
#include "../../store/walk.h"
#include "founded.h"
#include "holding.h"

#define ROUNDS      3
#define TARGET      0.9
#define THREADS_MAX 16

/* ---- A journal ---- */

/* The rows that the founding speaks of. */
static void put_people(struct bench *b)
{
    bench_must(store_begin(b->store), "people");
    for (size_t i = 0; i < b->slots.count; i++)
        bench_must(people_put(b->store, &b->slots.people[i]), "people");
    bench_must(store_commit(b->store), "people");
}

static void append(struct bench *b, unsigned n)
{
    struct entry e;
    struct signer both[2] = {bench_signer(BENCH_ADMINISTRATOR), bench_signer(BENCH_SUPERVISOR)};
    entry_begin(&e, "note");
    bench_must(entry_add(&e, "step", "wash[%u]", n), "an entry");
    bench_must(entry_add(&e, "actor", "alice administrator administrator-1"), "an entry");
    bench_must(entry_add(&e, "actor", "bob supervisor supervisor-1"), "an entry");
    bench_must(entry_add(&e, "software", KEYRITE_VERSION), "an entry");
    bench_must(entry_add(&e, "text", "piece %u of the batch lies in its tray", n), "an entry");
    bench_must(journal_append(b->store, &e, both, 2), "an entry");
    entry_free(&e);
}

static void fill(struct bench *b, unsigned entries)
{
    struct signer log = bench_signer(BENCH_LOG);
    while (journal_size(b->store) < entries) {
        bench_must(store_begin(b->store), "filling");
        for (unsigned i = 0; i < 1000 && journal_size(b->store) < entries; i++)
            append(b, i);
        bench_must(store_commit(b->store), "filling");
        bench_must(checkpoint_make(b->store, &log, NULL, 0, NULL, 0), "a checkpoint");
    }
}

/* ---- The same signatures, and nothing else ---- */

struct signed_entry {
    size_t at, len; /* of its header in the text */
    uint8_t person[2];
    uint8_t signature[2][64];
};
struct bare {
    char *text;
    size_t len, room;
    struct signed_entry *list;
    size_t count;
    const struct slots *slots;
};
struct part {
    const struct bare *bare;
    size_t from, to;
};

static enum kr_error keep(void *ctx, struct bundle_item *item, const struct entry *e)
{
    struct bare *b = ctx;
    if (!e || e->signer_count != 2)
        return KR_OK;
    size_t len = item->leaf_len - 2 * (sizeof "sig \n" - 1 + 128);
    if (b->room - b->len < len) {
        b->room = 2 * b->room + len;
        b->text = realloc(b->text, b->room);
        if (!b->text)
            return KR_E_MEMORY;
    }
    struct signed_entry *s = &b->list[b->count++];
    *s = (struct signed_entry){.at = b->len, .len = len};
    memcpy(b->text + b->len, item->leaf, len);
    b->len += len;
    for (size_t i = 0; i < 2; i++) {
        s->person[i] = strcmp(e->signers[i].person, "bob") == 0;
        memcpy(s->signature[i], e->signers[i].signature, 64);
    }
    return KR_OK;
}

static void *check_part(void *ctx)
{
    const struct part *p = ctx;
    struct sign_checker *checkers[2] = {NULL, NULL};
    for (size_t i = 0; i < 2; i++)
        bench_must(sign_checker_make(p->bare->slots->people[i].slot.public_key, &checkers[i]),
                   "a key");
    for (size_t n = p->from; n < p->to; n++) {
        const struct signed_entry *s = &p->bare->list[n];
        for (size_t i = 0; i < 2; i++)
            bench_must(sign_check(checkers[s->person[i]], (const uint8_t *)p->bare->text + s->at,
                                  s->len, s->signature[i]),
                       "a signature");
    }
    sign_checker_free(&checkers[0]);
    sign_checker_free(&checkers[1]);
    return NULL;
}

/* On the clock, and of processor time: on a machine that does other work the first favours whoever
 * has more threads. */
struct took {
    double clock, processors;
};

static struct took now(void)
{
    return (struct took){bench_now(), (double)clock() / CLOCKS_PER_SEC};
}

static struct took since(struct took start)
{
    struct took stop = now();
    return (struct took){stop.clock - start.clock, stop.processors - start.processors};
}

static struct took check_bare(const struct bare *b)
{
    pthread_t threads[THREADS_MAX];
    struct part parts[THREADS_MAX];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : (size_t)processors;
    struct took start = now();
    for (size_t i = 0; i < n; i++) {
        parts[i] = (struct part){b, b->count * i / n, b->count * (i + 1) / n};
        if (pthread_create(&threads[i], NULL, check_part, &parts[i]) != 0)
            bench_must(KR_E_MEMORY, "a thread");
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    return since(start);
}

/* ---- Verification ---- */

static struct took check_store(struct bench *b)
{
    struct verify_report r;
    struct took start = now();
    bench_must(store_verify(b->store, NULL, NULL, &r), "verification");
    bench_must(r.problem == KR_OK ? KR_OK : kr_fail(r.problem, "%s", r.what), "verification");
    return since(start);
}

static struct took check_bundle(const char *path)
{
    struct bundle_report r;
    FILE *f = fopen(path, "rb");
    if (!f)
        bench_must(KR_E_FILE, "a bundle");
    struct took start = now();
    bench_must(bundle_verify(f, NULL, 0, NULL, &r), "a bundle");
    bench_must(r.journal.problem == KR_OK ? KR_OK
                                          : kr_fail(r.journal.problem, "%s", r.journal.what),
               "a bundle");
    fclose(f);
    return since(start);
}

static void make_bundle(struct bench *b, char path[PATH_MAX])
{
    const struct export_choice choice = {.level = CONFIDENTIALITY_MOST};
    struct export_result result;
    bench_must(file_path(b->dir, "bundle", path), "a path");
    bench_must(store_export(b->store, &choice, path, NULL, NULL, &result), "an export");
}

struct ratios {
    double clock[ROUNDS], processors[ROUNDS], seconds;
};

static void note(struct ratios *r, size_t round, struct took bare, struct took whole)
{
    r->clock[round] = bare.clock / whole.clock;
    r->processors[round] = bare.processors / whole.processors;
    r->seconds += whole.clock;
}

static bool say(const char *what, struct ratios *r, size_t signatures)
{
    double on_clock = bench_median(r->clock, ROUNDS);
    double of_time = bench_median(r->processors, ROUNDS);
    bool good = on_clock >= TARGET && of_time >= TARGET;
    printf("%s: %zu signatures, %.0f/s: %.2f of bare Ed25519 on all processors, %.2f by processor "
           "time (target >= %.2f) %s\n",
           what, signatures, (double)signatures * ROUNDS / r->seconds, on_clock, of_time, TARGET,
           good ? "ok" : "MISSED");
    return good;
}

static bool compare(struct bench *b, struct bare *bare, const char *bundle)
{
    struct ratios store = {.seconds = 0}, file = {.seconds = 0};
    for (size_t i = 0; i < ROUNDS; i++) {
        struct took signatures = check_bare(bare);
        note(&store, i, signatures, check_store(b));
        note(&file, i, signatures, check_bundle(bundle));
    }
    bool good = say("verifying a store", &store, 2 * bare->count);
    return say("verifying a bundle", &file, 2 * bare->count) && good;
}

int main(int argc, char **argv)
{
    static struct bench b;
    char bundle[PATH_MAX];
    unsigned entries = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100000;
    bench_begin(&b, argc > 1 ? argv[1] : "/var/tmp");
    put_people(&b);
    fill(&b, entries);
    struct bare bare = {.list = calloc(entries + 2, sizeof *bare.list), .slots = &b.slots};
    if (!bare.list)
        bench_must(KR_E_MEMORY, "signatures");
    bench_must(journal_walk(b.store, journal_size(b.store), keep, &bare), "signatures");
    make_bundle(&b, bundle);
    bool good = compare(&b, &bare, bundle);
    printf("resident %ld KiB, of them %zu KiB for the bare comparison\n", bench_resident_kib(),
           (bare.room + (entries + 2) * sizeof *bare.list) / 1024);
    free(bare.text);
    free(bare.list);
    bench_end(&b);
    return good ? 0 : 1;
}
