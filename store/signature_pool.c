#include "signature_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../crypto/seal.h"

#define BATCH_ENTRIES 64
#define BATCHES       8
#define THREADS_MAX   16
#define READY_KEYS    16

struct check {
    uint64_t seq;
    char person[24];
    const char *message;
    size_t len;
    uint8_t public_key[32];
    uint8_t signature[64];
};
enum batch_state { BATCH_FREE, BATCH_FULL, BATCH_IN_WORK };
struct batch {
    enum batch_state state;
    size_t entries, count, text_used;
    struct check checks[BATCH_ENTRIES * ENTRY_SIGNERS_MAX];
    char text[BATCH_ENTRIES * ENTRY_HEADER_MAX];
};
struct signature_pool {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    pthread_t threads[THREADS_MAX];
    size_t thread_count;
    bool stopping;
    enum kr_error failed;
    uint64_t failed_seq;
    char failed_person[24];
    uint64_t checked;
    struct batch *filling; /* the caller's, NULL until the next pool_add() */
    struct batch batches[BATCHES];
};

/* One thread's keys, made ready once; a few people sign everything. */
struct ready_keys {
    uint8_t public_key[READY_KEYS][32];
    struct sign_checker *checker[READY_KEYS];
    size_t next; /* to be replaced */
};

static enum kr_error ready_key(struct ready_keys *r, const uint8_t key[32],
                               struct sign_checker **checker)
{
    for (size_t i = 0; i < READY_KEYS; i++) {
        if (r->checker[i] && memcmp(r->public_key[i], key, 32) == 0) {
            *checker = r->checker[i];
            return KR_OK;
        }
    }
    size_t n = r->next;
    sign_checker_free(&r->checker[n]);
    enum kr_error error = sign_checker_make(key, &r->checker[n]);
    memcpy(r->public_key[n], key, 32);
    r->next = (n + 1) % READY_KEYS;
    *checker = r->checker[n];
    return error;
}

static void ready_keys_drop(struct ready_keys *r)
{
    for (size_t i = 0; i < READY_KEYS; i++) {
        sign_checker_free(&r->checker[i]);
    }
}

static void check_batch(struct signature_pool *p, struct ready_keys *keys, const struct batch *b)
{
    const struct check *bad = NULL;
    enum kr_error error = KR_OK;
    for (size_t i = 0; i < b->count && !bad; i++) {
        const struct check *c = &b->checks[i];
        struct sign_checker *checker;
        error = ready_key(keys, c->public_key, &checker);
        if (error == KR_OK) {
            error = sign_check(checker, (const uint8_t *)c->message, c->len, c->signature);
        }
        bad = error == KR_OK ? NULL : c;
    }
    pthread_mutex_lock(&p->lock);
    p->checked += b->count;
    if (bad && (p->failed == KR_OK || bad->seq < p->failed_seq)) {
        p->failed = error;
        p->failed_seq = bad->seq;
        memcpy(p->failed_person, bad->person, sizeof p->failed_person);
    }
    pthread_mutex_unlock(&p->lock);
}

static struct batch *batch_in(struct signature_pool *p, enum batch_state state)
{
    for (size_t i = 0; i < BATCHES; i++) {
        if (p->batches[i].state == state) {
            return &p->batches[i];
        }
    }
    return NULL;
}

static bool all_free(const struct signature_pool *p)
{
    for (size_t i = 0; i < BATCHES; i++) {
        if (p->batches[i].state != BATCH_FREE) {
            return false;
        }
    }
    return true;
}

static void batch_empty(struct batch *b)
{
    b->entries = b->count = b->text_used = 0;
    b->state = BATCH_FREE;
}

