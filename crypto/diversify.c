/* Deriving many keys at once, on every core that this process may use. */
#include "suite_row.h"

#include <pthread.h>
#include <sched.h>

#define THREADS_MAX 16
#define SHARE_LEAST 256 /* starting a thread takes as long as deriving some hundred keys */

/* What one thread derives: of all the keys, in the order in which they lie in out, those from first
 * to before end. */
struct share {
    const struct suite *suite;
    const struct secret *const *keys;
    const uint8_t *factors8;
    size_t count;
    size_t first, end;
    uint8_t *out;
    enum kr_error rc;
    pthread_t thread;
    bool started;
};

static void derive(struct share *h)
{
    size_t here;

    h->rc = KR_OK;
    for (size_t at = h->first; at < h->end && h->rc == KR_OK; at += here) {
        size_t factor = at % h->count;
        here = h->count - factor < h->end - at ? h->count - factor : h->end - at;
        h->rc = h->suite->diversify(h->keys[at / h->count], h->factors8 + 8 * factor, here,
                                    h->out + at * h->suite->key_len);
    }
}

static void *derive_in_thread(void *share)
{
    derive(share);
    secret_wipe_stack();
    return NULL;
}

static size_t threads_for(size_t total)
{
    cpu_set_t cores;
    size_t threads =
        sched_getaffinity(0, sizeof cores, &cores) == 0 ? (size_t)CPU_COUNT(&cores) : 1;

    if (threads > total / SHARE_LEAST)
        threads = total / SHARE_LEAST;
    if (threads > THREADS_MAX)
        threads = THREADS_MAX;
    return threads > 0 ? threads : 1;
}

/* A thread that cannot be started costs time only: its share is derived here. */
static enum kr_error derive_all(const struct share *whole, size_t total)
{
    struct share shares[THREADS_MAX];
    size_t threads = threads_for(total);
    enum kr_error rc = KR_OK;

    for (size_t i = 0; i < threads; i++) {
        shares[i] = *whole;
        shares[i].first = total * i / threads;
        shares[i].end = total * (i + 1) / threads;
        shares[i].started =
            i > 0 && pthread_create(&shares[i].thread, NULL, derive_in_thread, &shares[i]) == 0;
    }
    for (size_t i = 0; i < threads; i++)
        if (!shares[i].started)
            derive(&shares[i]);
    for (size_t i = 0; i < threads; i++) {
        if (shares[i].started)
            pthread_join(shares[i].thread, NULL);
        if (rc == KR_OK)
            rc = shares[i].rc;
    }
    return rc;
}

enum kr_error suite_diversify_many(const struct suite *s, const struct secret *const *keys,
                                   size_t key_count, const uint8_t *factors8, size_t count,
                                   struct secret **out)
{
    struct share whole = {.suite = s, .keys = keys, .factors8 = factors8, .count = count};
    enum kr_error rc = KR_OK;

    if (key_count == 0 || count == 0 || count > DIVERSIFY_MAX || key_count > DIVERSIFY_MAX / count)
        return kr_fail(KR_E_ARGUMENT, "%zu", count);
    for (size_t i = 0; i < key_count; i++)
        if (keys[i]->len != s->key_len)
            return kr_fail(KR_E_KEY_LENGTH, "%zu", keys[i]->len);
    struct secret *derived = secret_new(key_count * count * s->key_len);
    if (!derived)
        return KR_E_MEMORY;
    whole.out = derived->bytes;
    rc = derive_all(&whole, key_count * count);
    if (rc == KR_OK)
        *out = derived;
    else
        secret_free(&derived);
    return rc;
}
