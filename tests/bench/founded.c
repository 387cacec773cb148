#include "founded.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../crypto/hash.h"

void bench_must(enum kr_error error, const char *what)
{
    char text[512];
    if (error == KR_OK)
        return;
    fprintf(stderr, "bench: %s: %s\n", what, kr_explain(error, NULL, text, sizeof text));
    exit(2);
}

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
    bench_must(sign_public(s, public_key), "a signing key");
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

struct signer bench_signer(enum bench_person who)
{
    static const char *const names[][2] = {
        {"alice", "administrator"}, {"bob", "supervisor"}, {"", ""}};
    struct signer s = {.sign = sign, .ctx = seeds[who]};
    snprintf(s.person, sizeof s.person, "%s", names[who][0]);
    snprintf(s.role, sizeof s.role, "%s", names[who][1]);
    return s;
}

static void found(struct bench *b)
{
    struct entry e;
    char hex[65];
    struct signer both[2] = {bench_signer(BENCH_ADMINISTRATOR), bench_signer(BENCH_SUPERVISOR)};
    entry_begin(&e, "found");
    founding_lines(&e, &b->slots);
    for (size_t i = 0; i < b->slots.count; i++) {
        hex_encode(b->slots.people[i].slot.public_key, 32, hex);
        bench_must(entry_add(&e, "person", "%s", b->slots.people[i].slot.person), "founding");
        bench_must(entry_add(&e, "roles", "%s", role_name(b->slots.people[i].roles)), "founding");
        bench_must(entry_add(&e, "public-key", "%s", hex), "founding");
    }
    bench_must(store_begin(b->store), "founding");
    bench_must(journal_append(b->store, &e, both, 2), "founding");
    bench_must(store_commit(b->store), "founding");
    bench_must(entry_leaf_hash(&e, b->slots.founding), "founding");
    bench_must(store_bind(b->store, &b->slots), "founding");
    bench_must(store_publish(b->store, b->key), "founding");
    b->slots = *store_slots(b->store);
    entry_free(&e);
}

void bench_begin(struct bench *b, const char *folder)
{
    bench_must(secret_heap_open(), "the secure heap");
    snprintf(b->dir, sizeof b->dir, "%.200s/keyrite-bench-XXXXXX", folder);
    if (!mkdtemp(b->dir))
        bench_must(kr_fail(KR_E_FILE, "%s", b->dir), "a folder");
    b->key = secret_new(32);
    bench_must(random_bytes(b->key->bytes, 32), "a key");
    snprintf(b->slots.centre.origin, sizeof b->slots.centre.origin,
             "keyrite.example/national/bench");
    b->slots.centre.tier = TIER_NATIONAL;
    add_person(b, "alice", ROLE_ADMINISTRATOR);
    add_person(b, "bob", ROLE_SUPERVISOR);
    seeds[2] = seed(9, b->slots.log_public);
    bench_must(store_make(b->dir, &b->slots, b->key, &b->store), "making a store");
    found(b);
}

void bench_end(struct bench *b)
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

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

long bench_resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}