static void *work(void *arg)
{
    struct signature_pool *p = arg;
    struct ready_keys keys = {.next = 0};
    pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        struct batch *b = batch_in(p, BATCH_FULL);
        if (!b) {
            pthread_cond_wait(&p->work, &p->lock);
            continue;
        }
        b->state = BATCH_IN_WORK;
        pthread_mutex_unlock(&p->lock);
        check_batch(p, &keys, b);
        pthread_mutex_lock(&p->lock);
        batch_empty(b);
        pthread_cond_broadcast(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    ready_keys_drop(&keys);
    return NULL;
}

enum kr_error pool_start(struct signature_pool **out)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = processors < 1             ? 1
                    : processors > THREADS_MAX ? THREADS_MAX
                                               : (size_t)processors;
    struct signature_pool *p = calloc(1, sizeof *p);
    if (!p) {
        return KR_E_MEMORY;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->done, NULL);
    while (p->thread_count < wanted &&
           pthread_create(&p->threads[p->thread_count], NULL, work, p) == 0) {
        p->thread_count++;
    }
    *out = p;
    return KR_OK;
}

/* Gives the batch being filled to the threads. */
static void hand_over(struct signature_pool *p)
{
    struct batch *b = p->filling;
    p->filling = NULL;
    if (!b) {
        return;
    }
    if (p->thread_count == 0) {
        struct ready_keys keys = {.next = 0};
        check_batch(p, &keys, b);
        ready_keys_drop(&keys);
        batch_empty(b);
        return;
    }
    pthread_mutex_lock(&p->lock);
    b->state = BATCH_FULL;
    pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->lock);
}

static struct batch *batch_to_fill(struct signature_pool *p)
{
    pthread_mutex_lock(&p->lock);
    while (!p->filling) {
        p->filling = batch_in(p, BATCH_FREE);
        if (!p->filling) {
            pthread_cond_wait(&p->done, &p->lock);
        }
    }
    pthread_mutex_unlock(&p->lock);
    return p->filling;
}

enum kr_error pool_add(struct signature_pool *p, const struct entry *e, const char *header,
                       size_t header_len, const uint8_t *const keys[ENTRY_SIGNERS_MAX])
{
    if (header_len > ENTRY_HEADER_MAX || e->signer_count > ENTRY_SIGNERS_MAX) {
        return kr_fail(KR_E_ARGUMENT, "header of %zu bytes", header_len);
    }
    struct batch *b = batch_to_fill(p);
    char *message = b->text + b->text_used;
    memcpy(message, header, header_len);
    b->text_used += header_len;
    for (size_t i = 0; i < e->signer_count; i++) {
        struct check *c = &b->checks[b->count++];
        c->seq = e->seq;
        memcpy(c->person, e->signers[i].person, sizeof c->person);
        c->message = message;
        c->len = header_len;
        memcpy(c->public_key, keys[i], 32);
        memcpy(c->signature, e->signers[i].signature, 64);
    }
    if (++b->entries == BATCH_ENTRIES) {
        hand_over(p);
    }
    return KR_OK;
}

bool pool_has_failed(struct signature_pool *p)
{
    pthread_mutex_lock(&p->lock);
    bool failed = p->failed != KR_OK;
    pthread_mutex_unlock(&p->lock);
    return failed;
}

enum kr_error pool_finish(struct signature_pool *p, uint64_t *seq)
{
    hand_over(p);
    pthread_mutex_lock(&p->lock);
    while (!all_free(p)) {
        pthread_cond_wait(&p->done, &p->lock);
    }
    enum kr_error error = p->failed;
    *seq = p->failed_seq;
    pthread_mutex_unlock(&p->lock);
    return error == KR_OK ? KR_OK : kr_fail(error, "%s", p->failed_person);
}

uint64_t pool_checked(struct signature_pool *p)
{
    pthread_mutex_lock(&p->lock);
    uint64_t checked = p->checked;
    pthread_mutex_unlock(&p->lock);
    return checked;
}

void pool_stop(struct signature_pool **out)
{
    struct signature_pool *p = *out;
    if (!p) {
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->thread_count; i++) {
        pthread_join(p->threads[i], NULL);
    }
    pthread_cond_destroy(&p->work);
    pthread_cond_destroy(&p->done);
    pthread_mutex_destroy(&p->lock);
    free(p);
    *out = NULL;
}
